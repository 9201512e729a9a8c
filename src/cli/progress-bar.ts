const WIDTH = 30
/** What is done sooner needs no bar. */
const QUIET_MS = 1_000
const REDRAW_MS = 200

type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }

/** A bar on a terminal for what takes long; nothing anywhere else. */
export class ProgressBar {
  readonly #screen: Screen
  readonly #elapsed: () => number
  readonly #began: number
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(screen: Screen, elapsed: () => number) {
    this.#screen = screen
    this.#elapsed = elapsed
    this.#began = elapsed()
  }

  show(done: number, total: number): void {
    const now = this.#elapsed()
    if (this.#screen.isTTY !== true || now - this.#began < QUIET_MS || now - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = now
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const full = Math.round(share * WIDTH)
    this.#screen.write(`\r[${'='.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(share * 100)} %  ${done} of ${total} facts`)
  }

  /** Takes the bar away, if there was one. */
  clear(): void {
    if (this.#drawnAt > Number.NEGATIVE_INFINITY) this.#screen.write(`\r${' '.repeat(WIDTH + 50)}\r`)
  }
}
