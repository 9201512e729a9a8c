import type { ImportProgress } from '#v2-import/run/run-import.ts'

const REDRAW_MS = 500
/** Where nobody watches, a line now and then is enough. */
const LOG_MS = 10_000
const BLANK = 90
const PHASES = { read: 'Reading', move: 'Writing', verify: 'Verifying' } as const

type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }

/** Rows, rows per second and the time left, on one line of a terminal or as lines of a log. */
export class ImportProgressLine {
  readonly #screen: Screen
  readonly #elapsed: () => number
  #shownAt: number

  constructor(screen: Screen, elapsed: () => number) {
    this.#screen = screen
    this.#elapsed = elapsed
    this.#shownAt = elapsed()
  }

  show({ phase, rows, total, rowsPerSecond }: ImportProgress): void {
    const now = this.#elapsed()
    const isTerminal = this.#screen.isTTY === true
    if (now - this.#shownAt < (isTerminal ? REDRAW_MS : LOG_MS)) return
    this.#shownAt = now
    const of = total === undefined ? '' : ` of ${total}`
    const left = total === undefined || rowsPerSecond === 0 ? '' : `, ${Math.ceil(Math.max(0, total - rows) / rowsPerSecond)} s left`
    const text = `${PHASES[phase]}: ${rows}${of} rows, ${Math.round(rowsPerSecond)} rows/s${left}`
    this.#screen.write(isTerminal ? `\r${text.padEnd(BLANK)}` : `${text}\n`)
  }

  clear(): void {
    if (this.#screen.isTTY === true) this.#screen.write(`\r${' '.repeat(BLANK)}\r`)
  }
}
