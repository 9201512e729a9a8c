import { expect } from 'vitest'
import type { Fact, OrderAmended, OrderAmendRequested, OrderFilled, OrderSubmitted } from '#domain/facts.ts'
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
const WORKING: readonly OrderStatus[] = ['EMULATED', 'SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN']
/** What an order may become, by hand. */
const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  EMULATED: ['SUBMITTED', 'REJECTED', 'CANCELED', 'EXPIRED'],
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

/** Size and prices of an order as they may be while it is being amended. */
interface Version {
  readonly quantity: string
  readonly price?: string | undefined
  readonly referencePrice: string
}

interface Seen {
  readonly submitted: OrderSubmitted
  status: OrderStatus
  filled: Rational
  present: Version
  wanted: Version | undefined
  /** The amendment is a cancel and a new order, which may come after the end of this one. */
  isReplacing: boolean
}

/** Watches an engine from outside: keeps its own books in exact fractions, from facts and commands alone, and compares after each step. */
export class InvariantChecker {
  readonly #driver: EngineDriver
  readonly #orders = new Map<string, Seen>()
  readonly #fills: OrderFilled[] = []
  readonly #tradeIds = new Set<string>()
  readonly #entryTimes: number[] = []
  readonly #sentIds = new Set<string>()
  readonly #replacedIds = new Set<string>()
  readonly #stops = new Map<string, { readonly stop: Rational; readonly isLong: boolean }>()
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
    else if (fact.type === 'OrderAmendRequested') this.#wanted(fact, step)
    else if (fact.type === 'OrderAmended') this.#amended(fact, step)
    else if (fact.type === 'ProtectionSet') this.#stopAfter(keyOf(fact), fact.plan?.stopLoss, step, fact.plan === null)
    else if (fact.type === 'ProtectionMoved' && fact.stopLoss !== undefined) this.#stopAfter(keyOf(fact), fact.stopLoss, step)
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
    const { quantity, price, referencePrice } = fact
    const status = fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED'
    this.#orders.set(fact.clientOrderId, {
      submitted: fact,
      status,
      filled: ZERO,
      present: { quantity, price, referencePrice },
      wanted: undefined,
      isReplacing: false,
    })
    this.#doors(fact, step)
    if (!fact.reduceOnly) this.#withinLimits(fact, step)
    if (fact.replaces !== undefined) this.#replaced(fact, step)
    if (status === 'SUBMITTED' && !fact.reduceOnly) this.#countSent(step)
  }

  /** While halted only the stop sends, and a person closes. Nothing leaves while the exchange is away, and no entry before the account is known. */
  #doors({ purpose, reduceOnly, strategy }: OrderSubmitted, step: string): void {
    const { state } = this.#driver
    const isByHand = reduceOnly && strategy === 'manual'
    if (state.halt !== null && !isByHand) expect(purpose, `${step}: only the stop sends while halted`).toBe('FLATTEN')
    expect(state.connected, `${step}: sent while disconnected`).toBe(true)
    if (!reduceOnly) expect(state.reconciled, `${step}: entry before reconciliation`).toBe(true)
  }

  /** A replacement comes after the end of what it replaces, for no more than was left of it. */
  #replaced(fact: OrderSubmitted, step: string): void {
    const old = this.#orders.get(fact.replaces ?? '')
    expect(old, `${step}: ${fact.replaces} was never submitted`).toBeDefined()
    if (old === undefined) return
    expect(['CANCELED', 'EXPIRED', 'REJECTED'], `${step}: replaced before its end`).toContain(old.status)
    const rest = minus(rationalOf(old.wanted?.quantity ?? old.present.quantity), old.filled)
    expect(orderOf(rationalOf(fact.quantity), rest), `${step}: a replacement for more than was left`).toBeLessThanOrEqual(0)
    expect(this.#replacedIds.has(fact.replaces ?? ''), `${step}: replaced twice`).toBe(false)
    this.#replacedIds.add(fact.replaces ?? '')
    old.wanted = undefined
  }

  /** The limits, counted by hand in the worst case: every working entry fills. */
  #withinLimits(fact: OrderSubmitted, step: string): void {
    const { limits, now } = this.#driver.state
    const reference = rationalOf(fact.referencePrice)
    const value = times(rationalOf(fact.price ?? fact.referencePrice), rationalOf(fact.quantity))
    expect(orderOf(value, rationalOf(limits.maxOrderNotional)), `${step}: order notional`).toBeLessThanOrEqual(0)
    const mine = [...this.#orders.values()].filter(({ submitted }) => keyOf(submitted) === keyOf(fact))
    const adding = mine.filter((seen) => WORKING.includes(seen.status) && !seen.submitted.reduceOnly && seen.submitted.side === fact.side)
    const open = sum(adding.map(worstOpenOf))
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
  }

  #countSent(step: string): void {
    const { limits, now } = this.#driver.state
    this.#entryTimes.push(now)
    const lastSecond = this.#entryTimes.filter((ts) => ts > now - 1_000)
    expect(lastSecond.length, `${step}: entries in one second`).toBeLessThanOrEqual(limits.maxOrdersPerSecond)
  }

  #move(id: string, status: OrderStatus, step: string): void {
    const seen = this.#orders.get(id)
    expect(seen, `${step}: ${id} was never submitted`).toBeDefined()
    if (seen === undefined) return
    expect(NEXT[seen.status], `${step}: ${seen.status} → ${status}`).toContain(status)
    if (seen.status === 'EMULATED' && status === 'SUBMITTED') {
      this.#doors(seen.submitted, step)
      if (!seen.submitted.reduceOnly) this.#countSent(step)
    }
    seen.status = status
    if (!WORKING.includes(status) && (status === 'FILLED' || !seen.isReplacing)) seen.wanted = undefined
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
    this.#stopAfter(keyOf(fact), fact.position.stopLoss, step)
    if (orderOf(seen.filled, rationalOf(seen.present.quantity)) > 0) {
      expect(this.#driver.alerts(), `${step}: an overfill is said`).toContain('UNEXPECTED_FILL')
    } else
      expect(fact.orderStatus === 'FILLED', `${step}: FILLED exactly when all is filled`).toBe(
        isSame(seen.filled, rationalOf(seen.present.quantity)),
      )
  }

  #readCommand(command: ExchangeCommand, step: string, isNotFound: boolean): void {
    if (command.type !== 'SubmitOrder') return
    const seen = this.#orders.get(command.order.clientOrderId)
    expect(seen, `${step}: sent before it was recorded`).toBeDefined()
    if (seen === undefined) return
    const { submitted } = seen
    const { order } = command
    const isEmulated = submitted.execution === 'EMULATED'
    expect(seen.status, `${step}: an order that waits here is not sent`).not.toBe('EMULATED')
    const type = isEmulated ? (submitted.orderType.endsWith('LIMIT') ? 'LIMIT' : 'MARKET') : submitted.orderType
    const asked = [
      submitted.symbol,
      submitted.side,
      type,
      seen.present.quantity,
      seen.present.price,
      submitted.timeInForce ?? 'GTC',
      submitted.postOnly ?? false,
    ]
    // The exchange knows only the net of all traders; reduce-only may be left away there, never added.
    if (order.reduceOnly) expect(submitted.reduceOnly, `${step}: reduce-only on the wire`).toBe(true)
    if (submitted.reduceOnly && !isContingent(seen)) this.#exitsFit(submitted, step)
    const sent = [
      order.symbol,
      order.side,
      order.type,
      Quantity.format(order.quantity),
      order.price === undefined ? undefined : Price.format(order.price),
      order.timeInForce,
      order.postOnly,
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
    return sum(entries.map(worstValueOf))
  }

  #wanted(fact: OrderAmendRequested, step: string): void {
    const seen = this.#orders.get(fact.clientOrderId)
    expect(seen?.wanted, `${step}: one amendment at a time`).toBeUndefined()
    if (seen === undefined) return
    const { quantity, price, referencePrice } = seen.present
    seen.isReplacing = fact.replace === true
    seen.wanted = { quantity: fact.quantity ?? quantity, price: fact.price ?? price, referencePrice: fact.triggerPrice ?? referencePrice }
  }

  #amended(fact: OrderAmended, step: string): void {
    const seen = this.#orders.get(fact.clientOrderId)
    expect(seen, `${step}: ${fact.clientOrderId} was never submitted`).toBeDefined()
    if (seen === undefined) return
    const isTrailing = seen.submitted.orderType === 'TRAILING_STOP'
    const referencePrice = isTrailing ? seen.present.referencePrice : (fact.triggerPrice ?? seen.present.referencePrice)
    seen.present = { quantity: fact.quantity, price: fact.price, referencePrice }
    seen.wanted = undefined
  }

  /** The stop of a position only moves in favour, as long as it is held on the same side and nobody takes the protection away. */
  #stopAfter(key: string, text: string | undefined, step: string, isTakenAway = false): void {
    const side = sign(this.#heldOf(key))
    const before = this.#stops.get(key)
    const isLong = side > 0
    if (side === 0 || isTakenAway || (before !== undefined && before.isLong !== isLong)) this.#stops.delete(key)
    const held = this.#stops.get(key)
    if (side === 0 || isTakenAway) return
    if (held !== undefined) {
      expect(text, `${step}: the stop of ${key} is gone`).toBeDefined()
      const order = orderOf(rationalOf(text ?? '0'), held.stop)
      expect(isLong ? order : -order, `${step}: the stop of ${key} was loosened`).toBeGreaterThanOrEqual(0)
    }
    if (text !== undefined) this.#stops.set(key, { stop: rationalOf(text), isLong })
  }

  /** When an exit leaves, all exits on their way together are no more than what is held: nothing of ours can turn a position. */
  #exitsFit({ side, ...of }: OrderSubmitted, step: string): void {
    const key = keyOf(of)
    const exits = this.#working().filter(
      (seen) => keyOf(seen.submitted) === key && seen.submitted.reduceOnly && seen.submitted.side === side && !isContingent(seen),
    )
    const held = this.#heldOf(key)
    const size = side === 'SELL' ? held : minus(ZERO, held)
    expect(orderOf(sum(exits.map(openOf)), size), `${step}: exits of ${key} exceed what is held`).toBeLessThanOrEqual(0)
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
          .filter((seen) => !isContingent(seen))
          .filter(({ submitted: o }) => keyOf(o) === key && o.reduceOnly === reduceOnly && o.side === side)
          .map(worstOpenOf),
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
const openIn = (version: Version, filled: Rational): Rational => {
  const open = minus(rationalOf(version.quantity), filled)
  return sign(open) < 0 ? ZERO : open
}
const openOf = ({ present, filled }: Seen): Rational => openIn(present, filled)
const larger = (a: Rational, b: Rational): Rational => (orderOf(a, b) > 0 ? a : b)
const worstOpenOf = (seen: Seen): Rational =>
  seen.wanted === undefined ? openOf(seen) : larger(openOf(seen), openIn(seen.wanted, seen.filled))
const valueIn = (version: Version, filled: Rational): Rational =>
  times(rationalOf(version.price ?? version.referencePrice), openIn(version, filled))
/** While an amendment is on its way the worse of both versions is reserved. */
const worstValueOf = ({ present, wanted, filled }: Seen): Rational =>
  wanted === undefined ? valueIn(present, filled) : larger(valueIn(present, filled), valueIn(wanted, filled))
/** An exit that waits for its trigger commits nothing yet; one that has begun to fill has met it. */
const isContingent = ({ submitted, status, filled }: Seen): boolean =>
  submitted.reduceOnly &&
  (status === 'EMULATED' ||
    (sign(filled) === 0 && submitted.execution !== 'EMULATED' && submitted.orderType !== 'MARKET' && submitted.orderType !== 'LIMIT'))
