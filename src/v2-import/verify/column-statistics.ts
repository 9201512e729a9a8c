const TAB = 0x09
const LINE_FEED = 0x0a
const BACKSLASH = 0x5c
const NULL_LETTER = 0x4e
const SHOWN_CHARACTERS = 40
/** UTF-8. */
const BYTES_A_CHARACTER = 4

/** What the cells of one column of the source are like. In the order of their bytes, as the server tells it of what stands. */
export class ColumnStatistics {
  filled = 0
  least: Buffer | undefined
  greatest: Buffer | undefined
  longestBytes = 0

  add(bytes: Buffer, start: number, end: number): void {
    this.filled += 1
    if (end - start > this.longestBytes) this.longestBytes = end - start
    if (this.least === undefined || this.greatest === undefined) this.least = this.greatest = Buffer.from(bytes.subarray(start, end))
    else if (order(bytes, start, end, this.least) < 0) this.least = Buffer.from(bytes.subarray(start, end))
    else if (order(bytes, start, end, this.greatest) > 0) this.greatest = Buffer.from(bytes.subarray(start, end))
  }
}

/** Mostly told by the first bytes: a call to the native comparison would take longer. */
function order(bytes: Buffer, start: number, end: number, other: Buffer): number {
  const length = Math.min(end - start, other.length)
  for (let at = 0; at < length; at += 1) {
    const difference = (bytes[start + at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return end - start - other.length
}

/** Measures the cells of a table on their way to the server, by the text of COPY that is sent. */
export class TableStatistics {
  rows = 0
  longestRowBytes = 0
  readonly columns: readonly ColumnStatistics[]

  constructor(columns: number) {
    this.columns = Array.from({ length: columns }, () => new ColumnStatistics())
  }

  /** `text` is whole lines; `skip`: how many cells of each come before those of the source. */
  add(text: Buffer, skip: number): void {
    let [column, start, row, isEscaped] = [-skip, 0, 0, false]
    for (let at = 0; at < text.length; at += 1) {
      const byte = text[at] ?? 0
      if (byte > BACKSLASH) continue
      if (byte === BACKSLASH) {
        isEscaped = true
        at += 1
      } else if (byte === TAB || byte === LINE_FEED) {
        if (column >= 0) this.#cell(column, text, { start, end: at, isEscaped })
        start = at + 1
        column += 1
        isEscaped = false
        if (byte === TAB) continue
        if (at - row > this.longestRowBytes) this.longestRowBytes = at - row
        this.rows += 1
        row = start
        column = -skip
      }
    }
  }

  #cell(index: number, text: Buffer, { start, end, isEscaped }: { start: number; end: number; isEscaped: boolean }): void {
    const column = this.columns[index]
    if (!isEscaped) column?.add(text, start, end)
    else if (end - start !== 2 || text[start + 1] !== NULL_LETTER) {
      const cell = unescaped(text.subarray(start, end))
      column?.add(cell, 0, cell.length)
    }
  }
}

const LETTERS: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([^]))/g

/** The bytes that a cell of COPY stands for. A character of latin1 is a byte, so that no byte is taken for another. */
function unescaped(cell: Buffer): Buffer {
  const text = cell.toString('latin1').replaceAll(ESCAPE, (_, octal?: string, hexadecimal?: string, letter = '') => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16))
    const byte = LETTERS[letter]
    return byte === undefined ? letter : String.fromCharCode(byte)
  })
  return Buffer.from(text, 'latin1')
}

/** Of a column: how many NULL, how many values if they were counted, least, greatest, bytes of the longest. As the server writes it. */
export function statisticsText(column: ColumnStatistics, rows: number, distinct: string | undefined): string {
  const { filled, least, greatest, longestBytes } = column
  const parts = [String(rows - filled), distinct, shown(least), shown(greatest), filled === 0 ? undefined : String(longestBytes)]
  return parts.filter((part) => part !== undefined).join(' ')
}

function shown(cell: Buffer | undefined): string | undefined {
  if (cell === undefined) return undefined
  const text = cell.subarray(0, SHOWN_CHARACTERS * BYTES_A_CHARACTER).toString('utf8')
  return Array.from(text).slice(0, SHOWN_CHARACTERS).join('')
}
