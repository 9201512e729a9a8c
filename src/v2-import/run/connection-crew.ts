import type { ImportDatabase } from './import-database.ts'

type Work<T> = (database: ImportDatabase) => Promise<T>

/** Shares work among connections, the heaviest first: as many pieces are under way as there are connections. */
export class ConnectionCrew {
  readonly #idle: ImportDatabase[]
  readonly #waiting: { readonly weight: number; readonly begin: (database: ImportDatabase) => void }[] = []
  readonly #signal: AbortSignal | undefined
  readonly #begun: Promise<unknown>[] = []
  #failure: { readonly error: unknown } | undefined

  constructor(databases: readonly ImportDatabase[], signal: AbortSignal | undefined) {
    this.#idle = [...databases]
    this.#signal = signal
  }

  /** After a failure, or when the signal came, what has not begun fails too. */
  do<T>(work: Work<T>, weight = 0): Promise<T> {
    const doing = this.#do(work, weight)
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

  async #do<T>(work: Work<T>, weight: number): Promise<T> {
    const database = this.#idle.pop() ?? (await new Promise<ImportDatabase>((begin) => this.#waiting.push({ weight, begin })))
    try {
      this.#signal?.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure.error
      return await work(database)
    } catch (error) {
      this.#failure ??= { error }
      throw error
    } finally {
      const next = this.#heaviest()
      if (next === undefined) this.#idle.push(database)
      else next(database)
    }
  }

  /** Of those of one weight, who came first. */
  #heaviest(): ((database: ImportDatabase) => void) | undefined {
    const most = Math.max(...this.#waiting.map(({ weight }) => weight))
    const at = this.#waiting.findIndex(({ weight }) => weight === most)
    return at === -1 ? undefined : this.#waiting.splice(at, 1)[0]?.begin
  }
}
