import type { Difference, DifferenceKind } from '#domain/difference.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { ALL_INSTRUMENTS, type EngineState } from '../state.ts'
import type { Transaction } from '../transaction.ts'

/** Who closes a difference that nobody decided. */
export const ENGINE_ACTOR = 'engine'

/** Same difference, same id, on every run and on every machine. */
export function differenceIdOf(kind: DifferenceKind, exchange: string, subject: string): string {
  return `${kind}:${exchange}:${subject}`
}

/** The open difference that shuts entries in an instrument, its own or one of the whole account. */
export function blockingDifference(state: EngineState, symbol: string): string | undefined {
  if (state.blocks.size === 0) return undefined
  for (const key of [symbol as InstrumentSymbol, ALL_INSTRUMENTS] as const) {
    for (const id of state.blocks.get(key) ?? []) return id
  }
  return undefined
}

/**
 * What of a difference must change before it is a new one. Both sides of a position and a balance move with our own trading;
 * only their distance counts.
 */
export function fingerprintOf({ kind, ours, theirs }: Difference): string {
  if (isAmount(ours) && isAmount(theirs)) return fixed.format(fixed.trim(distance(ours, theirs)))
  if (kind === 'ORDER_EXTERNAL') return theirs
  return `${ours} ${theirs}`
}

const isAmount = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text)

/** Theirs less ours. */
export function distance(ours: string, theirs: string): fixed.Fixed<'SignedQuantity'> {
  return fixed.subtract(fixed.parse<'SignedQuantity'>(theirs), fixed.parse<'SignedQuantity'>(ours))
}

/** How long an order that a person had canceled may still show before it is brought up again. */
const STILL_THERE_AFTER_MS = 20_000

/** Whether a difference is on record as it is, waiting or decided. */
export function isOnRecord({ state, ts }: Transaction, difference: Difference): boolean {
  const open = state.differences.get(difference.differenceId)
  const settled = state.settledDifferences.get(difference.differenceId)
  if (settled?.decision === 'CLOSE' && ts - settled.at >= STILL_THERE_AFTER_MS) return false
  const known = open ?? settled?.difference
  return known !== undefined && fingerprintOf(known) === fingerprintOf(difference)
}

/** Records a difference, once. */
export function recordDifference(tx: Transaction, difference: Difference): void {
  if (isOnRecord(tx, difference)) return
  tx.record({ type: 'DifferenceFound', ts: tx.ts, difference })
}

/** Both sides agree again. */
export function closeAsGone(tx: Transaction, differenceId: string): void {
  if (!tx.state.differences.has(differenceId) && !tx.state.settledDifferences.has(differenceId)) return
  tx.record({ type: 'DifferenceClosed', ts: tx.ts, differenceId, decision: 'GONE', by: ENGINE_ACTOR })
}
