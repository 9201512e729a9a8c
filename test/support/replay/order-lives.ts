import { add, decimal, isLess, isSame, show, ZERO, type Decimal } from './decimal.ts'
import type { JournalRow } from './journal-file.ts'

const FINAL: ReadonlySet<string> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'])

interface Life {
  readonly quantity: Decimal
  readonly statuses: string[]
  filled: Decimal
  fills: number
}

interface FactText {
  readonly type: string
  readonly clientOrderId?: string
  readonly tradeId?: string
  readonly symbol?: string
  readonly signalId?: string
  readonly outcome?: string
  readonly quantity?: string
  readonly status?: string
  readonly orderStatus?: string
  readonly orderFilledQuantity?: string
}

/** What the journal says of each order, followed from its own text: nothing lost, nothing twice. Problems in words. */
export function auditOrders(rows: readonly JournalRow[]): readonly string[] {
  const problems: string[] = []
  const orders = new Map<string, Life>()
  const trades = new Set<string>()
  const promised = new Set<string>()
  const decided = new Set<string>()
  const check = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem)
  }
  for (const { seq, body } of rows) {
    const fact = JSON.parse(body) as FactText
    const id = fact.clientOrderId ?? ''
    const life = orders.get(id)
    if (fact.type === 'OrderSubmitted') {
      check(life === undefined, `order ${id} was submitted twice, again at ${seq}`)
      orders.set(id, { quantity: decimal(fact.quantity ?? ''), statuses: ['SUBMITTED'], filled: ZERO, fills: 0 })
    } else if (fact.type === 'SignalDecided') {
      check(!decided.has(fact.signalId ?? ''), `signal ${fact.signalId} was decided twice, again at ${seq}`)
      decided.add(fact.signalId ?? '')
      if (fact.outcome === 'ACCEPTED') promised.add(id)
    } else if (fact.type === 'OrderStatusChanged' || fact.type === 'OrderFilled') {
      if (life === undefined) {
        problems.push(`${fact.type} at ${seq} for order ${id}, which was never submitted`)
        continue
      }
      check(!FINAL.has(life.statuses.at(-1) ?? ''), `order ${id} had ended and ${fact.type} came at ${seq}`)
      life.statuses.push(fact.status ?? fact.orderStatus ?? '')
      if (fact.type === 'OrderStatusChanged') continue
      const trade = `${fact.symbol} ${fact.tradeId}`
      check(!trades.has(trade), `trade ${trade} was booked twice, again at ${seq}`)
      trades.add(trade)
      life.fills += 1
      life.filled = add(life.filled, decimal(fact.quantity ?? ''))
      check(
        isSame(life.filled, decimal(fact.orderFilledQuantity ?? '')),
        `fills of ${id} sum up to ${show(life.filled)}, not ${fact.orderFilledQuantity}`,
      )
    }
  }
  for (const [id, { quantity, filled, statuses }] of orders) {
    check(statuses.filter((status) => FINAL.has(status)).length <= 1, `order ${id} ended more than once: ${statuses.join(' ')}`)
    check(!isLess(quantity, filled), `order ${id} was filled with ${show(filled)} of ${show(quantity)}`)
    check(statuses.at(-1) !== 'FILLED' || isSame(filled, quantity), `order ${id} is FILLED with ${show(filled)} of ${show(quantity)}`)
    check(
      !['SUBMITTED', 'UNKNOWN', 'PENDING_CANCEL'].includes(statuses.at(-1) ?? ''),
      `the fate of order ${id} is open: ${statuses.join(' ')}`,
    )
  }
  for (const id of promised) check(orders.has(id), `a signal was accepted as order ${id}, which was never submitted`)
  return problems
}

/** Orders that the journal left working, for the message of a test. */
export function countFacts(rows: readonly JournalRow[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { body } of rows) {
    const { type } = JSON.parse(body) as FactText
    counts[type] = (counts[type] ?? 0) + 1
  }
  return counts
}

/** JSON with its keys in order, so that two texts of one value read the same. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`
}

const DECISIVE = ['CandleClosed', 'SignalDecided', 'OrderSubmitted', 'OrderFilled', 'EquityMarked', 'AlertRaised'] as const

/**
 * The texts of what a replay decides, kind by kind. Between kinds the order may differ from run to run: an exchange's answer
 * and a trader's answer to one candle race, and neither changes the other.
 */
export function decisiveFacts(rows: readonly JournalRow[]): Readonly<Record<string, readonly string[]>> {
  const kinds = Object.fromEntries(DECISIVE.map((type) => [type as string, [] as string[]]))
  for (const { body } of rows) kinds[(JSON.parse(body) as FactText).type]?.push(body)
  return kinds
}
