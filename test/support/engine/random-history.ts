import { fc } from '#test/support/properties.ts'
import { parseExchangeOrderId, type ClientOrderId } from '#domain/ids.ts'
import { isWorking, ORDER_TYPES, type OrderType } from '#domain/order.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { RiskLimits } from '#domain/risk.ts'
import { SIGNAL_ACTIONS } from '#domain/signal.ts'
import type { TraderState } from '#domain/trader.ts'
import type { ExchangeCapabilities } from '#engine/ports.ts'
import { positionKey } from '#engine/state.ts'
import { BTC, ETH_PERP, EngineDriver, OTHER_TRADER, TRADER } from './engine-driver.ts'

/** One thing that happens to an engine. `pick` chooses among the orders there are by then, so that any list of acts can be played. */
export type Act =
  | {
      readonly kind: 'signal'
      readonly action: number
      readonly eth: boolean
      readonly other: boolean
      readonly size: number
      readonly repeat: boolean
    }
  | { readonly kind: 'order'; readonly sell: boolean; readonly reduce: boolean; readonly price: number; readonly size: number }
  | {
      readonly kind: 'accept' | 'reject' | 'cancel' | 'expire' | 'refuse-cancel' | 'lose' | 'found' | 'cancel-by-person'
      readonly pick: number
    }
  | { readonly kind: 'not-found'; readonly pick: number; readonly authoritative: boolean }
  | { readonly kind: 'fill'; readonly pick: number; readonly share: number; readonly price: number; readonly repeat: boolean }
  | { readonly kind: 'quote' | 'candle'; readonly eth: boolean; readonly price: number; readonly range: number }
  | ConditionalAct
  | { readonly kind: 'oco'; readonly sell: boolean; readonly reduce: boolean; readonly size: number; readonly distance: number }
  | { readonly kind: 'amend'; readonly pick: number; readonly size: number | undefined; readonly price: number | undefined }
  | { readonly kind: 'amended' | 'amend-rejected'; readonly pick: number }
  | ProtectAct
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'disconnect' | 'connect' | 'resume' }
  | { readonly kind: 'halt'; readonly flatten: boolean }
  | { readonly kind: 'trader'; readonly state: TraderState }

interface ConditionalAct {
  readonly kind: 'conditional'
  readonly type: OrderType
  readonly sell: boolean
  readonly reduce: boolean
  readonly eth: boolean
  readonly other: boolean
  readonly size: number
  /** Between the price and the trigger, and between the trigger and the limit, in hundredths. */
  readonly distance: number
  readonly gap: number
}

interface ProtectAct {
  readonly kind: 'protect'
  readonly eth: boolean
  readonly other: boolean
  readonly stop: number | undefined
  readonly trail: number | undefined
  readonly breakeven: boolean
  readonly ladder: boolean
  readonly none: boolean
}

const pick = fc.nat(1_000)
/** Hundredths of the quote currency around 100. */
const price = fc.integer({ min: 9_400, max: 10_600 })
/** Thousandths of the base. */
const size = fc.integer({ min: 1, max: 10_000 }).map((n) => Math.max(1, Math.floor((n * n) / 10_000)))

