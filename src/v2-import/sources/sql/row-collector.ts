import type { RawCell, RawRow } from '../import-source.ts'
import { rowDamage } from '../row-batches.ts'
import { decodeInsertRow, type InsertRowOptions } from './insert-row.ts'
import type { RowsHeader, SqlVisitor } from './sql-reader.ts'
import type { ScannedPiece } from './statement-scanner.ts'

/** No row has as many cells: rows that name a column the table was not opened with are damaged, never cut. */
const WIDTH_UNKNOWN = -1

export interface RowCollectorOptions {
  /** Names of the table's columns: each row gets a cell for each. */
  readonly columns: readonly string[]
  /** Whether rows of this COPY or INSERT are of the table. */
  readonly accepts: (header: RowsHeader) => boolean
  /** Settings of the text where it is being read now. */
  readonly reading: () => InsertRowOptions
}

/** Gathers the rows of one table from a SQL text; `take` gives those gathered since the last time. */
export class RowCollector implements SqlVisitor {
  readonly #options: RowCollectorOptions
  #rows: RawRow[] = []
  #nextNumber = 1
  /** Set while rows of the table are read: how many cells each has, and where in them each column stands. */
  #layout: { readonly width: number; readonly places: readonly number[] | undefined } | undefined

  constructor(options: RowCollectorOptions) {
    this.#options = options
  }

  take(): readonly RawRow[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  statement(): void {
    // Statements without rows were looked at when the source was opened.
  }

  copy(header: RowsHeader): ReturnType<SqlVisitor['copy']> {
    this.#begin(header)
    return { columns: this.#layout?.width, firstNumber: this.#nextNumber, decodes: this.#layout !== undefined }
  }

  copyRows(rows: readonly RawRow[]): void {
    for (const row of rows) this.#rows.push(row.damage === undefined ? { ...row, cells: this.#arranged(row.cells) } : row)
  }

  copyEnd(nextNumber: number): void {
    if (this.#layout !== undefined) this.#nextNumber = nextNumber
    this.#layout = undefined
  }

  insert(header: RowsHeader): void {
    this.#begin(header)
  }

  insertRow(piece: ScannedPiece): void {
    if (this.#layout === undefined) return
    this.#rows.push(this.#decoded(piece, this.#nextNumber, this.#layout.width))
    this.#nextNumber += 1
  }

  insertEnd(): void {
    this.#layout = undefined
  }

  #begin(header: RowsHeader): void {
    const { columns } = this.#options
    if (!this.#options.accepts(header)) this.#layout = undefined
    else if (header.columns?.some((name) => !columns.includes(name)) === true) this.#layout = { width: WIDTH_UNKNOWN, places: undefined }
    else if (header.columns === undefined || sameNames(header.columns, columns)) this.#layout = { width: columns.length, places: undefined }
    else this.#layout = { width: header.columns.length, places: columns.map((name) => header.columns?.indexOf(name) ?? -1) }
  }

  #decoded(piece: ScannedPiece, number: number, width: number): RawRow {
    const { offset, bytes, length } = piece
    const damaged = (damage: RawRow['damage']): RawRow => ({ number, offset, cells: [], damage })
    if (length > bytes.length) return damaged(rowDamage('row-too-long', `the row has ${length} bytes, which is too long`, bytes))
    const cells = decodeInsertRow(bytes, this.#options.reading())
    if ('rule' in cells) return damaged(cells)
    if (cells.length !== width)
      return damaged(rowDamage('wrong-cell-count', `the row has ${cells.length} values, which do not fit the columns`, bytes))
    return { number, offset, cells: this.#arranged(cells), damage: undefined }
  }

  #arranged(cells: readonly RawCell[]): readonly RawCell[] {
    const places = this.#layout?.places
    return places === undefined ? cells : places.map((place) => cells[place] ?? null)
  }
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index])
}
