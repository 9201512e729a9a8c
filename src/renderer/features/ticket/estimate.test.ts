import { describe, expect, it } from 'vitest'
import type { BalanceView, InstrumentView, PriceView, RiskView } from '#contract/views.ts'
import type { Draft, Surroundings } from './draft.ts'
import { estimateOrder } from './estimate.ts'

const instrument: InstrumentView = {
  symbol: 'BTC/USDT',
  exchange: 'paper',
  kind: 'spot',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  tick_size: '0.01',
  lot_size: '0.00001',
  min_quantity: '0.0001',
  min_notional: '5',
  maker_fee_bps: '2',
  taker_fee_bps: '5.5',
}
const quote: PriceView = { symbol: 'BTC/USDT', bid: '99.90', ask: '100.10', last: '100', ts: 1 }
const risk: RiskView = {
  limits: {
    max_order_notional: '5000',
    max_position_notional: '10000',
    max_open_positions: 5,
    max_daily_loss: '500',
    max_orders_per_second: 20,
    price_collar_bps: '500',
    reference_max_age_ms: 180_000,
    max_open_orders: 200,
    unprotected_policy: 'CLOSE',
  },
  used: { open_positions: 0, open_orders: 0, daily_loss: '0', exposure: '0' },
  halted: null,
}
const balance: BalanceView = {
  exchange: 'paper',
  currency: 'USDT',
  start: '10000',
  realized: '0',
  unrealized: '0',
  fees: '0',
  equity: '10000',
  exposure: '0',
  reserved: '0',
  available: '10000',
  ts: 1,
  seq: 1,
}
const around: Surroundings = { instrument, quote, risk, balance }
const draft: Draft = {
  side: 'BUY',
  type: 'MARKET',
  sizeBy: 'quantity',
  size: '2',
  price: undefined,
  trigger: undefined,
  trailing: undefined,
  postOnly: false,
  ladder: [],
  second: undefined,
  stop: undefined,
  target: undefined,
  reduceOnly: false,
}
const reasons = (given: Partial<Draft>, other: Partial<Surroundings> = {}): string[] =>
  estimateOrder({ ...draft, ...given }, { ...around, ...other }).problems.map((problem) => problem.reason)

