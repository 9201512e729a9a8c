import type { DamageRule } from '../sources/import-source.ts'

/** Why a cell, and with it its row, cannot be mapped without a guess. */
export type CellRule =
  | 'missing-value'
  | 'unknown-side'
  | 'ambiguous-side'
  | 'unknown-status'
  | 'unknown-type'
  | 'unknown-action'
  | 'unknown-symbol'
  | 'not-a-decimal'
  | 'too-many-digits'
  | 'negative-value'
  | 'not-an-integer'
  | 'not-a-boolean'
  | 'not-a-time'
  | 'time-out-of-range'
  | 'no-such-time'
  | 'ambiguous-time'

/** Why a row is parked: one of its cells, its table, its key, or the reader could not split it. */
export type ParkRule = CellRule | 'missing-column' | 'key-taken' | DamageRule

export type SkipRule = 'exact-duplicate'

/** What a person may want to know about rows that were mapped. */
export type NoteRule =
  | 'naive-time'
  | 'ambiguous-time'
  | 'confidence-rescaled'
  | 'confidence-out-of-scale'
  | 'id-made'
  | 'fill-unknown'
  | 'trigger-unknown'
  | 'no-direction'
  | 'closed-before-opened'

/** A cell that cannot be read: which rule it breaks, and the reason in words for people. */
export interface CellFault {
  readonly rule: CellRule
  readonly reason: string
}

const SHOWN_LENGTH_MAX = 60

/** A text of the source as a reason shows it: cut where it is long. */
export function shown(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
}

/** A value of the source in a reason: in quotes, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(shown(text))
}