export const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      action: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
      eth: fc.boolean(),
      other: fc.boolean(),
      size,
      repeat: fc.nat(9).map((n) => n === 0),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('order' as const), sell: fc.boolean(), reduce: fc.boolean(), price, size }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('conditional' as const),
      type: fc.constantFrom(...ORDER_TYPES.slice(2)),
      sell: fc.boolean(),
      reduce: fc.boolean(),
      eth: fc.boolean(),
      other: fc.boolean(),
      size,
      distance: fc.integer({ min: 1, max: 300 }),
      gap: fc.integer({ min: -50, max: 50 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('oco' as const),
      sell: fc.boolean(),
      reduce: fc.boolean(),
      size,
      distance: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('amend' as const),
      pick,
      size: fc.option(size, { nil: undefined }),
      price: fc.option(price, { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('amended' as const, 'amended' as const, 'amend-rejected' as const), pick }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('protect' as const),
      eth: fc.boolean(),
      other: fc.boolean(),
      stop: fc.option(fc.integer({ min: 10, max: 400 }), { nil: undefined }),
      trail: fc.option(fc.integer({ min: 10, max: 300 }), { nil: undefined }),
      breakeven: fc.boolean(),
      ladder: fc.boolean(),
      none: fc.nat(9).map((n) => n === 0),
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('accept' as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'reject' as const,
        'cancel' as const,
        'expire' as const,
        'refuse-cancel' as const,
        'lose' as const,
        'found' as const,
        'cancel-by-person' as const,
      ),
      pick,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('not-found' as const), pick, authoritative: fc.boolean() }) },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      pick,
      share: fc.constantFrom(25, 50, 50, 75, 100, 100, 100, 100, 100, 100, 100, 130),
      price,
      repeat: fc.nat(5).map((n) => n === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('quote' as const, 'candle' as const), eth: fc.boolean(), price, range: fc.nat(800) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      ms: fc.constantFrom(1, 1, 400, 400, 1_000, 5_000, 12_000, 12_000, 12_000, 3_600_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('disconnect' as const, 'connect' as const, 'connect' as const, 'connect' as const) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('connect' as const, 'resume' as const) }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ kind: fc.constant('halt' as const), flatten: fc.boolean() })
      .chain((halt) => fc.constantFrom<Act>(halt, { kind: 'resume' }, { kind: 'resume' })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trader' as const),
      state: fc.constantFrom<TraderState>('running', 'running', 'running', 'paused', 'stopped'),
    }),
  },
)

export const RANDOM_LIMITS: Partial<RiskLimits> = {
  maxOrderNotional: '900',
  maxPositionNotional: '1100',
  maxOpenPositions: 3,
  maxDailyLoss: '90',
  maxOrdersPerSecond: 4,
  maxOpenOrders: 5,
  referenceMaxAgeMs: 600_000,
}

/** An exchange that can do it all, where the plain one leaves conditional orders and amendments to the engine. */
export const RICH: Partial<ExchangeCapabilities> = {
  orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET', 'STOP_LIMIT', 'TAKE_PROFIT_MARKET'],
  timesInForce: ['GTC', 'IOC', 'FOK'],
  postOnly: true,
  amend: true,
}

export function startRandom({ isRich } = { isRich: false }): EngineDriver {
  const driver = EngineDriver.ready({ limits: RANDOM_LIMITS, rules: { takerFee: '5' }, ...(isRich ? { capabilities: RICH } : {}) })
  driver.trader({ traderId: OTHER_TRADER })
  return driver
}

const cents = (n: number) => `${Math.floor(n / 100)}.${(n % 100).toString().padStart(2, '0')}`
const thousandths = (n: number) => Quantity.parse(`${Math.floor(n / 1_000)}.${(n % 1_000).toString().padStart(3, '0')}`)

/** Mostly an order that works, now and then any of the last ones: late and repeated reports are part of life. */
function orderOf(driver: EngineDriver, chosen: number): ClientOrderId | undefined {
  const all = driver.factsOf('OrderSubmitted').map(({ clientOrderId }) => clientOrderId)
  const statusOf = (id: ClientOrderId) => driver.state.orders.get(id)?.status
  // The exchange says nothing about what it was never sent.
  const sent = all.filter((id) => statusOf(id) !== 'EMULATED' && (statusOf(id) !== undefined || driver.facts.length > 0))
  const working = sent.filter((id) => isWorking(statusOf(id) ?? 'FILLED'))
  const ids = working.length === 0 || chosen % 9 === 0 ? (chosen % 18 === 0 ? sent.slice(-12) : []) : working
  return ids[chosen % Math.max(1, ids.length)]
}

