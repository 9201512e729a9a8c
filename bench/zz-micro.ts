import { EngineDriver, BTC, ETH_PERP, NOON } from '#test/support/engine/engine-driver.ts'
import { parseTraderId, parseExchangeOrderId, parseSignalId, parseTradeId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { Money } from '#domain/money/money.ts'
const driver = EngineDriver.ready({ balance: '1000000000', limits: { maxOrderNotional: '1000000000', maxPositionNotional: '100000000000', maxDailyLoss: '1000000000', maxOrdersPerSecond: 1000000, maxOpenOrders: 1000000 } as never })
const traders = Array.from({ length: 20 }, (_, i) => parseTraderId(`t${i}`))
for (const traderId of traders) driver.trader({ traderId })
const engine = driver.engine
const q = Quantity.parse('1'), p = Price.parse('100'), fee = Money.parse('0.01', 'USDT')
let n = 0
function round(stop: boolean, fills: boolean) {
  n += 1
  const ts = NOON + Math.floor(n / 50)
  const traderId = traders[n % 20]!
  const signal = (action: 'BUY' | 'CLOSE_LONG') => ({ signalId: parseSignalId(`m${n}${action}`), traderId, strategy: 'x', symbol: ETH_PERP, action, quantity: q, ts, ...(stop ? { stopLoss: Price.parse('90') } : {}) })
  for (const action of fills ? ['BUY', 'CLOSE_LONG'] as const : ['BUY'] as const) {
    const { answer } = engine.process({ type: 'Command', command: { type: 'SubmitSignals', signals: [signal(action)] }, ts })
    if (answer?.type !== 'Decisions' || answer.decisions[0]?.clientOrderId === undefined) throw new Error(JSON.stringify(answer))
    const clientOrderId = answer.decisions[0].clientOrderId
    const exchangeOrderId = parseExchangeOrderId(`X${clientOrderId}`)
    const base = { clientOrderId, symbol: ETH_PERP, ts }
    const reports = fills ? [{ ...base, type: 'OrderAccepted' as const, exchangeOrderId }, { ...base, type: 'OrderFill' as const, tradeId: parseTradeId(`T${n}${action}`), exchangeOrderId, price: p, quantity: q, fee, liquidity: 'TAKER' as const }] : [{ ...base, type: 'OrderCanceled' as const, reason: 'x' }]
    engine.process({ type: 'Market', step: { type: 'MarketStep', step: 0, ts, lockStep: false, reports, candles: [], quotes: [] } })
  }
}
for (const [name, stop, fills] of [['warm', true, true], ['fills', false, true], ['fills+stop', true, true], ['rest/cancel', false, false]] as const) {
  const N = name === 'warm' ? 20000 : 30000
  const c0 = process.cpuUsage(); for (let i = 0; i < N; i += 1) round(stop, fills); const c = process.cpuUsage(c0)
  const signals = fills ? 2 * N : N
  console.log(name, Math.round(signals / ((c.user + c.system) / 1e6)), 'signals per cpu second')
}
