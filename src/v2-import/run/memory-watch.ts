const SAMPLE_MS = 100

/** The highest resident memory of this process while it is watched. */
export class MemoryWatch {
  readonly #timer: NodeJS.Timeout
  #maxBytes = process.memoryUsage.rss()

  constructor() {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
    this.#timer.unref()
  }

  maxBytes(): number {
    this.#sample()
    return this.#maxBytes
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    this.#maxBytes = Math.max(this.#maxBytes, process.memoryUsage.rss())
  }
}