export function play(driver: EngineDriver, one: Act): void {
  switch (one.kind) {
    case 'signal':
      return playSignal(driver, one)
    case 'order':
      driver.order({
        side: one.sell ? 'SELL' : 'BUY',
        reduceOnly: one.reduce,
        type: 'LIMIT',
        price: Price.parse(cents(one.price)),
        quantity: thousandths(one.size),
        symbol: ETH_PERP,
      })
      return
    case 'conditional':
      return playConditional(driver, one)
    case 'oco':
      return playOco(driver, one)
    case 'amend':
      return playAmend(driver, one)
    case 'protect':
      return playProtect(driver, one)
    case 'quote':
      return driver.quote(one.eth ? ETH_PERP : BTC, cents(one.price))
    case 'candle': {
      driver.now += 60_000
      const [low, high] = [cents(one.price - one.range), cents(one.price + one.range)]
      driver.candle(one.eth ? ETH_PERP : BTC, { low, high, close: cents(one.price) })
      return
    }
    case 'tick':
      return driver.tick(one.ms)
    case 'disconnect':
      return driver.disconnect()
    case 'connect':
      return driver.connect()
    case 'resume':
      driver.command({ type: 'Resume', by: 'person', reason: 'random' })
      return
    case 'halt':
      driver.command({ type: 'Halt', by: 'person', reason: 'random', flatten: one.flatten })
      return
    case 'trader':
      return driver.trader({}, one.state)
    default:
      playReport(driver, one)
  }
}

function playSignal(driver: EngineDriver, one: Extract<Act, { readonly kind: 'signal' }>): void {
  const symbol = one.eth ? ETH_PERP : BTC
  const mark = driver.state.marks.get(symbol)?.price ?? Price.parse('100')
  const action = SIGNAL_ACTIONS[one.action] ?? 'BUY'
  const below = Price.parse(cents(Math.floor(Price.toNumber(mark) * 97)))
  const levels = action === 'BUY' ? { stopLoss: below } : action === 'SELL' && one.size % 2 === 0 ? { takeProfit: below } : {}
  const signal = driver.signalOf({
    symbol,
    action,
    traderId: one.other ? OTHER_TRADER : TRADER,
    ...(one.size % 3 === 0 ? {} : { quantity: thousandths(one.size) }),
    ...(symbol === ETH_PERP ? levels : {}),
  })
  driver.command({ type: 'SubmitSignals', signals: one.repeat ? [signal, signal] : [signal] })
}

const traderOf = (one: { readonly other: boolean }) => (one.other ? OTHER_TRADER : TRADER)
const markOf = (driver: EngineDriver, symbol: typeof BTC): number =>
  Math.round(Price.toNumber(driver.state.marks.get(symbol)?.price ?? Price.parse('100')) * 100)

function playConditional(driver: EngineDriver, one: ConditionalAct): void {
  const symbol = one.eth ? ETH_PERP : BTC
  const isTrailing = one.type === 'TRAILING_STOP'
  const above = one.type.startsWith('TAKE') === one.sell
  const trigger = markOf(driver, symbol) + (above ? one.distance : -one.distance)
  driver.order({
    symbol,
    traderId: traderOf(one),
    side: one.sell ? 'SELL' : 'BUY',
    type: one.type,
    reduceOnly: one.reduce,
    quantity: thousandths(one.size),
    price: one.type.endsWith('LIMIT') ? Price.parse(cents(trigger + one.gap)) : undefined,
    ...(isTrailing ? { trailing: { by: 'PRICE', distance: cents(one.distance) } } : { triggerPrice: Price.parse(cents(trigger)) }),
  })
}

/** A limit order on the winning side of the price and a stop on the losing one. */
function playOco(driver: EngineDriver, one: Extract<Act, { readonly kind: 'oco' }>): void {
  const mark = markOf(driver, ETH_PERP)
  const sign = one.sell ? 1 : -1
  const shared = { symbol: ETH_PERP, side: one.sell ? 'SELL' : 'BUY', reduceOnly: one.reduce, quantity: thousandths(one.size) } as const
  driver.oco(
    { ...shared, type: 'LIMIT', price: Price.parse(cents(mark + sign * one.distance)) },
    { ...shared, type: 'STOP_MARKET', price: undefined, triggerPrice: Price.parse(cents(mark - sign * one.distance)) },
  )
}

function playAmend(driver: EngineDriver, one: Extract<Act, { readonly kind: 'amend' }>): void {
  const working = [...driver.state.orders.values()].filter(({ status }) => isWorking(status))
  const order = working[one.pick % Math.max(1, working.length)]
  if (order === undefined) return
  driver.amend(order.clientOrderId, {
    ...(one.size === undefined ? {} : { quantity: Quantity.format(thousandths(one.size)) }),
    ...(one.price === undefined || order.price === undefined ? {} : { price: cents(one.price) }),
    ...(one.price === undefined || order.price !== undefined || order.triggerPrice === undefined ? {} : { triggerPrice: cents(one.price) }),
  })
}

