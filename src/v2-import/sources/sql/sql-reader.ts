import { CopyRows } from '../copy-rows.ts'
import type { RawRow } from '../import-source.ts'
import type { TextDecoding } from '../text-decoding.ts'
import { textDecoding, UTF8 } from '../text-decoding.ts'
import type { Refuse } from '../source-failure.ts'
import { parseStatement, type Relation, type SqlStatement } from './sql-statements.ts'
import { StatementScanner, type ScannedPiece } from './statement-scanner.ts'

/** Settings of the dump that change how its text is to be read. */
export interface SqlSettings {
  readonly encoding: string
  readonly backslashStrings: boolean
  /** Schema of a name without one. */
  readonly schema: string
}

export const DEFAULT_SETTINGS: SqlSettings = { encoding: 'UTF8', backslashStrings: false, schema: 'public' }

export interface RowsHeader {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[] | undefined
  /** Of the statement. */
  readonly offset: number
}

/** Hears what stands in a SQL text, in order. */
export interface SqlVisitor {
  /** Any statement without rows. */
  statement(statement: SqlStatement, offset: number, settings: SqlSettings): void
  /** Rows by COPY begin: says how to read them. */
  copy(header: RowsHeader): { readonly columns: number | undefined; readonly firstNumber: number; readonly decodes: boolean }
  /** Rows of the COPY under way. */
  copyRows(rows: readonly RawRow[]): void
  /** `nextNumber` is the number a further row would have, `end` the offset behind the block. */
  copyEnd(nextNumber: number, end: number): void
  insert(header: RowsHeader): void
  insertRow(row: ScannedPiece): void
  insertEnd(end: number): void
}

const LINE_FEED = 0x0a
/** Backslash commands that new versions of pg_dump put around a dump for safety. */
const HARMLESS_COMMAND = /^\\(?:un)?restrict(?:\s+\S*)?\s*$/

/** Reads SQL text chunk by chunk and tells a visitor. Throws `AppError` for commands of psql and for COPY of other forms. */
export class SqlReader {
  readonly #visitor: SqlVisitor
  readonly #refuse: Refuse
  readonly #scanner = new StatementScanner()
  #settings: SqlSettings
  #decoding: TextDecoding
  #copy: CopyRows | undefined
  #pendingCopy: ((offset: number) => CopyRows) | undefined
  /** The rest of the line after `COPY … FROM stdin;` is left out. */
  #skipsLine = false
  #inInsert = false
  #lastHead: { readonly text: string; readonly statement: SqlStatement } | undefined
  #offset: number

  constructor(visitor: SqlVisitor, refuse: Refuse, start: { readonly offset: number; readonly settings: SqlSettings }) {
    this.#visitor = visitor
    this.#refuse = refuse
    this.#offset = start.offset
    this.#settings = start.settings
    this.#decoding = this.#decodingOf(start.settings.encoding, start.offset)
    this.#scanner.lexer.backslashStrings = start.settings.backslashStrings
  }

  get settings(): SqlSettings {
    return this.#settings
  }

  get decoding(): TextDecoding {
    return this.#decoding
  }

