const EVERY_MS = 200

/** One line that is written over, on a terminal only. */
export class ProgressLine {
  #shownAt = 0

  show(text: string): void {
    if (!process.stderr.isTTY || performance.now() - this.#shownAt < EVERY_MS) return
    this.#shownAt = performance.now()
    process.stderr.write(`\r${text}\u001b[K`)
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  }
}
