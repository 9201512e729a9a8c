/** Lets one waiter sleep until it is rung, a time has passed, or all is over. A ring while nobody waits is kept. */
export class WakeUp {
  #rung = false
  #ended = false
  #wake: ((kind: 'ring' | 'end') => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.('ring')
  }

  /** Wakes even a waiter that ignores rings. */
  interrupt(): void {
    this.#rung = true
    this.#wake?.('end')
  }

  /** From now on nobody sleeps any more. */
  end(): void {
    this.#ended = true
    this.#wake?.('end')
  }

  /** With `ignoreRing` only the time or the end wakes: a back-off is not cut short by news. */
  wait(timeoutMs: number, options?: { readonly ignoreRing: boolean }): Promise<void> {
    const ignoreRing = options?.ignoreRing ?? false
    if (this.#ended || (this.#rung && !ignoreRing)) {
      this.#rung = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = undefined
        this.#rung = false
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#wake = (kind) => {
        if (kind === 'end' || !ignoreRing) done()
      }
    })
  }
}