  push(chunk: Buffer): void {
    const chunkOffset = this.#offset
    let at = 0
    while (at < chunk.length) {
      if (this.#copy !== undefined) at = this.#pushRows(this.#copy, chunk, at)
      else if (this.#skipsLine) {
        const end = chunk.indexOf(LINE_FEED, at)
        this.#skipsLine = end === -1
        at = end === -1 ? chunk.length : end + 1
        if (!this.#skipsLine) this.#copy = this.#pendingCopy?.(chunkOffset + at)
      } else {
        const { piece, next } = this.#scanner.next(chunk, at, chunkOffset)
        at = next
        if (piece !== undefined) this.#piece(piece, chunkOffset + at)
      }
    }
    this.#offset = chunkOffset + chunk.length
  }

  /** To be called at the end of the text. Throws if it ends inside rows or a statement. */
  finish(): void {
    if (this.#copy !== undefined || this.#skipsLine) throw this.#refuse('the text ends inside the rows of a COPY', this.#offset)
    const last = this.#scanner.finish()
    if (last === 'cut') throw this.#refuse('the text ends inside a statement', this.#offset)
    if (last !== undefined) this.#piece(last, this.#offset)
  }

  #pushRows(copy: CopyRows, chunk: Buffer, at: number): number {
    const before = copy.position
    this.#visitor.copyRows(copy.push(at === 0 ? chunk : chunk.subarray(at)))
    const next = at + copy.position - before
    if (copy.ended) {
      this.#copy = undefined
      this.#visitor.copyEnd(copy.nextNumber, copy.position)
    }
    return next
  }

  #piece(piece: ScannedPiece, end: number): void {
    switch (piece.kind) {
      case 'insert-row':
        if (this.#inInsert) this.#visitor.insertRow(piece)
        return
      case 'insert-end':
        if (this.#inInsert) this.#visitor.insertEnd(end)
        this.#inInsert = false
        return
      case 'command':
      case 'stray-command':
        if (piece.kind === 'command' && HARMLESS_COMMAND.test(piece.bytes.toString('latin1'))) return
        throw this.#refuse('there is a command of psql (a line with a backslash), which is neither run nor passed over', piece.offset)
      case 'statement':
      case 'insert-head':
        this.#statement(this.#parse(piece), piece)
    }
  }

  #parse(piece: ScannedPiece): SqlStatement {
    // Names in statements may be in any encoding; damage to a comment must not stop the import.
    const text = this.#decoding.decode(piece.bytes) ?? piece.bytes.toString('latin1')
    // A dump repeats the head of an INSERT row after row.
    if (text === this.#lastHead?.text) return this.#lastHead.statement
    const statement = parseStatement(text)
    if (piece.length > piece.bytes.length && statement.kind !== 'copy-unreadable') return { kind: 'other', word: 'long' }
    if (piece.kind === 'insert-head') this.#lastHead = { text, statement }
    return statement
  }

  #statement(statement: SqlStatement, piece: ScannedPiece): void {
    switch (statement.kind) {
      case 'copy': {
        const header = this.#header(statement.relation, statement.columns, piece.offset)
        this.#skipsLine = true
        this.#pendingCopy = (offset) => new CopyRows({ ...this.#visitor.copy(header), decoding: this.#decoding, offset })
        return
      }
      case 'copy-unreadable':
        throw this.#refuse('there is a COPY with options or of a form pg_dump does not write, whose rows cannot be read', piece.offset)
      case 'insert':
        if (piece.kind === 'insert-head') {
          this.#inInsert = true
          this.#visitor.insert(this.#header(statement.relation, statement.columns, piece.offset))
          return
        }
        break
      case 'set':
        this.#set(statement.name, statement.value, piece.offset)
        break
      case 'create-table':
      case 'primary-key':
      case 'other':
    }
    this.#visitor.statement(statement, piece.offset, this.#settings)
  }

  #header(relation: Relation, columns: readonly string[] | undefined, offset: number): RowsHeader {
    return { schema: relation.schema ?? this.#settings.schema, name: relation.name, columns, offset }
  }

  #set(name: string, value: string, offset: number): void {
    if (name === 'client_encoding') {
      this.#decoding = this.#decodingOf(value, offset)
      this.#settings = { ...this.#settings, encoding: this.#decoding.name }
    } else if (name === 'standard_conforming_strings') {
      const backslashStrings = value.toLowerCase() === 'off'
      this.#scanner.lexer.backslashStrings = backslashStrings
      this.#settings = { ...this.#settings, backslashStrings }
    } else if (name === 'search_path') {
      const schema = value === '' || value === 'pg_catalog' ? 'public' : value
      this.#settings = { ...this.#settings, schema }
    }
  }

  #decodingOf(encoding: string, offset: number): TextDecoding {
    if (encoding === 'UTF8') return UTF8
    const decoding = textDecoding(encoding)
    if (decoding === undefined) throw this.#refuse(`its text is in ${encoding}, which is not read`, offset)
    return decoding
  }
}
