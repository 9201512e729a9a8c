import { expect } from 'vitest'
import type { Fact, OrderFilled, OrderSubmitted } from '#domain/facts.ts'
import type { OrderStatus } from '#domain/order.ts'
import { Money } from '#domain/money/money.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { Price } from '#domain/money/price.ts'
import type { ExchangeCommand } from '#engine/ports.ts'
import { workingTotals, type PositionKey } from '#engine/state.ts'
import { DAY_MS, NOON, type EngineDriver } from './engine-driver.ts'
import { isSame, minus, order as orderOf, plus, rational, rationalOf, sign, sum, times, type Rational } from './rational.ts'

const ZERO = rational(0n)
const START = rational(10_000n)
/** Five basis points, as `startRandom` lists its instruments. */
const TAKER_FEE = rational(5n, 10_000n)
const WORKING: readonly OrderStatus[] = ['SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN']
/** What an order may become, by hand. */
const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  SUBMITTED: ['ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
  UNKNOWN: ['ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
  ACCEPTED: ['ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
  PARTIALLY_FILLED: ['PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED'],
  PENDING_CANCEL: ['PENDING_CANCEL', 'ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
  FILLED: ['FILLED'],
  CANCELED: ['CANCELED', 'FILLED'],
  EXPIRED: ['EXPIRED', 'FILLED'],
  REJECTED: ['REJECTED', 'FILLED'],
}

interface Seen {
  readonly submitted: OrderSubmitted
  status: OrderStatus
  filled: Rational
}

/** Watches an engine from outside: keeps its own books in exact fractions, from facts and commands alone, and compares after each step. */
export class InvariantChecker {
  readonly #driver: EngineDriver
  readonly #orders = new Map<string, Seen>()
  readonly #fills: OrderFilled[] = []
  readonly #tradeIds = new Set<string>()
  readonly #entryTimes: number[] = []
  readonly #sentIds = new Set<string>()
  #day = Math.floor(NOON / DAY_MS)
  #dayStart = START
  #equity = START
  #factsRead = 0
  #commandsRead = 0

  constructor(driver: EngineDriver) {
    this.#driver = driver
  }

  /** `step` names what was just done; `isNotFound` says whether the exchange has just proved an order absent. */
  check(step: string, isNotFound: boolean): void {
    const { facts, commands, state } = this.#driver
    for (const fact of facts.slice(this.#factsRead)) this.#read(fact, step)
    for (const command of commands.slice(this.#commandsRead)) this.#readCommand(command, step, isNotFound)
    this.#factsRead = facts.length
    this.#commandsRead = commands.length
    this.#checkTotals(step)
    this.#checkPositions(step)
    for (const [id, seen] of this.#orders) {
      const order = state.orders.get(id as OrderSubmitted['clientOrderId'])
      if (order !== undefined) expect(order.status, `${step}: status of ${id}`).toBe(seen.status)
      else expect(WORKING, `${step}: a working order was forgotten`).not.toContain(seen.status)
    }
  }

  #read(fact: Fact, step: string): void {
    if (fact.type === 'OrderSubmitted') this.#submitted(fact, step)
    else if (fact.type === 'OrderStatusChanged') this.#move(fact.clientOrderId, fact.status, step)
    else if (fact.type === 'OrderFilled') this.#filled(fact, step)
    else if (fact.type === 'EquityMarked') {
      const day = Math.floor(fact.ts / DAY_MS)
      if (day > this.#day) [this.#day, this.#dayStart] = [day, this.#equity]
      this.#equity = rationalOf(fact.equity)
      const expected = sum([
        rationalOf(fact.start),
        rationalOf(fact.realized),
        rationalOf(fact.unrealized),
        minus(ZERO, rationalOf(fact.fees)),
      ])
      expect(isSame(rationalOf(fact.equity), expected), `${step}: equity = start + realised + unrealised − fees`).toBe(true)
    }
  }

  #submitted(fact: OrderSubmitted, step: string): void {
    expect(this.#orders.has(fact.clientOrderId), `${step}: the id ${fact.clientOrderId} was used twice`).toBe(false)
    this.#orders.set(fact.clientOrderId, { submitted: fact, status: 'SUBMITTED', filled: ZERO })
    const { state } = this.#driver
    if (state.halt !== null) expect(fact.purpose, `${step}: only the stop sends while halted`).toBe('FLATTEN')
    expect(state.connected, `${step}: sent while disconnected`).toBe(true)
    if (fact.reduceOnly) return
    expect(state.reconciled, `${step}: entry before reconciliation`).toBe(true)
    this.#withinLimits(fact, step)
  }

  /** The limits, counted by hand in the worst case: every working entry fills. */
  #withinLimits(fact: OrderSubmitted, step: string): void {
    const { limits, now } = this.#driver.state
    const reference = rationalOf(fact.referencePrice)
    const value = times(rationalOf(fact.price ?? fact.referencePrice), rationalOf(fact.quantity))
    expect(orderOf(value, rationalOf(limits.maxOrderNotional)), `${step}: order notional`).toBeLessThanOrEqual(0)
    const mine = [...this.#orders.values()].filter(({ submitted }) => keyOf(submitted) === keyOf(fact))
    const adding = mine.filter((seen) => WORKING.includes(seen.status) && !seen.submitted.reduceOnly && seen.submitted.side === fact.side)
    const open = sum(adding.map(openOf))
    const held = this.#heldOf(keyOf(fact))
    const worst = plus(held, fact.side === 'BUY' ? open : minus(ZERO, open))
    const size = times(sign(worst) < 0 ? minus(ZERO, worst) : worst, reference)
    expect(orderOf(size, rationalOf(limits.maxPositionNotional)), `${step}: worst case of ${keyOf(fact)}`).toBeLessThanOrEqual(0)
    const working = this.#working()
    expect(working.length, `${step}: open orders`).toBeLessThanOrEqual(limits.maxOpenOrders)
    const keys = new Set(working.filter(({ submitted }) => !submitted.reduceOnly).map(({ submitted }) => keyOf(submitted)))
    for (const fill of this.#fills) if (sign(this.#heldOf(keyOf(fill))) !== 0) keys.add(keyOf(fill))
    expect(keys.size, `${step}: open positions`).toBeLessThanOrEqual(limits.maxOpenPositions)
    const { equity, exposure } = this.#valuation()
    const room = minus(minus(equity, exposure), minus(this.#reserved(), value))
    expect(orderOf(plus(value, times(value, TAKER_FEE)), room), `${step}: balance`).toBeLessThanOrEqual(0)
    const dayStart = Math.floor(now / DAY_MS) > this.#day ? this.#equity : this.#dayStart
    expect(orderOf(minus(dayStart, equity), rationalOf(limits.maxDailyLoss)), `${step}: daily loss`).toBeLessThan(0)
    this.#entryTimes.push(now)
    const lastSecond = this.#entryTimes.filter((ts) => ts > now - 1_000)
    expect(lastSecond.length, `${step}: entries in one second`).toBeLessThanOrEqual(limits.maxOrdersPerSecond)
  }

  #move(id: string, status: OrderStatus, step: string): void {
    const seen = this.#orders.get(id)
    expect(seen, `${step}: ${id} was never submitted`).toBeDefined()
    if (seen === undefined) return
    expect(NEXT[seen.status], `${step}: ${seen.status} → ${status}`).toContain(status)
    seen.status = status
  }

  #filled(fact: OrderFilled, step: string): void {
    expect(this.#tradeIds.has(fact.tradeId), `${step}: trade ${fact.tradeId} was counted twice`).toBe(false)
    this.#tradeIds.add(fact.tradeId)
    this.#fills.push(fact)
    this.#move(fact.clientOrderId, fact.orderStatus, step)
    const seen = this.#orders.get(fact.clientOrderId)
    if (seen === undefined) return
    seen.filled = plus(seen.filled, rationalOf(fact.quantity))
    expect(isSame(rationalOf(fact.orderFilledQuantity), seen.filled), `${step}: filled = Σ fills, and never falls`).toBe(true)
    if (orderOf(seen.filled, rationalOf(seen.submitted.quantity)) > 0) {
      expect(this.#driver.alerts(), `${step}: an overfill is said`).toContain('UNEXPECTED_FILL')
    } else
      expect(fact.orderStatus === 'FILLED', `${step}: FILLED exactly when all is filled`).toBe(
        isSame(seen.filled, rationalOf(seen.submitted.quantity)),
      )
  }

  #readCommand(command: ExchangeCommand, step: string, isNotFound: boolean): void {
    if (command.type !== 'SubmitOrder') return
    const seen = this.#orders.get(command.order.clientOrderId)
    expect(seen, `${step}: sent before it was recorded`).toBeDefined()
    if (seen === undefined) return
    const { submitted } = seen
    const asked = [submitted.symbol, submitted.side, submitted.orderType, submitted.quantity, submitted.price, submitted.reduceOnly]
    const { order } = command
    const sent = [
      order.symbol,
      order.side,
      order.type,
      Quantity.format(order.quantity),
      order.price === undefined ? undefined : Price.format(order.price),
      order.reduceOnly,
    ]
    expect(sent, `${step}: what is sent is what was recorded`).toEqual(asked)
    if (this.#sentIds.has(order.clientOrderId)) expect(isNotFound, `${step}: sent again without proof of absence`).toBe(true)
    this.#sentIds.add(order.clientOrderId)
  }

  #working(): Seen[] {
    return [...this.#orders.values()].filter(({ status }) => WORKING.includes(status))
  }

  #reserved(): Rational {
    const entries = this.#working().filter(({ submitted }) => !submitted.reduceOnly)
    return sum(entries.map((seen) => times(rationalOf(seen.submitted.price ?? seen.submitted.referencePrice), openOf(seen))))
  }

  /** Cash and positions at the last prices, from the fills alone. */
  #valuation(): { readonly equity: Rational; readonly exposure: Rational } {
    let equity = START
    let exposure = ZERO
    for (const fill of this.#fills) {
      const value = times(rationalOf(fill.price), rationalOf(fill.quantity))
      equity = minus(fill.side === 'BUY' ? minus(equity, value) : plus(equity, value), rationalOf(fill.fee))
    }
    for (const key of new Set(this.#fills.map(keyOf))) {
      const mark = this.#driver.state.marks.get(key.split('|')[1] as OrderSubmitted['symbol'])
      if (mark === undefined) throw new Error(`no price for ${key}`)
      const value = times(this.#heldOf(key), rationalOf(Price.format(mark.price)))
      equity = plus(equity, value)
      exposure = plus(exposure, sign(value) < 0 ? minus(ZERO, value) : value)
    }
    return { equity, exposure }
  }

  #checkTotals(step: string): void {
    const { state } = this.#driver
    const working = this.#working()
    expect(state.workingCount, `${step}: working orders`).toBe(working.length)
    const byKey = [...state.workingByKey.values()].reduce((count, ids) => count + ids.size, 0)
    expect(byKey, `${step}: working orders by key`).toBe(working.length)
    const account = state.accounts.get('USDT')
    if (account === undefined) return
    expectSame(Money.format(account.reserved), this.#reserved(), `${step}: reserved is Σ of what may still fill`)
    const totals = state.valueTotals.get('USDT')
    const { equity, exposure } = this.#valuation()
    expectSame(totals === undefined ? '0' : Money.format(totals.exposure), exposure, `${step}: exposure`)
    const settled = minus(rationalOf(Money.format(account.realized)), rationalOf(Money.format(account.fees)))
    expectSame(totals === undefined ? '0' : Money.format(totals.unrealized), minus(minus(equity, START), settled), `${step}: unrealised`)
    for (const key of new Set([...this.#orders.values()].map(({ submitted }) => keyOf(submitted))))
      this.#checkWorkingTotals(key as PositionKey, step)
    const unknown = working.filter(
      ({ submitted, status }) =>
        status === 'UNKNOWN' || (status === 'PENDING_CANCEL' && state.orders.get(submitted.clientOrderId)?.exchangeOrderId === undefined),
    )
    expect([...state.unknownOrders.values()].flatMap((ids) => [...ids]).sort(), `${step}: orders of unknown fate`).toEqual(
      unknown.map(({ submitted }) => submitted.clientOrderId).sort(),
    )
  }

  #checkWorkingTotals(key: PositionKey, step: string): void {
    const open = (reduceOnly: boolean, side: string) =>
      sum(
        this.#working()
          .filter(({ submitted: o }) => keyOf(o) === key && o.reduceOnly === reduceOnly && o.side === side)
          .map(openOf),
      )
    const totals = workingTotals(this.#driver.state, key)
    expectSame(Quantity.format(totals.entryBuy), open(false, 'BUY'), `${step}: ${key} working entries, buy`)
    expectSame(Quantity.format(totals.entrySell), open(false, 'SELL'), `${step}: ${key} working entries, sell`)
    expectSame(Quantity.format(totals.exitBuy), open(true, 'BUY'), `${step}: ${key} working exits, buy`)
    expectSame(Quantity.format(totals.exitSell), open(true, 'SELL'), `${step}: ${key} working exits, sell`)
  }

  #checkPositions(step: string): void {
    const { state } = this.#driver
    const start = START
    let spent = ZERO
    let costs = ZERO
    for (const fill of this.#fills) {
      const value = times(rationalOf(fill.price), rationalOf(fill.quantity))
      spent = fill.side === 'BUY' ? plus(spent, value) : minus(spent, value)
      spent = plus(spent, rationalOf(fill.fee))
    }
    for (const [key, position] of state.positions) {
      expect(
        isSame(rationalOf(SignedQuantity.format(position.quantity)), this.#heldOf(key)),
        `${step}: ${key} is the sum of its fills`,
      ).toBe(true)
      costs = plus(costs, rationalOf(Money.format(position.entryCost)))
    }
    const account = state.accounts.get('USDT')
    if (account === undefined) return
    const settled = minus(plus(start, rationalOf(Money.format(account.realized))), rationalOf(Money.format(account.fees)))
    // start + realised − fees − cost of what is held = start − Σ buys + Σ sells − Σ fees
    expect(isSame(minus(settled, costs), minus(start, spent)), `${step}: money is where the fills put it`).toBe(true)
  }

  #heldOf(key: string): Rational {
    return sum(
      this.#fills
        .filter((fill) => keyOf(fill) === key)
        .map((fill) => (fill.side === 'BUY' ? rationalOf(fill.quantity) : minus(ZERO, rationalOf(fill.quantity)))),
    )
  }
}

function expectSame(text: string, expected: Rational, what: string): void {
  if (!isSame(rationalOf(text), expected)) expect(text, what).toBe(`${expected.over}/${expected.under}`)
}

const keyOf = (of: { readonly traderId: string; readonly symbol: string }): string => `${of.traderId}|${of.symbol}`
const openOf = ({ submitted, filled }: Seen): Rational => {
  const open = minus(rationalOf(submitted.quantity), filled)
  return sign(open) < 0 ? ZERO : open
}
