import { describe, expect, it } from 'vitest'
import { parseSignalId, parseSymbol, parseTraderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import { REASON_CODES, type ReasonCode, type SignalDecision } from '#domain/signal.ts'
import type { EngineAnswer } from '#engine/ports.ts'
import { BTC, ETH_PERP, EngineDriver, NOON, OTHER_TRADER, TRADER, accepted } from '#test/support/engine/engine-driver.ts'
import { ScriptedAccount } from '#test/support/engine/scripted-account.ts'

const quantity = (text: string) => Quantity.parse(text)
const price = (text: string) => Price.parse(text)

interface Case {
  /** Builds the situation and asks; `broken` breaks this one rule, otherwise the same request lies just inside it. */
  readonly ask: (broken: boolean) => SignalDecision
}

/** For each code one request that only this rule refuses: on the near side of the border it is accepted. */
const CASES: Record<Exclude<ReasonCode, 'ACCEPTED'>, Case> = {
  DUPLICATE_SIGNAL: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.signal({ signalId: parseSignalId('same') })
      return driver.signal({ signalId: parseSignalId(broken ? 'same' : 'another') })
    },
  },
  SIGNAL_EXPIRED: { ask: (broken) => EngineDriver.ready().signal({ expiresAt: broken ? NOON : NOON + 1 }) },
  HALTED: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.command({ type: 'Halt', by: 'test', reason: 'test', flatten: false })
      if (!broken) driver.command({ type: 'Resume', by: 'test', reason: 'go on' })
      return driver.signal()
    },
  },
  NOT_RECONCILED: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      const id = driver.enter({ symbol: ETH_PERP })
      driver.accept(id)
      driver.disconnect()
      driver.connect()
      if (!broken) driver.say('OrderFound', id, { exchangeOrderId: driver.state.orders.get(id)?.exchangeOrderId ?? fail() })
      return driver.signal()
    },
  },
  EXIT_IN_FLIGHT: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ capabilities: { orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET'], amend: true } })
      driver.hold('1', { symbol: ETH_PERP, protection: { stopLoss: '90' } })
      const stop = driver.factsOf('OrderSubmitted').at(-1)?.clientOrderId ?? fail()
      driver.accept(stop)
      driver.fill(driver.enter({ symbol: ETH_PERP, action: 'CLOSE_LONG' }), '1')
      if (!broken) driver.say('OrderCanceled', stop, { reason: 'asked' })
      return driver.signal({ symbol: ETH_PERP })
    },
  },
  UNKNOWN_TRADER: {
    ask: (broken) => EngineDriver.ready().signal({ traderId: broken ? parseTraderId('nobody') : TRADER, quantity: quantity('1') }),
  },
  TRADER_NOT_RUNNING: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.trader({}, broken ? 'paused' : 'running')
      return driver.signal()
    },
  },
  UNKNOWN_SYMBOL: { ask: (broken) => EngineDriver.ready().signal({ symbol: broken ? parseSymbol('XYZ/USDT') : BTC }) },
  SYMBOL_NOT_ALLOWED: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.trader({ symbols: broken ? [ETH_PERP] : [BTC] })
      return driver.signal()
    },
  },
  NO_REFERENCE_PRICE: {
    ask: (broken) => {
      const driver = new EngineDriver()
      driver.connect()
      driver.trader()
      driver.quote(BTC, broken ? '0' : '100')
      return driver.signal()
    },
  },
  STALE_REFERENCE_PRICE: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { referenceMaxAgeMs: 5_000 } })
      driver.now += broken ? 5_001 : 5_000
      return driver.signal()
    },
  },
  EXCHANGE_DISCONNECTED: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.disconnect()
      if (!broken) driver.connect()
      return driver.signal()
    },
  },
  QUANTITY_BELOW_LOT: {
    ask: (broken) => EngineDriver.ready({ rules: { minNotional: '0' } }).signal({ quantity: quantity(broken ? '0.0009' : '0.001') }),
  },
  QUANTITY_OFF_LOT: { ask: (broken) => EngineDriver.ready().signal({ quantity: quantity(broken ? '1.0005' : '1.0010') }) },
  QUANTITY_BELOW_MINIMUM: {
    ask: (broken) => EngineDriver.ready({ rules: { minQuantity: '0.1' } }).signal({ quantity: quantity(broken ? '0.099' : '0.1') }),
  },
  NOTIONAL_BELOW_MINIMUM: { ask: (broken) => EngineDriver.ready().signal({ quantity: quantity(broken ? '0.049' : '0.05') }) },
  PRICE_OFF_TICK: { ask: (broken) => EngineDriver.ready().order({ price: price(broken ? '100.005' : '100.010') }) },
  MAX_ORDER_NOTIONAL: {
    ask: (broken) => EngineDriver.ready({ limits: { maxOrderNotional: '500' } }).signal({ quantity: quantity(broken ? '5.001' : '5') }),
  },
  MAX_POSITION_NOTIONAL: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { maxPositionNotional: '500' } })
      driver.hold('2')
      driver.enter({ quantity: quantity('1') })
      return driver.signal({ quantity: quantity(broken ? '2.001' : '2') })
    },
  },
  MAX_OPEN_POSITIONS: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { maxOpenPositions: 2 } })
      driver.trader({ traderId: OTHER_TRADER })
      driver.hold('1', { symbol: ETH_PERP })
      if (broken) driver.enter({ traderId: OTHER_TRADER })
      return driver.signal()
    },
  },
  MAX_DAILY_LOSS: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { maxDailyLoss: '50' } })
      driver.hold('1')
      driver.quote(BTC, broken ? '50' : '50.01')
      return driver.signal({ symbol: ETH_PERP })
    },
  },
  MAX_ORDER_RATE: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { maxOrdersPerSecond: 3 } })
      for (let i = 0; i < 3; i += 1) driver.enter()
      driver.now += broken ? 999 : 1_000
      return driver.signal()
    },
  },
  PRICE_COLLAR: {
    ask: (broken) => EngineDriver.ready({ limits: { priceCollarBps: '500' } }).order({ price: price(broken ? '94.99' : '95') }),
  },
  INSUFFICIENT_BALANCE: {
    ask: (broken) =>
      EngineDriver.ready({ balance: '1001', rules: { takerFee: '10' } }).signal({ quantity: quantity(broken ? '10.001' : '10') }),
  },
  NOTHING_TO_CLOSE: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      if (!broken) driver.hold('1')
      return driver.signal({ action: 'CLOSE_LONG' })
    },
  },
  QUANTITY_ABOVE_POSITION: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.hold('1')
      return driver.signal({ action: 'CLOSE_LONG', quantity: quantity(broken ? '1.001' : '1') })
    },
  },
  ALREADY_CLOSING: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.hold('1')
      driver.signal({ action: 'CLOSE_LONG', quantity: quantity(broken ? '1' : '0.999') })
      return driver.signal({ action: 'CLOSE_LONG' })
    },
  },
  SHORT_SELLING_NOT_ALLOWED: { ask: (broken) => EngineDriver.ready().signal({ action: 'SELL', symbol: broken ? BTC : ETH_PERP }) },
  OPPOSITE_POSITION_OPEN: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.hold('1', { symbol: ETH_PERP, action: broken ? 'SELL' : 'BUY' })
      return driver.order({ symbol: ETH_PERP, side: 'BUY' })
    },
  },
  OUTCOME_UNKNOWN_PENDING: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      const id = driver.enter()
      driver.say('OrderOutcomeUnknown', id, { reason: 'timeout' })
      if (!broken) driver.accept(id)
      return driver.signal()
    },
  },
  SHADOW_MODE: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      if (broken) driver.process({ type: 'Lease', shadow: 'another instance holds the account.', ts: driver.now })
      return driver.signal()
    },
  },
  DIFFERENCE_OPEN: {
    ask: (broken) => {
      const account = ScriptedAccount.ready()
      account.move(broken ? ETH_PERP : BTC, '1')
      account.pass(40)
      account.driver.quote(ETH_PERP, '100')
      return account.driver.signal({ symbol: ETH_PERP })
    },
  },
  PROTECTION_WRONG_SIDE: { ask: (broken) => EngineDriver.ready().signal({ stopLoss: price(broken ? '100' : '99.99') }) },
  TOO_MANY_OPEN_ORDERS: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ limits: { maxOpenOrders: 2 } })
      driver.enter()
      if (broken) driver.enter()
      return driver.signal()
    },
  },
  UNSUPPORTED_ORDER: {
    ask: (broken) =>
      EngineDriver.ready({ capabilities: { timesInForce: broken ? ['GTC'] : ['GTC', 'IOC'] } }).order({ timeInForce: 'IOC' }),
  },
  PRICE_REQUIRED: { ask: (broken) => EngineDriver.ready().order({ price: broken ? undefined : price('100') }) },
  TRIGGER_REQUIRED: {
    ask: (broken) => EngineDriver.ready().order({ type: 'STOP_MARKET', price: undefined, triggerPrice: broken ? undefined : price('101') }),
  },
  TRIGGER_WRONG_SIDE: {
    ask: (broken) => EngineDriver.ready().order({ type: 'STOP_MARKET', price: undefined, triggerPrice: price(broken ? '100' : '100.01') }),
  },
  POST_ONLY_WOULD_TAKE: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ capabilities: { postOnly: true } })
      driver.book(BTC, { bid: '99.9', ask: '100.1', last: '100' })
      return driver.order({ postOnly: true, price: price(broken ? '100.1' : '100.09') })
    },
  },
  SELF_TRADE: {
    ask: (broken) => {
      const driver = EngineDriver.ready()
      driver.trader({ traderId: OTHER_TRADER })
      driver.order({ symbol: ETH_PERP, side: 'SELL', traderId: OTHER_TRADER, price: price('100.5') })
      return driver.order({ symbol: ETH_PERP, price: price(broken ? '100.5' : '100.49') })
    },
  },
  ORDER_NOT_WORKING: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ capabilities: { amend: true } })
      const id = accepted(driver.order())
      driver.accept(id)
      if (broken) driver.say('OrderCanceled', id, { reason: 'test' })
      return asDecision(driver.amend(id, { quantity: '2' }))
    },
  },
  AMEND_PENDING: {
    ask: (broken) => {
      const driver = EngineDriver.ready({ capabilities: { amend: true } })
      const id = accepted(driver.order())
      driver.accept(id)
      driver.amend(id, { quantity: '2' })
      if (!broken) driver.say('AmendRejected', id, { reason: 'test' })
      return asDecision(driver.amend(id, { quantity: '3' }))
    },
  },
}

