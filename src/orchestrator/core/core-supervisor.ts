import { systemClock } from '#platform/clock.ts'
import { pause } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { ComponentBoard } from '../component-board.ts'
import type { Core, CoreFailure } from './core.ts'

const CHECK_EVERY_MS = 1_000
const RESTARTS_MAX = 5
const BACKOFF_MS = 500
const BACKOFF_MAX_MS = 10_000
const STABLE_AFTER_MS = 60_000

export interface CoreSupervisorOptions {
  /** Starts the two threads; they read the journal and open the market by themselves. */
  readonly launch: () => Core
  /** Goes with a launched core as far as an open market. */
  readonly bringUp: (core: Core) => Promise<void>
  /** The core has failed: whoever works with it lets go of it. */
  readonly letGo: () => Promise<void>
  /** About once a second while the core is well. */
  readonly onCheck: () => void
  readonly board: ComponentBoard
  readonly logger: Logger
  /** The end of all watching. */
  readonly signal: AbortSignal
}

/** Keeps an engine and its exchange running: watches them, and brings them back, a little later each time, when one fails. */
export class CoreSupervisor {
  readonly #options: CoreSupervisorOptions
  #core: Core
  #watching: Promise<void> = Promise.resolve()

  /** Its threads begin at once: everything else may be made ready beside them. */
  constructor(options: CoreSupervisorOptions) {
    this.#options = options
    this.#core = options.launch()
  }

  get core(): Core {
    return this.#core
  }

  /** Throws what the first start throws; watches from then on. */
  async start(): Promise<void> {
    await this.#options.bringUp(this.#core)
    this.#watching = this.#watch()
  }

  /** After the signal was aborted. */
  async stop(): Promise<void> {
    await this.#watching
    await this.#core.stop()
  }

  async #watch(): Promise<void> {
    const { board, logger, signal, launch, bringUp, letGo } = this.#options
    for (let restarts = 0; !signal.aborted; restarts += 1) {
      const openedAt = systemClock.elapsed()
      const failure = await this.#failureOf(this.#core)
      if (failure === undefined) return
      if (systemClock.elapsed() - openedAt > STABLE_AFTER_MS) restarts = 0
      const { part, reason } = failure
      logger.error({ part, code: reason.code, restarts }, reason.message)
      await letGo()
      await this.#core.stop()
      if (restarts >= RESTARTS_MAX || !reason.retryable) {
        board.see(part, 'down', `${reason.message} It is not started again by itself.`)
        return
      }
      board.see(part, 'down', reason.message)
      await pause(Math.min(BACKOFF_MS * 2 ** restarts, BACKOFF_MAX_MS), signal)
      if (signal.aborted) return
      board.restarted(part)
      this.#core = launch()
      await bringUp(this.#core).catch((error: unknown) => logger.error({ error: String(error) }, 'The engine could not be started again'))
    }
  }

  /** Checks for signs of life until a part fails, or the stop. One listener on the failure, however long it lasts. */
  async #failureOf(core: Core): Promise<CoreFailure | undefined> {
    const { signal, onCheck } = this.#options
    const wake = new AbortController()
    let failure: CoreFailure | undefined
    void core.failed.then((failed) => {
      failure = failed
      wake.abort()
    })
    const either = AbortSignal.any([signal, wake.signal])
    while (!signal.aborted && failure === undefined) {
      await core.check()
      await pause(CHECK_EVERY_MS, either)
      if (!either.aborted) onCheck()
    }
    return signal.aborted ? undefined : failure
  }
}
