import type { ExchangeOrderId, InstrumentSymbol } from './ids.ts'

/** In what our books and the exchange disagree. Looked for over the union of both sides. */
export const DIFFERENCE_KINDS = [
  /** Ours is open, the exchange shows neither it nor its end. */
  'ORDER_MISSING',
  /** The exchange shows an order that is not in the journal. */
  'ORDER_EXTERNAL',
  /** Both have the order, with another size, price or filled quantity. */
  'ORDER_CHANGED',
  /** The exchange's position is not the sum of the traders' positions. */
  'POSITION',
  'BALANCE',
] as const
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

export const DIFFERENCE_DECISIONS = ['ADOPT', 'CLOSE', 'IGNORE', 'ASSIGN'] as const
/**
 * `ADOPT`: our books follow the exchange. `CLOSE`: the exchange follows our books (cancel the order, trade the excess away).
 * `IGNORE`: leave it, count it in risk, ask no more until it changes. `ASSIGN`: give it to a trader.
 */
export type DifferenceDecision = (typeof DIFFERENCE_DECISIONS)[number]

export interface Difference {
  /** Same difference, same id, on every run: kind and subject. */
  readonly differenceId: string
  readonly kind: DifferenceKind
  readonly exchange: string
  readonly symbol?: InstrumentSymbol | undefined
  readonly currency?: string | undefined
  readonly clientOrderId?: string | undefined
  readonly exchangeOrderId?: ExchangeOrderId | undefined
  /** Decimal text or words, for people: what each side says. */
  readonly ours: string
  readonly theirs: string
  readonly cause: string
  readonly suggestion: DifferenceDecision
  /** Whether entries stay shut until it is decided or gone. */
  readonly blocking: boolean
}

export const RECONCILE_TRIGGERS = ['START', 'RECONNECT', 'WAKE', 'CLOCK', 'PERSON'] as const
export type ReconcileTrigger = (typeof RECONCILE_TRIGGERS)[number]
