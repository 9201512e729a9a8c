import type { ImportDatabase } from '../run/import-database.ts'

const FLUSH_CHARACTERS = 1_048_576

/**
 * Lines gathered a table and sent by COPY when there are enough. While one lot is on its way the next is gathered; more than one
 * is never waiting, so memory is bounded by two lots a table.
 */
export class CopyBuffers {
  readonly #database: ImportDatabase
  readonly #lines = new Map<string, { text: string }>()
  #sending: Promise<void> = Promise.resolve()

  constructor(database: ImportDatabase) {
    this.#database = database
  }

  /** `into` is a table with its columns; `line` has no line end. */
  add(into: string, line: string): void {
    const buffer = this.#lines.get(into)
    if (buffer === undefined) this.#lines.set(into, { text: `${line}\n` })
    else buffer.text += `${line}\n`
  }

  /** Sends what is big enough. Throws the failure of a lot sent before. */
  async flushFull(): Promise<void> {
    for (const [into, buffer] of this.#lines) if (buffer.text.length >= FLUSH_CHARACTERS) await this.#send(into, buffer)
  }

  /** Sends all, and waits for it. */
  async flush(): Promise<void> {
    for (const [into, buffer] of this.#lines) if (buffer.text !== '') await this.#send(into, buffer)
    await this.#sending
  }

  async #send(into: string, buffer: { text: string }): Promise<void> {
    await this.#sending
    const { text } = buffer
    buffer.text = ''
    this.#sending = this.#database.copy(into, text)
    // Its failure is thrown where it is waited for.
    this.#sending.catch(() => undefined)
  }
}