/** An amendment is no signal; its answer says the same. */
function asDecision(answer: EngineAnswer | undefined): SignalDecision {
  if (answer?.type === 'Done') return { outcome: 'ACCEPTED', reason: 'ACCEPTED' }
  if (answer?.type !== 'Refused' || answer.reason === undefined) throw new Error(`no decision but ${JSON.stringify(answer)}`)
  return { outcome: 'DENIED', reason: answer.reason }
}

function fail(): never {
  throw new Error('the order has no exchange id')
}

describe('each reason code', () => {
  it('has a case here', () => {
    expect([...Object.keys(CASES), 'ACCEPTED'].sort()).toEqual([...REASON_CODES].sort())
  })

  it.each(Object.entries(CASES))('%s refuses beyond its border and nothing refuses at it', (reason, { ask }) => {
    expect(ask(true).reason).toBe(reason)
    expect(ask(true).outcome).toBe(reason === 'DUPLICATE_SIGNAL' ? 'DUPLICATE' : reason === 'SIGNAL_EXPIRED' ? 'EXPIRED' : 'DENIED')
    expect(ask(false)).toMatchObject({ outcome: 'ACCEPTED', reason: 'ACCEPTED' })
  })
})

describe('each limit alone', () => {
  /** Everything else is wide open: the value that must bite, and the rule that must say so. */
  const NARROW: Record<Exclude<keyof RiskLimits, 'unprotectedPolicy'>, { readonly value: string | number; readonly reason: ReasonCode }> = {
    maxOrderNotional: { value: '0', reason: 'MAX_ORDER_NOTIONAL' },
    maxPositionNotional: { value: '0', reason: 'MAX_POSITION_NOTIONAL' },
    maxOpenPositions: { value: 0, reason: 'MAX_OPEN_POSITIONS' },
    maxDailyLoss: { value: '0', reason: 'MAX_DAILY_LOSS' },
    maxOrdersPerSecond: { value: 0, reason: 'MAX_ORDER_RATE' },
    priceCollarBps: { value: '0', reason: 'PRICE_COLLAR' },
    referenceMaxAgeMs: { value: 0, reason: 'STALE_REFERENCE_PRICE' },
    maxOpenOrders: { value: 0, reason: 'TOO_MANY_OPEN_ORDERS' },
  }

  it('is covered', () => {
    // The policy refuses nothing: what it does is shown in `protection/native-stop`.
    expect([...Object.keys(NARROW), 'unprotectedPolicy'].sort()).toEqual(Object.keys(DEFAULT_RISK_LIMITS).sort())
  })

  it.each(Object.entries(NARROW))('%s fires its own rule and no other', (name, { value, reason }) => {
    const ask = (limits: Partial<RiskLimits>) => {
      const driver = EngineDriver.ready({ limits })
      driver.now += 1
      return driver.order({ price: price('101') })
    }
    expect(ask({}).reason).toBe('ACCEPTED')
    expect(ask({ [name]: value }).reason).toBe(reason)
  })

  it('ships switched on: a fresh engine has the default limits', () => {
    const driver = new EngineDriver()
    driver.connect({ balance: '1000000' })
    driver.trader()
    driver.quote(BTC, '100')
    expect(driver.signal({ quantity: quantity('50.001') }).reason).toBe('MAX_ORDER_NOTIONAL')
    expect(driver.signal({ quantity: quantity('50') }).reason).toBe('ACCEPTED')
  })

  it.each([
    ['maxOrderNotional', 'abc'],
    ['maxOrderNotional', ''],
    ['maxPositionNotional', '-1'],
    ['maxDailyLoss', 'NaN'],
    ['maxDailyLoss', undefined],
    ['priceCollarBps', '1e3'],
    ['maxOpenOrders', Number.NaN],
    ['maxOpenPositions', -1],
    ['maxOrdersPerSecond', 1.5],
    ['referenceMaxAgeMs', Number.POSITIVE_INFINITY],
    ['maxOpenOrders', '5'],
    ['unprotectedPolicy', 'HOPE'],
  ])('a garbled %s (%s) is refused whole and the old limits stay', (name, value) => {
    const driver = EngineDriver.ready({ limits: { maxOrderNotional: '500' } })
    const before = driver.facts.length
    expect(driver.limits({ [name]: value })).toMatchObject({ type: 'Refused' })
    expect(driver.facts).toHaveLength(before)
    expect(driver.signal({ quantity: quantity('5.001') }).reason).toBe('MAX_ORDER_NOTIONAL')
    expect(driver.signal({ quantity: quantity('5') }).reason).toBe('ACCEPTED')
  })

  it('a trader whose order notional cannot be read is refused', () => {
    const driver = EngineDriver.ready()
    driver.trader({ orderNotional: '1e3' })
    expect(driver.state.traders.get(TRADER)?.config.orderNotional).toBe('100')
  })
})

