import type { RawCell } from '../sources/import-source.ts'
import { isSecretName, looksSecret } from '../settings/secret-names.ts'
import { shown } from '../mapping/rules.ts'
import { TimeReader } from '../mapping/spellings/time-text.ts'
import { TimeZone } from '../mapping/spellings/time-zone.ts'
import { shapeOf } from './cell-shape.ts'
import { ColumnExtremes } from './column-extremes.ts'
import { isAmountName, isScaleName, isTimeName } from './column-roles.ts'
import { ownCopy } from './own-copy.ts'
import { CELL_SHAPES, type CellShape, type ColumnAnalysis, type WordCount } from './source-analysis.ts'
import { TextSet } from './text-set.ts'

/** Shown of a column that has no more; spellings are compared among `WORDS_KEPT_MAX`. */
export const CENSUS_WORDS_MAX = 50
const WORDS_KEPT_MAX = 500
/** A longer cell is no word. */
const WORD_LENGTH_MAX = 60
/** JSON is parsed to see whether it is any: of so many cells of a column. */
const JSON_CHECKED_MAX = 2_000
const JSON_LENGTH_MAX = 65_536

const NOT_A_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i
const DECIMAL_COMMA = /^[+-]?\d{1,20},\d{1,20}$/
const STATED_ZONE = /(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$/i
const BLANK_MAX = 0x20

/** A text that speaks of secrets may hold one: settings and logs kept as JSON. */
const SECRET_WORDS = /pass(?:word|wd|phrase)|secret|token|api_?key|private|credential|authorization/i

/** What a column was seen to hold that may be wrong: counts, and a text of each. */
export interface ColumnTroubles {
  readonly counts: Readonly<Record<Trouble, number>>
  readonly examples: Partial<Readonly<Record<Trouble, string>>>
  readonly jsonChecked: number
}
export type Trouble =
  | 'impossible'
  | 'future'
  | 'naive'
  | 'zoned'
  | 'epoch'
  | 'calendar'
  | 'negative'
  | 'notANumber'
  | 'decimalComma'
  | 'aboveOne'
  | 'share'
  | 'blank'
  | 'notJson'

/** Watches the cells of one column go by. Memory: its words, and 8 bytes for each different text up to a limit. */
export class ColumnProfile {
  readonly name: string
  readonly isSecret: boolean
  readonly #isTime: boolean
  readonly #isAmount: boolean
  readonly #isScale: boolean
  readonly #times: TimeReader
  readonly #nowMs: number | undefined
  readonly #distinct: TextSet
  readonly #extremes = new ColumnExtremes()
  readonly #shapes: Record<CellShape, number> = { integer: 0, decimal: 0, time: 0, boolean: 0, json: 0, text: 0 }
  readonly #counts: Record<Trouble, number> = {
    impossible: 0,
    future: 0,
    naive: 0,
    zoned: 0,
    epoch: 0,
    calendar: 0,
    negative: 0,
    notANumber: 0,
    decimalComma: 0,
    aboveOne: 0,
    share: 0,
    blank: 0,
    notJson: 0,
  }
  readonly #examples: Partial<Record<Trouble, string>> = {}
  #words: Map<string, number> | undefined = new Map()
  #jsonChecked = 0
  #isMore = false
  #nulls = 0
  #empties = 0
  #longest = 0

  /** `nowMs`: what is later was written by a wrong clock, or read by a wrong zone. */
  constructor(name: string, distinctMax: number, nowMs: number | undefined) {
    this.name = name
    this.isSecret = isSecretName([name])
    this.#isTime = isTimeName(name)
    this.#isAmount = isAmountName(name)
    this.#isScale = isScaleName(name)
    this.#times = new TimeReader(new TimeZone('UTC'), 'earlier')
    this.#nowMs = nowMs
    this.#distinct = new TextSet(distinctMax)
  }

  add(cell: RawCell): void {
    if (cell === null) {
      this.#nulls += 1
      return
    }
    if (cell === '') this.#empties += 1
    if (cell.length > this.#longest) this.#longest = cell.length
    this.#count(cell)
    if (cell !== '') this.#look(cell)
  }

  /** All words with their counts; undefined where there are too many. */
  get words(): ReadonlyMap<string, number> | undefined {
    return this.isSecret ? undefined : this.#words
  }

  get shape(): ColumnAnalysis['shape'] {
    const seen = CELL_SHAPES.filter((shape) => this.#shapes[shape] > 0)
    if (seen.length === 0) return 'none'
    if (seen.length === 2 && seen[0] === 'integer' && seen[1] === 'decimal') return 'decimal'
    return seen.length === 1 ? (seen[0] ?? 'none') : 'mixed'
  }

  /** Cells that are numbers. */
  get numbers(): number {
    return this.#shapes.integer + this.#shapes.decimal
  }

  troubles(): ColumnTroubles {
    return { counts: this.#counts, examples: this.#examples, jsonChecked: this.#jsonChecked }
  }

  analysis(type: string | undefined, use: ColumnAnalysis['use']): ColumnAnalysis {
    const { shape } = this
    const hidden = { least: null, most: null }
    return {
      name: this.name,
      type: type ?? null,
      use,
      nulls: this.#nulls,
      empties: this.#empties,
      shape,
      shapes: Object.fromEntries(Object.entries(this.#shapes).filter(([, count]) => count > 0)),
      distinct: { count: this.#words === undefined ? this.#distinct.count : this.#words.size, isMore: this.#isMore },
      ...(this.isSecret ? hidden : withoutSecrets(this.#extremes.of(shape))),
      longest: this.#longest,
      words: this.#census(),
    }
  }

  /** To be called at the end of a batch of rows: lets go of it. */
  settle(): void {
    this.#extremes.settle()
  }

  get nulls(): number {
    return this.#nulls
  }

  get empties(): number {
    return this.#empties
  }

  #census(): readonly WordCount[] | null {
    const { words } = this
    if (words === undefined || words.size > CENSUS_WORDS_MAX || [...words.keys()].some(mayTellSecret)) return null
    return [...words].map(([word, count]) => ({ word, count })).toSorted((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
  }

  /** While there are few different texts they are counted; what comes to be many is only told apart. */
  #count(cell: string): void {
    const words = this.#words
    if (words === undefined) {
      if (!this.#isMore && this.#distinct.add(cell) === 'full') this.#isMore = true
      return
    }
    const count = words.get(cell)
    if (count !== undefined || (words.size < WORDS_KEPT_MAX && cell.length <= WORD_LENGTH_MAX)) {
      words.set(count === undefined ? ownCopy(cell) : cell, (count ?? 0) + 1)
      return
    }
    this.#words = undefined
    for (const word of words.keys()) this.#distinct.add(word)
    this.#count(cell)
  }

  #look(cell: string): void {
    const shape = shapeOf(cell)
    this.#shapes[shape] += 1
    if (cell.charCodeAt(0) <= BLANK_MAX || cell.charCodeAt(cell.length - 1) <= BLANK_MAX) this.#note('blank', cell)
    switch (shape) {
      case 'integer':
      case 'decimal':
        return this.#lookAtNumber(cell)
      case 'time':
        return this.#lookAtTime(cell)
      case 'json':
        return this.#lookAtJson(cell)
      case 'text':
        this.#extremes.addText(cell)
        return this.#lookAtText(cell)
      case 'boolean':
    }
  }

  #lookAtNumber(cell: string): void {
    this.#extremes.addNumber(cell)
    if (this.#isTime) return this.#lookAtTime(cell)
    if (this.#isAmount && cell.charCodeAt(0) === 0x2d && /[1-9]/.test(cell)) this.#note('negative', cell)
    if (this.#isScale) this.#note(Math.abs(Number(cell)) > 1 ? 'aboveOne' : 'share', cell)
  }

  #lookAtTime(cell: string): void {
    const reading = this.#times.read(cell)
    const isEpoch = cell.charCodeAt(4) !== 0x2d
    if ('rule' in reading) return this.#note('impossible', cell)
    if (!isEpoch) this.#extremes.addTime(reading.ms, cell)
    this.#note(isEpoch ? 'epoch' : 'calendar', cell)
    if (!isEpoch) this.#note(cell.length > 10 && STATED_ZONE.test(cell.slice(10)) ? 'zoned' : 'naive', cell)
    if (this.#nowMs !== undefined && reading.ms > this.#nowMs) this.#note('future', cell)
  }

  #lookAtText(cell: string): void {
    if (NOT_A_NUMBER.test(cell)) this.#note('notANumber', cell)
    else if (DECIMAL_COMMA.test(cell)) this.#note('decimalComma', cell)
    else if (this.#isTime) this.#note('impossible', cell)
  }

  #lookAtJson(cell: string): void {
    if (this.#jsonChecked >= JSON_CHECKED_MAX || cell.length > JSON_LENGTH_MAX) return
    this.#jsonChecked += 1
    try {
      JSON.parse(cell)
    } catch {
      this.#note('notJson', cell)
    }
  }

  #note(trouble: Trouble, cell: string): void {
    this.#counts[trouble] += 1
    if (!this.isSecret && this.#examples[trouble] === undefined && !mayTellSecret(cell)) this.#examples[trouble] = ownCopy(shown(cell))
  }
}

function withoutSecrets(extremes: { readonly least: string | null; readonly most: string | null }) {
  const hide = (text: string | null): string | null => (text !== null && mayTellSecret(text) ? null : text)
  return { least: hide(extremes.least), most: hide(extremes.most) }
}

function mayTellSecret(text: string): boolean {
  return SECRET_WORDS.test(text) || looksSecret(text)
}
