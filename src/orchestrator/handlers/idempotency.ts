import { createHash } from 'node:crypto'
import type { Clock } from '#platform/clock.ts'
import { problem } from './problems.ts'

export const IDEMPOTENCY_KEYS_MAX = 10_000
export const IDEMPOTENCY_KEY_AGE_MAX_MS = 24 * 3_600_000
/** Leaves room in a signal id for what is put around it. */
const KEY = /^[\w:./@-]{1,100}$/

interface Kept {
  readonly hash: string
  readonly answer: Promise<unknown>
  readonly at: number
}

/** Answers of writes by their `Idempotency-Key`: the same request again gets the same answer and does nothing. */
export class IdempotencyCache {
  readonly #clock: Clock
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs `act` once per key. A failure is not kept: trying again is allowed, and ids made from the key keep the engine
   * from acting twice. Throws `IDEMPOTENCY_KEY_REUSED` when the key came with another request.
   */
  async once<T>(key: string, request: readonly unknown[], act: () => Promise<T>): Promise<T> {
    if (!KEY.test(key))
      throw problem('IDEMPOTENCY_KEY_INVALID', 'an Idempotency-Key is 1 to 100 of letters, digits and _ : . / @ -; nothing was done')
    this.#dropOld()
    const hash = createHash('sha256').update(canonical(request)).digest('base64')
    const kept = this.#kept.get(key)
    if (kept !== undefined) {
      if (kept.hash !== hash) {
        throw problem(
          'IDEMPOTENCY_KEY_REUSED',
          'this Idempotency-Key came with another request before; nothing was done. Use a new key for a new request',
        )
      }
      return (await kept.answer) as T
    }
    const answer = act()
    this.#kept.set(key, { hash, answer, at: this.#clock.elapsed() })
    try {
      return await answer
    } catch (error) {
      if (this.#kept.get(key)?.answer === answer) this.#kept.delete(key)
      throw error
    }
  }

  get size(): number {
    return this.#kept.size
  }

  #dropOld(): void {
    const oldest = this.#clock.elapsed() - IDEMPOTENCY_KEY_AGE_MAX_MS
    for (const [key, { at }] of this.#kept) {
      if (at > oldest && this.#kept.size < IDEMPOTENCY_KEYS_MAX) return
      this.#kept.delete(key)
    }
  }
}

/** JSON with keys in order, so that two spellings of one request are the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
