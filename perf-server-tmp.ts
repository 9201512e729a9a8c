import { runGateway } from './test/support/gateway.ts'
import { parseSymbol, parseTraderId, parseClientOrderId, parseTradeId } from '#domain/ids.ts'
const r = await runGateway()
let seq = r.front.readModel.lastSeq
for (let i = 0; i < 20; i++) {
  const b = { ts: 1_760_000_040_000, clientOrderId: parseClientOrderId('test' + i.toString(36).padStart(22, '0')), symbol: parseSymbol('BTC/USDT'), traderId: parseTraderId('t' + i) }
  r.front.readModel.apply({ seq: ++seq, fact: { ...b, type: 'OrderFilled', tradeId: parseTradeId('f' + i), strategy: 's', exchange: 'paper', side: 'BUY', price: '50000.5', quantity: '0.01', fee: '0.001', feeCurrency: 'USDT', liquidity: 'TAKER', realizedPnl: '0', orderStatus: 'FILLED', orderFilledQuantity: '0.01', orderFilledNotional: '500.005', position: { quantity: '0.01', entryCost: '500.005', realizedPnl: '0', fees: '0.001', openedAt: 1 }, cash: '10000' } })
}
r.front.engine.candle({ symbol: 'BTC/USDT', openTime: 1_760_000_040_000, open: '50100.00', high: '50100.00', low: '50100.00', close: '50100.00' })
console.log(r.gateway.port)
process.on('SIGTERM', () => { const c = process.cpuUsage(); console.error('server cpu ms', (c.user + c.system) / 1000); process.exit(0) })
