import type { Clock } from '#platform/clock.ts'

export interface AnswerWindowOptions {
  readonly clock: Clock
  /** Unanswered steps allowed at once. */
  readonly size: number
  /** Age after which an unanswered step no longer counts while nobody has ever answered one, milliseconds; undefined: it always counts. */
  readonly forgetAfterMs?: number | undefined
  /** Called while nobody answers, with the age of the oldest unanswered step. */
  readonly onStalled: (step: number, ageMs: number) => void
}

/** How long one wait lasts before the stall is reported, milliseconds. */
export const STALL_REPORT_MS = 10_000

/** Bounds the steps that are on their way and not answered. */
export class AnswerWindow {
  readonly #options: AnswerWindowOptions
  /** Step → monotonic time at which it was sent; the oldest comes first. */
  readonly #unanswered = new Map<number, number>()
  #hasAnswers = false
  #wake: (() => void) | undefined

  constructor(options: AnswerWindowOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#unanswered.size
  }

  sent(step: number): void {
    this.#unanswered.set(step, this.#options.clock.elapsed())
  }

  /** This one, and all that were sent before it. */
  answered(step: number): void {
    this.#hasAnswers = true
    for (const each of this.#unanswered.keys()) {
      if (each > step) break
      this.#unanswered.delete(each)
    }
    this.#wake?.()
  }

  /** Waits until fewer than `size` steps are unanswered, or until `signal` is aborted. */
  async room(signal: AbortSignal): Promise<void> {
    const { size, forgetAfterMs, clock, onStalled } = this.#options
    while (!signal.aborted) {
      this.#forget()
      if (this.#unanswered.size < size) return
      await this.#change(forgetAfterMs ?? STALL_REPORT_MS, signal)
      const oldest = this.#unanswered.entries().next()
      if (oldest.done || this.#unanswered.size < size) continue
      const [step, sentAt] = oldest.value
      if (clock.elapsed() - sentAt >= STALL_REPORT_MS) onStalled(step, clock.elapsed() - sentAt)
    }
  }

  #forget(): void {
    const { forgetAfterMs, clock } = this.#options
    if (forgetAfterMs === undefined || this.#hasAnswers) return
    for (const [step, sentAt] of this.#unanswered) if (clock.elapsed() - sentAt >= forgetAfterMs) this.#unanswered.delete(step)
  }

  /** Until an answer comes, at most `timeoutMs`. */
  #change(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const over = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      this.#wake = undefined
      resolve()
    }
    const timer = setTimeout(over, timeoutMs)
    this.#wake = over
    signal.addEventListener('abort', over)
    return promise
  }
}
