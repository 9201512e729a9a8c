import { ByteAccumulator } from '../byte-accumulator.ts'
import { ROW_BYTES_MAX, STATEMENT_BYTES_MAX } from '../limits.ts'
import { SqlLexer, isWordByte } from './sql-lexer.ts'
import { StatementWords } from './statement-words.ts'

export interface ScannedPiece {
  /** `command`: a backslash command of psql between statements; `stray-command`: one inside a statement. */
  readonly kind: 'statement' | 'insert-head' | 'insert-row' | 'insert-end' | 'command' | 'stray-command'
  /** Without the closing semicolon; a row with its brackets; cut if longer than its bound. */
  readonly bytes: Buffer
  readonly offset: number
  /** True length. */
  readonly length: number
}

export interface ScanStep {
  readonly piece: ScannedPiece | undefined
  /** Where in the chunk to go on. */
  readonly next: number
}

const [SEMICOLON, OPEN, CLOSE, BACKSLASH, LINE_FEED, MINUS, SLASH] = [0x3b, 0x28, 0x29, 0x5c, 0x0a, 0x2d, 0x2f]

/** Bytes of code that neither open or close anything nor stand before a quote with a meaning. */
const INERT = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x80 && !'\'"$-/*;()\\eE'.includes(String.fromCharCode(byte)) ? 1 : 0))

function beginsStatement(byte: number): boolean {
  return byte > 0x20 && byte !== SEMICOLON && byte !== MINUS && byte !== SLASH
}

/**
 * Cuts SQL text into statements, and an INSERT … VALUES into its head and its rows, chunk by chunk, the way psql does:
 * by semicolons outside of brackets, quotes, comments and bodies of BEGIN ATOMIC. Nothing is ever executed.
 */
export class StatementScanner {
  readonly lexer = new SqlLexer()
  readonly #statement = new ByteAccumulator(STATEMENT_BYTES_MAX)
  readonly #row = new ByteAccumulator(ROW_BYTES_MAX)
  readonly #words = new StatementWords()
  /** What is being gathered; between statements and between the rows of an INSERT nothing is. */
  #gathering: 'statement' | 'insert-row' | 'command' | 'stray-command' | undefined
  #offset = 0
  #inValues = false
  #lastHead: Buffer | undefined
  #brackets = 0

