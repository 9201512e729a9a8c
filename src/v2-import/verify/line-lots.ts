import { hash } from 'node:crypto'

const LINE_FEED = 0x0a

/** Rows of a table that were read one after another. */
export interface LineLot {
  /** Numbers of rows, from 1. */
  readonly first: number
  readonly last: number
  /** How many of them are not damaged, and the hexadecimal sha256 of their lines of COPY, in UTF-8, with a line end between two. */
  readonly lines: number
  readonly sha256: string
}

/** What was seen when a table was read. */
export interface TableReading {
  readonly rows: number
  readonly lots: readonly LineLot[]
}

/** What the lines of a table are, lot by lot: by it the server can tell whether the same lines stand, and nothing of them is kept. */
export class LineLots implements TableReading {
  rows = 0
  readonly lots: LineLot[] = []

  /** `text` is whole lines, each with its end. Gives how many. */
  addText(text: Buffer): number {
    let lines = 0
    for (let at = text.indexOf(LINE_FEED); at !== -1; at = text.indexOf(LINE_FEED, at + 1)) lines += 1
    const isEnded = text.at(-1) === LINE_FEED
    if (!isEnded) lines += 1
    this.#add(lines, lines, isEnded ? text.subarray(0, -1) : text)
    return lines
  }

  /** So many rows, and the lines of those of them that are not damaged. */
  addRows(rows: number, lines: readonly string[]): void {
    this.#add(rows, lines.length, lines.join('\n'))
  }

  #add(rows: number, lines: number, text: Buffer | string): void {
    this.lots.push({ first: this.rows + 1, last: this.rows + rows, lines, sha256: hash('sha256', text) })
    this.rows += rows
  }
}
