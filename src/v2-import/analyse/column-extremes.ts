import * as fixed from '#domain/money/fixed.ts'
import { shown } from '../mapping/rules.ts'
import { readDecimal } from '../mapping/spellings/decimal-text.ts'
import { ownCopy } from './own-copy.ts'
import type { CellShape } from './source-analysis.ts'

/** Digits a float carries for certain; longer numbers that look equal are compared exactly. */
const EXACT_DIGITS = 15
/** What is kept of a long text: enough to compare and to show. */
const KEPT_LENGTH_MAX = 200

/** The least and the greatest cell of each shape. */
export class ColumnExtremes {
  #least: { value: number; text: string } | undefined
  #most: { value: number; text: string } | undefined
  #leastText: string | undefined
  #mostText: string | undefined

  addNumber(text: string): void {
    this.#addValue(Number(text), text)
  }

  addTime(ms: number, text: string): void {
    this.#addValue(ms, text)
  }

  addText(text: string): void {
    const kept = text.length > KEPT_LENGTH_MAX ? text.slice(0, KEPT_LENGTH_MAX) : text
    if (this.#leastText === undefined || kept < this.#leastText) this.#leastText = kept
    if (this.#mostText === undefined || kept > this.#mostText) this.#mostText = kept
  }

  /** To be called at the end of a batch of rows: lets go of it. */
  settle(): void {
    if (this.#least !== undefined) this.#least = { ...this.#least, text: ownCopy(this.#least.text) }
    if (this.#most !== undefined) this.#most = { ...this.#most, text: ownCopy(this.#most.text) }
    if (this.#leastText !== undefined) this.#leastText = ownCopy(this.#leastText)
    if (this.#mostText !== undefined) this.#mostText = ownCopy(this.#mostText)
  }

  of(shape: CellShape | 'mixed' | 'none'): { readonly least: string | null; readonly most: string | null } {
    if (shape === 'text') return { least: shownOrNull(this.#leastText), most: shownOrNull(this.#mostText) }
    const hasOrder = shape === 'integer' || shape === 'decimal' || shape === 'time'
    return hasOrder ? { least: shownOrNull(this.#least?.text), most: shownOrNull(this.#most?.text) } : { least: null, most: null }
  }

  #addValue(value: number, text: string): void {
    if (this.#least === undefined || isBelow(value, text, this.#least)) this.#least = { value, text }
    if (this.#most === undefined || isBelow(this.#most.value, this.#most.text, { value, text })) this.#most = { value, text }
  }
}

function isBelow(value: number, text: string, other: { readonly value: number; readonly text: string }): boolean {
  if (value !== other.value || text.length <= EXACT_DIGITS) return value < other.value
  const [mine, theirs] = [readDecimal(text), readDecimal(other.text)]
  return typeof mine === 'string' && typeof theirs === 'string' && fixed.compare(fixed.parse(mine), fixed.parse(theirs)) < 0
}

const shownOrNull = (text: string | undefined): string | null => (text === undefined ? null : shown(text))
