import type { OrderSide } from '#domain/order.ts'
import type { RawCell } from '../sources/import-source.ts'
import type { ImportPlan } from './import-plan.ts'
import type { Note, Origin } from './imported-records.ts'
import { quoted, type CellFault, type CellRule, type NoteRule } from './rules.ts'
import { toUnitScale } from './spellings/confidence-scale.ts'
import { readDecimal, readInteger } from './spellings/decimal-text.ts'
import { SymbolReader } from './spellings/symbol-spelling.ts'
import { TimeReader } from './spellings/time-text.ts'
import { TimeZone } from './spellings/time-zone.ts'
import { BOOLEANS, readOrderSide, readWord, SIDES, type Vocabulary } from './spellings/word-spellings.ts'

/** A column a mapper asks for, found by its name; index -1 where the table has none of the names. */
export interface Column {
  readonly name: string
  readonly index: number
}

export interface RowFault extends CellFault {
  readonly column: string
}

const MISSING = ''

/**
 * Reads the cells of one row after the other. The first cell that cannot be read is kept as the fault of the row and stands in the record
 * by a value without meaning: the record must then not be used. NULL and the empty text are both "not there" for anything but
 * free text. `need…` makes an absent value a fault.
 */
export class RowReader {
  readonly plan: ImportPlan
  readonly #symbols: SymbolReader
  readonly #times: TimeReader
  readonly #knownNotes = new Map<NoteRule, Map<string, Note>>()
  #cells: readonly RawCell[] = []
  fault: RowFault | undefined
  notes: Note[] = []
  origin: Origin = { table: '', key: '' }
  /** The key in ids made from it: the cell of the key column, or `#number`. */
  name = ''
  /** Filled when the records of the row are made; belongs to the first of them. */
  extras: Record<string, string | null> = {}

  constructor(plan: ImportPlan) {
    this.plan = plan
    this.#symbols = new SymbolReader(plan.marketKind)
    this.#times = new TimeReader(new TimeZone(plan.timeZone), plan.ambiguousTime)
  }

  begin(cells: readonly RawCell[], origin: Origin, name: string): void {
    this.#cells = cells
    this.fault = undefined
    this.notes = []
    this.origin = origin
    this.name = name
    this.extras = {}
  }

  /** The text as it stands; undefined if it is NULL, empty or not there at all. */
  text(column: Column): string | undefined {
    const cell = this.#cells[column.index]
    return cell === undefined || cell === null || cell === '' ? undefined : cell
  }

  /** As this program names exchanges: in small letters. */
  exchange(column: Column): string | undefined {
    return this.text(column)?.trim().toLowerCase()
  }

  needText(column: Column): string {
    return this.text(column) ?? this.#missing(column)
  }

  decimal(column: Column): string | undefined {
    const text = this.text(column)
    return text === undefined ? undefined : this.#take(column, readDecimal(text), MISSING)
  }

  /** A decimal that is not below zero: a price, a quantity. */
  amount(column: Column): string | undefined {
    const decimal = this.decimal(column)
    if (decimal?.startsWith('-') !== true) return decimal
    return this.#fail(column, 'negative-value', `${quoted(decimal)} is below zero`, MISSING)
  }

  needAmount(column: Column): string {
    return this.amount(column) ?? this.#missing(column)
  }

  needInteger(column: Column): number {
    return this.#take(column, readInteger(this.needText(column)), 0)
  }

  /** A whole number as text, e.g. a reference that an export wrote as `12.0`. Other texts stay as they are. */
  reference(column: Column): string | undefined {
    const text = this.text(column)
    if (text === undefined || !text.endsWith('.0')) return text
    const whole = readInteger(text)
    return typeof whole === 'number' ? String(whole) : text
  }

  flag(column: Column): boolean | undefined {
    return this.word(column, BOOLEANS)
  }

  word<T>(column: Column, vocabulary: Vocabulary<T>): T | undefined {
    const text = this.text(column)
    return text === undefined ? undefined : this.#take(column, readWord(vocabulary, text), undefined)
  }

  /** `otherwise` stands in the record of a row that will be parked. */
  needWord<T>(column: Column, vocabulary: Vocabulary<T>, otherwise: T): T {
    return this.#take(column, readWord(vocabulary, this.needText(column)), otherwise)
  }

  needSide(column: Column): OrderSide {
    return this.needWord(column, SIDES, 'BUY')
  }

  needOrderSide(column: Column, isReduceOnly: boolean | undefined): OrderSide {
    return this.#take(column, readOrderSide(this.needText(column), isReduceOnly), 'BUY')
  }

  needSymbol(column: Column): string {
    return this.#take(column, this.#symbols.read(this.needText(column)), MISSING)
  }

  /** UTC milliseconds. Notes that the zone was assumed, or that one of two moments was taken. */
  time(column: Column): number | undefined {
    const text = this.text(column)
    if (text === undefined) return undefined
    const reading = this.#times.read(text)
    if ('rule' in reading) return this.#take(column, reading, undefined)
    if (reading.zone !== 'stated') this.note('naive-time', column, `times without a zone are read as those of ${this.plan.timeZone}`)
    if (reading.zone === 'ambiguous')
      this.note(
        'ambiguous-time',
        column,
        `the clocks of ${this.plan.timeZone} showed it twice; the ${this.plan.ambiguousTime} moment is taken`,
      )
    return reading.ms
  }

  needTime(column: Column): number {
    const ms = this.time(column)
    if (ms !== undefined) return ms
    this.#missing(column)
    return 0
  }

  /** 0 to 1; undefined with a note where it fits no scale. */
  confidence(column: Column): string | undefined {
    const decimal = this.decimal(column)
    if (decimal === undefined || decimal === MISSING) return undefined
    const confidence = toUnitScale(decimal)
    if (confidence === undefined) this.note('confidence-out-of-scale', column, 'neither a share nor per cent; only the text is kept')
    else if (confidence.isRescaled) this.note('confidence-rescaled', column, 'read as per cent')
    return confidence?.value
  }

  note(rule: NoteRule, column: Column, text: string): void {
    let ofRule = this.#knownNotes.get(rule)
    if (ofRule === undefined) this.#knownNotes.set(rule, (ofRule = new Map()))
    let known = ofRule.get(column.name)
    if (known === undefined) ofRule.set(column.name, (known = { rule, column: column.name, text }))
    this.notes.push(known)
  }

  #take<T>(column: Column, value: T | CellFault, otherwise: T): T {
    if (!isFault(value)) return value
    return this.#fail(column, value.rule, value.reason, otherwise)
  }

  #missing(column: Column): string {
    return this.#fail(column, 'missing-value', `${column.name} is empty, and the row says nothing without it`, MISSING)
  }

  /** The first fault counts: what comes after it may only follow from it. */
  #fail<T>(column: Column, rule: CellRule, reason: string, otherwise: T): T {
    this.fault ??= { rule, column: column.name, reason }
    return otherwise
  }
}

function isFault<T>(value: T | CellFault): value is CellFault {
  return typeof value === 'object' && value !== null && 'rule' in value
}