  /** Scans on from `from` to the end of a piece or of the chunk; `chunkOffset` is the offset of the chunk's first byte. */
  next(chunk: Buffer, from: number, chunkOffset: number): ScanStep {
    let start = from
    let at = from
    while (at < chunk.length) {
      if (this.#inCommand) {
        const end = chunk.indexOf(LINE_FEED, at)
        if (end === -1) break
        return this.#take(chunk.subarray(start, end), end + 1)
      }
      if (!this.lexer.inCode) {
        at = this.lexer.skip(chunk, at)
        if (at === chunk.length) break
      } else if (this.#words.satisfied && this.#gathering !== undefined) at = this.#passInert(chunk, at)
      const byte = chunk[at] ?? 0
      const isCode = this.lexer.step(byte)
      if (this.#gathering === undefined && this.#begins(isCode, byte)) {
        start = at
        this.#offset = chunkOffset + at
        const known = this.#knownHead(chunk, at)
        if (known !== undefined) {
          this.#offset = chunkOffset + known.next - 1
          return known
        }
      }
      if (isCode) {
        const step = this.#code(byte, chunk, start, at)
        if (step !== undefined) {
          if (step.piece?.kind === 'insert-head') this.#offset = chunkOffset + step.next - 1
          return step
        }
        if (this.#inCommand && byte === BACKSLASH) {
          start = at
          this.#offset = chunkOffset + at
        }
      } else this.#words.hidden(this.lexer.inQuotes)
      at += 1
    }
    if (this.#gathering !== undefined) this.#gather(chunk.subarray(start))
    return { piece: undefined, next: chunk.length }
  }

  /** The statement that ends with the text, without its semicolon; `cut` if the text cannot end here. */
  finish(): ScannedPiece | 'cut' | undefined {
    if (this.#gathering === undefined && !this.#inValues) return this.lexer.inCode || this.lexer.inLineComment ? undefined : 'cut'
    if (this.#inCommand) return this.#take(Buffer.alloc(0), 0).piece
    const open = !(this.lexer.inCode || this.lexer.inLineComment) || this.#brackets > 0 || this.#words.inBody
    return open ? 'cut' : this.#end(Buffer.alloc(0), 0).piece
  }

  get #inCommand(): boolean {
    return this.#gathering === 'command' || this.#gathering === 'stray-command'
  }

  /** Whether this byte begins a statement, or a row of an INSERT under way. */
  #begins(isCode: boolean, byte: number): boolean {
    if (!isCode || (this.#inValues ? byte !== OPEN : !beginsStatement(byte))) return false
    this.#gathering = this.#inValues ? 'insert-row' : 'statement'
    return true
  }

  #code(byte: number, chunk: Buffer, start: number, at: number): ScanStep | undefined {
    if (isWordByte(byte)) {
      this.#words.add(byte)
      return undefined
    }
    this.#words.end()
    switch (byte) {
      case OPEN:
        this.#brackets += 1
        return this.#brackets === 1 && !this.#inValues && this.#words.beforeRows ? this.#head(chunk, start, at) : undefined
      case CLOSE:
        this.#brackets = Math.max(0, this.#brackets - 1)
        return this.#brackets === 0 && this.#gathering === 'insert-row' ? this.#take(chunk.subarray(start, at + 1), at + 1) : undefined
      case SEMICOLON:
        if (this.#brackets > 0 || this.#words.inBody) return undefined
        return this.#gathering === undefined && !this.#inValues ? undefined : this.#end(chunk.subarray(start, at), at + 1)
      case BACKSLASH:
        this.#gathering = this.#words.none && !this.#inValues ? 'command' : 'stray-command'
        this.#statement.take()
        return undefined
      default:
        return undefined
    }
  }

  /** The head of an INSERT ends before the bracket of its first row, which is the first byte of that row. */
  #head(chunk: Buffer, start: number, at: number): ScanStep {
    this.#statement.append(chunk.subarray(start, at))
    const length = this.#statement.length
    const bytes = this.#statement.take()
    if (length === bytes.length) this.#lastHead = Buffer.from(bytes)
    return this.#rowsBegin({ kind: 'insert-head', bytes, offset: this.#offset, length }, chunk, at)
  }

  #rowsBegin(piece: ScannedPiece, chunk: Buffer, at: number): ScanStep {
    this.#inValues = true
    this.#brackets = 1
    this.#words.rowsBegin()
    this.#gathering = 'insert-row'
    this.#row.append(chunk.subarray(at, at + 1))
    return { piece, next: at + 1 }
  }

  /** A dump repeats the head of an INSERT row after row: one that equals the last is taken whole. */
  #knownHead(chunk: Buffer, at: number): ScanStep | undefined {
    const head = this.#lastHead
    const end = at + (head?.length ?? 0)
    if (head === undefined || this.#gathering !== 'statement' || chunk[end] !== OPEN || head.compare(chunk, at, end) !== 0) return undefined
    this.lexer.passed(OPEN)
    return this.#rowsBegin({ kind: 'insert-head', bytes: head, offset: this.#offset, length: head.length }, chunk, end)
  }

  /** The next byte that may matter, where words do not. */
  #passInert(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length - 1 && INERT[chunk[at] ?? 0] === 1) at += 1
    if (at > from) this.lexer.passed(chunk[at - 1] ?? 0)
    return at
  }

  #end(rest: Buffer, next: number): ScanStep {
    const kind = this.#inValues ? 'insert-end' : 'statement'
    this.#inValues = false
    this.#brackets = 0
    this.#words.reset()
    if (kind === 'statement') return this.#take(rest, next)
    this.#gathering = undefined
    return { piece: { kind, bytes: Buffer.alloc(0), offset: this.#offset, length: 0 }, next }
  }

  #gather(piece: Buffer): void {
    const target = this.#gathering === 'insert-row' ? this.#row : this.#statement
    target.append(piece)
  }

  #take(rest: Buffer, next: number): ScanStep {
    const kind = this.#gathering
    if (kind === undefined) throw new Error('a piece ends that never began')
    this.#gather(rest)
    const target = kind === 'insert-row' ? this.#row : this.#statement
    const length = target.length
    this.#gathering = undefined
    if (kind === 'command' || kind === 'stray-command') this.#words.reset()
    return { piece: { kind, bytes: target.take(), offset: this.#offset, length }, next }
  }
}
