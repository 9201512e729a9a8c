import type { ImportDatabase } from '../run/import-database.ts'

type Work<T> = (database: ImportDatabase) => Promise<T>

/** Shares work among connections, first come, first served: as many pieces are under way as there are connections. */
export class ConnectionCrew {
  readonly #idle: ImportDatabase[]
  readonly #waiting: ((database: ImportDatabase) => void)[] = []
  readonly #signal: AbortSignal | undefined
  readonly #begun: Promise<unknown>[] = []
  #failure: { readonly error: unknown } | undefined

  constructor(databases: readonly ImportDatabase[], signal: AbortSignal | undefined) {
    this.#idle = [...databases]
    this.#signal = signal
  }

  /** After a failure, or when the signal came, what has not begun fails too. */
  do<T>(work: Work<T>): Promise<T> {
    const doing = this.#do(work)
    this.#begun.push(doing)
    return doing
  }

  /** When nothing is under way any more, well or not. */
  async settled(): Promise<void> {
    let known = 0
    while (known < this.#begun.length) {
      known = this.#begun.length
      await Promise.allSettled(this.#begun)
    }
  }

  async #do<T>(work: Work<T>): Promise<T> {
    const database = this.#idle.pop() ?? (await new Promise<ImportDatabase>((resolve) => this.#waiting.push(resolve)))
    try {
      this.#signal?.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure.error
      return await work(database)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#idle.push(database)
      else next(database)
    }
  }
}