describe('estimateOrder', () => {
  it('values a buy at the ask and a sell at the bid, with the taker fee, exactly', () => {
    expect(estimateOrder(draft, around)).toMatchObject({
      reference: '100.10',
      quantity: '2',
      notional: '200.2',
      fee: '0.11011',
      left: '9799.68989',
      problems: [],
    })
    expect(estimateOrder({ ...draft, side: 'SELL' }, around).notional).toBe('199.8')
  })

  it('takes the maker fee and its own price for a limit order', () => {
    expect(estimateOrder({ ...draft, type: 'LIMIT', price: '99.50' }, around)).toMatchObject({
      reference: '99.50',
      notional: '199',
      fee: '0.0398',
    })
  })

  it('turns a value into a quantity that never costs more, on the lot', () => {
    const { quantity, notional } = estimateOrder({ ...draft, sizeBy: 'notional', size: '1000' }, around)
    expect(quantity).toBe('9.99000')
    expect(Number(notional)).toBeLessThanOrEqual(1_000)
  })

  it('says what is lost at the stop and won at the target', () => {
    expect(estimateOrder({ ...draft, stop: '95.10', target: '110.10' }, around)).toMatchObject({ lossAtStop: '10', gainAtTarget: '20' })
  })

  it('says what the steps of a ladder bring together', () => {
    const ladder = [
      { at_bps: '100', share_bps: '5000' },
      { at_bps: '200', share_bps: '2500' },
    ]
    expect(estimateOrder({ ...draft, ladder }, around).gainOverLadder).toBe('2.002')
  })

  it('values a conditional order at its own price, or at its trigger with the taker fee', () => {
    expect(estimateOrder({ ...draft, type: 'STOP_LIMIT', trigger: '101', price: '101.50' }, around)).toMatchObject({
      notional: '203',
      problems: [],
    })
    expect(estimateOrder({ ...draft, type: 'STOP_MARKET', trigger: '101' }, around)).toMatchObject({ notional: '202', fee: '0.1111' })
    expect(estimateOrder({ ...draft, type: 'STOP_MARKET' }, around).reference).toBeUndefined()
    expect(
      estimateOrder({ ...draft, type: 'TRAILING_STOP', side: 'SELL', trailing: { by: 'BPS', distance: '100' } }, around).notional,
    ).toBe('199.8')
  })

  it('names the second of two orders in what is wrong with it', () => {
    const second = { type: 'STOP_MARKET', price: undefined, trigger: '101', trailing: undefined } as const
    const { problems } = estimateOrder({ ...draft, side: 'SELL', type: 'LIMIT', price: '104', second }, around)
    expect(problems).toEqual([{ reason: 'TRIGGER_WRONG_SIDE', value: '101', limit: '100', second: true }])
  })

  it('waits for a size and a price', () => {
    expect(estimateOrder({ ...draft, size: undefined }, around)).toMatchObject({ reference: '100.10', quantity: undefined, problems: [] })
    expect(estimateOrder(draft, { ...around, quote: undefined }).reference).toBeUndefined()
  })

  it.each([
    ['HALTED', {}, { risk: { ...risk, halted: { since: 1, by: 'x', reason: 'y' } } }],
    ['QUANTITY_OFF_LOT', { size: '1.000001' }, {}],
    ['QUANTITY_BELOW_LOT', { size: '0.000001' }, {}],
    ['PRICE_OFF_TICK', { type: 'LIMIT', price: '100.001' }, {}],
    ['MAX_ORDER_NOTIONAL', { size: '50' }, {}],
    ['MAX_DAILY_LOSS', {}, { risk: { ...risk, used: { ...risk.used, daily_loss: '500' } } }],
    ['TOO_MANY_OPEN_ORDERS', {}, { risk: { ...risk, used: { ...risk.used, open_orders: 200 } } }],
    ['PRICE_COLLAR', { type: 'LIMIT', price: '94.99' }, {}],
    ['INSUFFICIENT_BALANCE', {}, { balance: { ...balance, available: '200.31' } }],
    ['PROTECTION_WRONG_SIDE', { stop: '100.20' }, {}],
    ['TRIGGER_WRONG_SIDE', { type: 'STOP_MARKET', trigger: '100' }, {}],
    ['TRIGGER_WRONG_SIDE', { type: 'STOP_MARKET', side: 'SELL', trigger: '100' }, {}],
    ['TRIGGER_WRONG_SIDE', { type: 'TAKE_PROFIT_MARKET', trigger: '100' }, {}],
    ['TRIGGER_WRONG_SIDE', { type: 'TAKE_PROFIT_LIMIT', side: 'SELL', trigger: '99.99', price: '99.99' }, {}],
    ['PRICE_OFF_TICK', { type: 'STOP_MARKET', trigger: '101.001' }, {}],
    ['POST_ONLY_WOULD_TAKE', { type: 'LIMIT', price: '100.10', postOnly: true }, {}],
    ['POST_ONLY_WOULD_TAKE', { type: 'LIMIT', side: 'SELL', price: '99.90', postOnly: true }, {}],
    ['PROTECTION_WRONG_SIDE', { side: 'SELL', target: '100.20' }, {}],
  ] as const)('%s %o', (reason, given, other) => expect(reasons(given, other)).toContain(reason))

  it('stays silent just inside the limits', () => {
    expect(reasons({ type: 'LIMIT', price: '95' })).toEqual([])
    expect(reasons({ type: 'LIMIT', price: '100.09', postOnly: true })).toEqual([])
    expect(reasons({ type: 'STOP_MARKET', trigger: '100.01' })).toEqual([])
    expect(reasons({ type: 'TAKE_PROFIT_MARKET', trigger: '99.99' })).toEqual([])
    expect(reasons({ size: '49.95', type: 'LIMIT', price: '100' })).toEqual([])
    expect(reasons({}, { balance: { ...balance, available: '200.31011' } })).toEqual([])
  })

  it('lets a reduce-only order be as large as it likes', () => {
    expect(reasons({ size: '90', reduceOnly: true, side: 'SELL' }, { balance: { ...balance, available: '0' } })).toEqual([])
  })
})