function playProtect(driver: EngineDriver, one: ProtectAct): void {
  const symbol = one.eth ? ETH_PERP : BTC
  const held = driver.state.positions.get(positionKey(traderOf(one), symbol))?.quantity.units ?? 0n
  const stop = markOf(driver, symbol) + (held > 0n ? -1 : 1) * (one.stop ?? 0)
  const plan: ProtectionPlan = {
    ...(one.stop === undefined ? {} : { stopLoss: cents(stop) }),
    ...(one.trail === undefined ? {} : { trailing: { by: 'PRICE', distance: cents(one.trail) } }),
    ...(one.breakeven ? { breakeven: { atBps: '100', offsetBps: '10' }, locks: [{ atBps: '200', lockBps: '100' }] } : {}),
    ...(one.ladder
      ? {
          ladder: [
            { atBps: '50', shareBps: '3000' },
            { atBps: '150', shareBps: '3000' },
          ],
        }
      : {}),
  }
  driver.protect(one.none ? null : plan, symbol, traderOf(one))
}

function playReport(driver: EngineDriver, one: Exclude<Extract<Act, { readonly pick: number }>, { readonly kind: 'amend' }>): void {
  const id = orderOf(driver, one.pick)
  if (id === undefined) return
  const exchangeOrderId = parseExchangeOrderId(`X-${id}`)
  switch (one.kind) {
    case 'accept':
      driver.accept(id)
      return
    case 'reject':
      driver.say('OrderRejected', id, { code: 'R', message: 'random' })
      return
    case 'cancel':
      driver.say('OrderCanceled', id, { reason: 'random' })
      return
    case 'expire':
      driver.say('OrderExpired', id, { reason: 'random' })
      return
    case 'refuse-cancel':
      driver.say('CancelRejected', id, { reason: 'random' })
      return
    case 'lose':
      driver.say('OrderOutcomeUnknown', id, { reason: 'random' })
      return
    case 'found':
      driver.say('OrderFound', id, { exchangeOrderId })
      return
    case 'not-found':
      driver.say('OrderNotFound', id, { authoritative: one.authoritative })
      return
    case 'amended': {
      const order = driver.state.orders.get(id)
      const { quantity = order?.quantity, price: at = order?.price, triggerPrice = order?.triggerPrice } = order?.amending ?? {}
      if (quantity !== undefined && order?.amending !== undefined && order.replacing !== true)
        driver.say('OrderAmended', id, { quantity, price: at, triggerPrice })
      return
    }
    case 'amend-rejected':
      driver.say('AmendRejected', id, { reason: 'random' })
      return
    case 'cancel-by-person':
      driver.command({ type: 'CancelOrder', clientOrderId: id, by: 'person' })
      return
    case 'fill':
      playFill(driver, id, one)
  }
}

function playFill(driver: EngineDriver, id: ClientOrderId, one: Extract<Act, { readonly kind: 'fill' }>): void {
  const order = driver.state.orders.get(id)
  if (order === undefined) return
  const last = driver.factsOf('OrderFilled').at(-1)
  if (one.repeat && last !== undefined) {
    driver.say('OrderFill', last.clientOrderId, {
      tradeId: last.tradeId,
      exchangeOrderId: parseExchangeOrderId('X-repeat'),
      price: Price.parse(last.price),
      quantity: Quantity.parse(last.quantity),
      fee: Money.parse(last.fee, 'USDT'),
      liquidity: last.liquidity,
    })
    return
  }
  const open = Quantity.toNumber(order.quantity) - (isWorking(order.status) ? Quantity.toNumber(order.filledQuantity) : 0)
  const thousandthsOpen = Math.round((open * 1_000 * one.share) / 100)
  driver.fill(id, Quantity.format(thousandths(Math.max(1, thousandthsOpen))), cents(one.price), { fee: `0.0${one.price}` })
}
