import type { MigrationProgress } from '#v2-import/migration/migration-order.ts'

const REDRAW_MS = 500
/** Where nobody watches, a line now and then is enough. */
const LOG_MS = 10_000
const BLANK = 90
const MEGABYTE = 1_000_000
const STEPS: Readonly<Record<MigrationProgress['step'], string>> = {
  backup: 'Backup',
  history: 'History',
  settings: 'Settings',
  models: 'Models',
  strategies: 'Strategies',
  verify: 'Verifying',
}

type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }

/** The step, how fast it goes and the time left, on one line of a terminal or as lines of a log. */
export class ImportProgressLine {
  readonly #screen: Screen
  readonly #elapsed: () => number
  #shownAt: number

  constructor(screen: Screen, elapsed: () => number) {
    this.#screen = screen
    this.#elapsed = elapsed
    this.#shownAt = elapsed()
  }

  show(progress: MigrationProgress): void {
    const now = this.#elapsed()
    const isTerminal = this.#screen.isTTY === true
    if (now - this.#shownAt < (isTerminal ? REDRAW_MS : LOG_MS)) return
    this.#shownAt = now
    const text = progressText(progress)
    this.#screen.write(isTerminal ? `\r${text.padEnd(BLANK)}` : `${text}\n`)
  }

  clear(): void {
    if (this.#screen.isTTY === true) this.#screen.write(`\r${' '.repeat(BLANK)}\r`)
  }
}

export function progressText({ step, done, total, unit, perSecond, remainingMs }: MigrationProgress): string {
  const amount = (value: number): string => (unit === 'bytes' ? (value / MEGABYTE).toFixed(1) : String(Math.round(value)))
  const of = total === undefined ? '' : ` of ${amount(total)}`
  const left = remainingMs === undefined ? '' : `, ${Math.ceil(remainingMs / 1_000)} s left`
  const word = unit === 'bytes' ? 'MB' : unit
  return `${STEPS[step]}: ${amount(done)}${of} ${word}, ${amount(perSecond)} ${word}/s${left}`
}
