import type { RawCell, RowDamage } from '../import-source.ts'
import { COLUMNS_MAX } from '../limits.ts'
import { rowDamage } from '../row-batches.ts'
import type { TextDecoding } from '../text-decoding.ts'
import { unescapeString } from './escape-string.ts'

export interface InsertRowOptions {
  readonly decoding: TextDecoding
  /** Plain strings know backslash escapes. */
  readonly backslashStrings: boolean
}

/**
 * The cells of one bracketed row of an INSERT, spelt as COPY would spell them: `true` is `t`, a bit string its digits.
 * Only literals are read (with a cast, whose type is left out); a row with any other expression is damaged.
 */
export function decodeInsertRow(bytes: Buffer, options: InsertRowOptions): readonly RawCell[] | RowDamage {
  const text = options.decoding.decode(bytes)
  if (text === undefined) return rowDamage('invalid-encoding', `the row is not valid ${options.decoding.name}`, bytes)
  if (text.includes('\0')) return rowDamage('nul-byte', 'the row holds the byte 0', bytes)
  const reader = new LiteralReader(text.slice(1, -1), options.backslashStrings)
  const cells: RawCell[] = []
  do {
    const cell = reader.literal()
    if (cell === undefined) return rowDamage('not-a-literal', `value ${cells.length + 1} of the row is not a plain literal`, bytes)
    if (cell?.includes('\0') === true) return rowDamage('nul-byte', 'a cell holds the byte 0', bytes)
    cells.push(cell)
    if (cells.length > COLUMNS_MAX) return rowDamage('wrong-cell-count', `the row has more than ${COLUMNS_MAX} values`, bytes)
  } while (reader.comma())
  return reader.done ? cells : rowDamage('not-a-literal', `value ${cells.length} of the row is not a plain literal`, bytes)
}

const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.$])/y
const WORD = /(?:null|true|false)(?![\w$])/iy
const CELL_OF_WORD: Readonly<Record<string, RawCell>> = { null: null, true: 't', false: 'f' }
const TYPE_NAME = /(?:"[^"]{1,252}"|[A-Za-z_]\w{0,251})/y
const TYPE_WORDS = /(?: precision| varying| with time zone| without time zone){0,2}/iy
const TYPE_SUFFIX = /(?:\([\d, ]{0,20}\))?(?: with time zone| without time zone)?(?:\[\d{0,9}\]){0,6}/iy
const BITS = /^[01]*$/

class LiteralReader {
  readonly #text: string
  readonly #backslashStrings: boolean
  #at = 0

  constructor(text: string, backslashStrings: boolean) {
    this.#text = text
    this.#backslashStrings = backslashStrings
  }

  get done(): boolean {
    this.#skipBlanks()
    return this.#at === this.#text.length
  }

  comma(): boolean {
    this.#skipBlanks()
    if (this.#text[this.#at] !== ',') return false
    this.#at += 1
    return true
  }

  /** Undefined if what stands here is not a literal. */
  literal(): RawCell | undefined {
    this.#skipBlanks()
    const value = this.#value()
    if (value === undefined) return undefined
    this.#skipBlanks()
    while (this.#text.startsWith('::', this.#at)) {
      this.#at += 2
      if (!this.#type()) return undefined
      this.#skipBlanks()
    }
    return value
  }

  #value(): RawCell | undefined {
    const first = this.#text[this.#at]
    if (first === "'") return this.#string(this.#backslashStrings)
    if (this.#text[this.#at + 1] === "'" && first !== undefined) {
      this.#at += 1
      if (/e/i.test(first)) return this.#string(true)
      const bits = /b/i.test(first) ? this.#string(false) : undefined
      return bits !== undefined && BITS.test(bits) ? bits : undefined
    }
    const number = this.#match(NUMBER)
    if (number !== undefined) return number.startsWith('+') ? number.slice(1) : number
    const word = this.#match(WORD)
    return word === undefined ? undefined : CELL_OF_WORD[word.toLowerCase()]
  }

  /** Stands at the opening quote. */
  #string(escapes: boolean): string | undefined {
    const start = this.#at + 1
    let [at, special, quote] = [start, false, -1]
    // Each is looked for again only when it has been passed, or a long string would be searched once for every escape.
    let backslash = escapes ? -1 : Number.POSITIVE_INFINITY
    while (true) {
      if (quote < at) quote = this.#text.indexOf("'", at)
      if (quote === -1) return undefined
      if (backslash < at) backslash = this.#next('\\', at)
      if (backslash < quote) {
        at = backslash + 2
        continue
      }
      if (this.#text[quote + 1] !== "'") {
        this.#at = quote + 1
        const body = special ? undouble(this.#text.slice(start, quote), escapes) : this.#text.slice(start, quote)
        return escapes ? unescapeString(body) : body
      }
      special = true
      at = quote + 2
    }
  }

  #next(character: string, from: number): number {
    const at = this.#text.indexOf(character, from)
    return at === -1 ? Number.POSITIVE_INFINITY : at
  }

  #type(): boolean {
    this.#skipBlanks()
    if (this.#match(TYPE_NAME) === undefined) return false
    if (this.#text[this.#at] === '.') {
      this.#at += 1
      if (this.#match(TYPE_NAME) === undefined) return false
    }
    this.#match(TYPE_WORDS)
    this.#match(TYPE_SUFFIX)
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    this.#at += found?.length ?? 0
    return found
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length) {
      if (this.#text.charCodeAt(this.#at) <= 0x20) this.#at += 1
      else if (this.#text.startsWith('--', this.#at)) this.#at = this.#after('\n')
      else if (this.#text.startsWith('/*', this.#at)) this.#at = this.#after('*/')
      else return
    }
  }

  #after(end: string): number {
    const at = this.#text.indexOf(end, this.#at + 2)
    return at === -1 ? this.#text.length : at + end.length
  }
}

/** Makes doubled quotes one; where backslashes escape, an escaped quote is not half of a pair. */
function undouble(body: string, escapes: boolean): string {
  if (!escapes) return body.replaceAll("''", "'")
  return body.replace(/\\[^]|''/g, (found) => (found === "''" ? "'" : found))
}
