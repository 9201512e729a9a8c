import type { ImportProgressView } from '#contract/import.ts'

const EVERY_MS = 200

/** Passes on the first news of each step and then at most five a second; `flush` gives what was held back. */
export class ProgressThrottle {
  readonly #send: (progress: ImportProgressView) => void
  readonly #elapsed: () => number
  #sentAt = 0
  #step: string | undefined
  #held: ImportProgressView | undefined

  constructor(send: (progress: ImportProgressView) => void, elapsed: () => number = () => performance.now()) {
    this.#send = send
    this.#elapsed = elapsed
  }

  take(progress: ImportProgressView): void {
    if (progress.step === this.#step && this.#elapsed() - this.#sentAt < EVERY_MS) {
      this.#held = progress
      return
    }
    this.#pass(progress)
  }

  flush(): void {
    if (this.#held !== undefined) this.#pass(this.#held)
  }

  #pass(progress: ImportProgressView): void {
    this.#held = undefined
    this.#step = progress.step
    this.#sentAt = this.#elapsed()
    this.#send(progress)
  }
}
