import { ByteAccumulator } from './byte-accumulator.ts'
import { type CopyRow, decodeCopyRow } from './copy-line.ts'
import type { RawRow, RowDamage } from './import-source.ts'
import { ROW_BYTES_MAX } from './limits.ts'
import { rowDamage } from './row-batches.ts'
import { type TextDecoding, UTF8 } from './text-decoding.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BACKSLASH = 0x5c
const DOT = 0x2e
const UNREAD: CopyRow = { cells: [], line: undefined }

export interface CopyRowsOptions {
  /** Cells a row must have; undefined: not known. */
  readonly columns: number | undefined
  readonly decoding: TextDecoding
  /** Offset of the first byte that will be given. */
  readonly offset: number
  /** Number of the first row. */
  readonly firstNumber: number
  /** False: rows are only counted, `push` gives none. */
  readonly decodes?: boolean
}

/** Splits the text of COPY into rows, chunk by chunk, up to the line `\.`. */
export class CopyRows {
  readonly #options: CopyRowsOptions
  readonly #line = new ByteAccumulator(ROW_BYTES_MAX)
  #number: number
  #lineStart: number
  #position: number
  /** Line end of the first row: the others must have the same, as in Postgres. */
  #carriageReturns: boolean | undefined
  #escapedEnd = false
  #ended = false

  constructor(options: CopyRowsOptions) {
    this.#options = options
    this.#number = options.firstNumber
    this.#lineStart = options.offset
    this.#position = options.offset
  }

  /** The line `\.` was read. */
  get ended(): boolean {
    return this.#ended
  }

  /** Number the next row would have. */
  get nextNumber(): number {
    return this.#number
  }

  /** Bytes of a row that has no line end yet; 0 between rows. */
  get pending(): number {
    return this.#line.length
  }

  /** Offset behind the last byte used. */
  get position(): number {
    return this.#position
  }

  /** The rows that end in this chunk. After the line `\.` the rest of the chunk is left alone: see `position`. */
  push(chunk: Buffer): readonly RawRow[] {
    const rows: RawRow[] = []
    let from = 0
    while (!this.#ended && from < chunk.length) {
      const end = chunk.indexOf(LINE_FEED, from)
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end)
      if (end === -1) {
        this.#keep(piece)
        break
      }
      from = end + 1
      this.#position += piece.length + 1
      if (this.#endsEscaped(piece)) {
        this.#line.append(chunk.subarray(end - piece.length, end + 1))
        this.#escapedEnd = false
        continue
      }
      const row = this.#finishLine(piece)
      if (row !== undefined) rows.push(row)
      this.#lineStart = this.#position
    }
    return rows
  }

  /** The bytes of a row whose line end did not come. */
  takePending(): Buffer {
    return this.#line.take()
  }

  #keep(piece: Buffer): void {
    this.#position += piece.length
    this.#escapedEnd = this.#endsEscaped(piece)
    this.#line.append(piece)
  }

  /** Whether an odd number of backslashes stands at the end: then what follows is data, even a line end. */
  #endsEscaped(piece: Buffer): boolean {
    let at = piece.length - 1
    while (at >= 0 && piece[at] === BACKSLASH) at -= 1
    const odd = (piece.length - 1 - at) % 2 === 1
    return at === -1 && this.#escapedEnd ? !odd : odd
  }

  #finishLine(piece: Buffer): RawRow | undefined {
    this.#escapedEnd = false
    const tooLong = this.#line.length + piece.length > ROW_BYTES_MAX
    const length = this.#line.length + piece.length
    let line = piece
    if (this.#line.length > 0) {
      this.#line.append(piece)
      line = this.#line.take()
    }
    if (tooLong) return this.#row(rowDamage('row-too-long', `the row has ${length} bytes, ${ROW_BYTES_MAX} are read`, line))
    const withReturn = line.length > 0 && line[line.length - 1] === CARRIAGE_RETURN
    if (withReturn) line = line.subarray(0, -1)
    if (line.length === 2 && line[0] === BACKSLASH && line[1] === DOT) {
      this.#ended = true
      return undefined
    }
    this.#carriageReturns ??= withReturn
    if (this.#options.decodes === false) return this.#row(UNREAD)
    if (withReturn !== this.#carriageReturns || line.includes(CARRIAGE_RETURN))
      return this.#row(rowDamage('mixed-line-ends', 'the row holds a bare carriage return or ends unlike the first row', line))
    return this.#row(decodeCopyRow(line, this.#options.columns, this.#options.decoding), line)
  }

  #row(content: CopyRow | RowDamage, bytes?: Buffer): RawRow | undefined {
    const number = this.#number
    this.#number += 1
    if (this.#options.decodes === false) return undefined
    const offset = this.#lineStart
    if ('rule' in content) return { number, offset, cells: [], damage: content, line: undefined, bytes: undefined }
    const isSame = content.line !== undefined && this.#options.decoding === UTF8
    return { number, offset, cells: content.cells, damage: undefined, line: content.line, bytes: isSame ? bytes : undefined }
  }
}
