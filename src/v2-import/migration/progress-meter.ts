import type { MigrationProgress } from './migration-order.ts'

/** Tells what is done of one step, how fast, and how long the rest takes at that speed. */
export class ProgressMeter {
  readonly #about: Pick<MigrationProgress, 'step' | 'unit' | 'total'>
  readonly #elapsed: () => number
  readonly #onProgress: ((progress: MigrationProgress) => void) | undefined
  readonly #began: number
  #done = 0

  constructor(
    about: Pick<MigrationProgress, 'step' | 'unit' | 'total'>,
    elapsed: () => number,
    onProgress: ((progress: MigrationProgress) => void) | undefined,
  ) {
    this.#about = about
    this.#elapsed = elapsed
    this.#onProgress = onProgress
    this.#began = elapsed()
    this.reach(0)
  }

  add(more: number): void {
    this.reach(this.#done + more)
  }

  reach(done: number): void {
    this.#done = done
    const { total } = this.#about
    const ms = this.#elapsed() - this.#began
    const perSecond = ms > 0 ? (done / ms) * 1_000 : 0
    const remainingMs = total === undefined || perSecond === 0 ? undefined : (Math.max(0, total - done) / perSecond) * 1_000
    this.#onProgress?.({ ...this.#about, done, perSecond, remainingMs })
  }
}