describe('exits', () => {
  it('pass every rule about exposure, also for a paused trader and an old price', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.trader({}, 'paused')
    driver.limits({
      maxOrderNotional: '0',
      maxPositionNotional: '0',
      maxOpenPositions: 0,
      maxDailyLoss: '0',
      maxOrdersPerSecond: 0,
      maxOpenOrders: 0,
      referenceMaxAgeMs: 0,
    })
    driver.now += 600_000
    expect(driver.signal({ action: 'CLOSE_LONG' }).reason).toBe('ACCEPTED')
  })

  it('of a stopped strategy are refused, of a person are not', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    driver.trader({}, 'stopped')
    expect(driver.signal({ action: 'CLOSE_LONG' }).reason).toBe('TRADER_NOT_RUNNING')
    const answer = driver.command({
      type: 'ClosePosition',
      traderId: TRADER,
      symbol: BTC,
      by: 'person',
      signalId: parseSignalId('by-hand'),
    })
    expect(answer).toMatchObject({ type: 'Decisions', decisions: [{ reason: 'ACCEPTED' }] })
  })

  it('never grow or flip a position, whatever closes at once', () => {
    const driver = EngineDriver.ready()
    driver.hold('1')
    const first = accepted(driver.signal({ action: 'CLOSE_LONG', quantity: quantity('0.6') }))
    expect(driver.signal({ action: 'CLOSE_LONG', quantity: quantity('0.401') }).reason).toBe('QUANTITY_ABOVE_POSITION')
    expect(driver.order({ side: 'SELL', type: 'MARKET', price: undefined, reduceOnly: true, quantity: quantity('0.401') }).reason).toBe(
      'QUANTITY_ABOVE_POSITION',
    )
    const rest = accepted(driver.signal({ action: 'CLOSE_LONG' }))
    expect(Quantity.format(driver.state.orders.get(rest)?.quantity ?? quantity('0'))).toBe('0.4')
    driver.fill(first, '0.6')
    driver.fill(rest, '0.4')
    expect(driver.position()).toBe('0')
  })
})
