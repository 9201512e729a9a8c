import type { Clock } from '#platform/clock.ts'

/** A key that is refused is tried again after this, milliseconds: a person has to act first. */
const DENIED_RETRY_MS = 30_000
const RETRY_MAX_MS = 5_000
const GROWTH = 1.5

/** Whether the venue answers, by its last answers: nothing is called connected without one. */
export class VenueHealth {
  readonly #clock: Clock
  readonly #silenceMaxMs: number
  #answeredAt: number
  #failures = 0
  #isConnected = true
  #denied: string | undefined
  reason = ''

  constructor(clock: Clock, silenceMaxMs: number) {
    this.#clock = clock
    this.#silenceMaxMs = silenceMaxMs
    this.#answeredAt = clock.elapsed()
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** True when this answer ends a disconnect. */
  answered(): boolean {
    this.#answeredAt = this.#clock.elapsed()
    this.#failures = 0
    this.#denied = undefined
    if (this.#isConnected) return false
    this.#isConnected = true
    return true
  }

  /** True when this failure begins a disconnect. */
  failed(reason: string, isDenied = false): boolean {
    this.#failures += 1
    this.reason = reason
    if (isDenied) this.#denied = reason
    const isSilent = this.#clock.elapsed() - this.#answeredAt >= this.#silenceMaxMs
    if (!this.#isConnected || !(isDenied || isSilent)) return false
    this.#isConnected = false
    return true
  }

  /** How long to wait before the next try; it grows, without end of tries. Milliseconds. */
  waitMs(everyMs: number): number {
    if (this.#denied !== undefined) return DENIED_RETRY_MS
    return this.#failures === 0 ? everyMs : Math.min(RETRY_MAX_MS, everyMs * GROWTH ** Math.min(this.#failures, 20))
  }
}
