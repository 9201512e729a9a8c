import { ByteAccumulator } from '../byte-accumulator.ts'
import { ROW_BYTES_MAX } from '../limits.ts'

const [LINE_FEED, CARRIAGE_RETURN, QUOTE] = [0x0a, 0x0d, 0x22]

export interface CsvRecord {
  /** Without its line end; only the beginning if it is too long. */
  readonly bytes: Buffer
  readonly offset: number
  /** True length. */
  readonly length: number
}

type State = 'cell-start' | 'plain' | 'quoted' | 'quote-in-quoted'

/** Splits CSV into records chunk by chunk; a quoted cell may hold line ends. */
export class CsvRecords {
  readonly #record = new ByteAccumulator(ROW_BYTES_MAX)
  readonly #delimiter: number
  #state: State = 'cell-start'
  #offset: number
  #recordStart: number

  constructor(delimiter: string, offset: number) {
    this.#delimiter = delimiter.charCodeAt(0)
    this.#offset = offset
    this.#recordStart = offset
  }

  /** The records that end in this chunk. */
  push(chunk: Buffer): readonly CsvRecord[] {
    const records: CsvRecord[] = []
    let from = 0
    while (from < chunk.length) {
      const end = chunk.indexOf(LINE_FEED, from)
      const line = chunk.subarray(from, end === -1 ? chunk.length : end + 1)
      this.#follow(line)
      this.#offset += line.length
      from += line.length
      const ends = end !== -1 && this.#state !== 'quoted'
      if (ends && this.#record.length === 0) records.push(this.#finished(line, line.length))
      else {
        this.#record.append(line)
        if (ends) records.push(this.#take())
      }
    }
    return records
  }

  /** The last record, if it has no line end; `open-quote` with its offset if a quoted cell never ends. */
  finish(): CsvRecord | { readonly openQuote: number } | undefined {
    if (this.#state === 'quoted') return { openQuote: this.#recordStart }
    return this.#record.length === 0 ? undefined : this.#take()
  }

  /** Follows the quotes of one line. A quote opens only at the start of a cell: elsewhere it is damage of this line alone. */
  #follow(line: Buffer): void {
    if (this.#state !== 'quoted' && !line.includes(QUOTE)) {
      this.#state = line[line.length - 1] === this.#delimiter ? 'cell-start' : 'plain'
      return
    }
    let state = this.#state
    for (const byte of line) {
      if (state === 'quoted') state = byte === QUOTE ? 'quote-in-quoted' : 'quoted'
      else if (byte === QUOTE) state = state === 'plain' ? 'plain' : 'quoted'
      else state = byte === this.#delimiter ? 'cell-start' : 'plain'
    }
    this.#state = state
  }

  #take(): CsvRecord {
    const length = this.#record.length
    return this.#finished(this.#record.take(), length)
  }

  #finished(kept: Buffer, length: number): CsvRecord {
    const offset = this.#recordStart
    this.#state = 'cell-start'
    this.#recordStart = this.#offset
    return { bytes: length > ROW_BYTES_MAX ? kept : withoutLineEnd(kept), offset, length }
  }
}

function withoutLineEnd(record: Buffer): Buffer {
  let end = record.length
  if (record[end - 1] === LINE_FEED) end -= 1
  if (record[end - 1] === CARRIAGE_RETURN) end -= 1
  return record.subarray(0, end)
}
