import { setTimeout as sleep } from 'node:timers/promises'
import { LoopbackVenue } from '../loopback-venue/loopback-venue.ts'
import type { VenueTruth } from '../loopback-venue/venue-records.ts'
import { DataFolder } from '../replay/data-folder.ts'
import { PostgresTables, waitUntilDrained } from '../replay/postgres-tables.ts'
import { seeded } from '../replay/seeded.ts'
import { compareWithPostgres, compareWithVenue, type Comparison } from './compare-truth.ts'
import { readJournalAccount, type JournalAccount } from './journal-account.ts'
import { LiveWorkstation, liveConfig, type LiveWorkstationOptions } from './live-workstation.ts'
import { OrderScript } from './order-script.ts'

const SETTLE_DEADLINE_MS = 60_000
const DRAIN_DEADLINE_MS = 60_000
const DEATH_DEADLINE_MS = 60_000
const QUIET_MS = 500

export interface Outcome extends Comparison {
  readonly postgres: readonly string[]
}

/** One venue, one data directory, many lives: whatever happens to the program, both must tell one story in the end. */
export class CrashRun implements AsyncDisposable {
  readonly venue: LoopbackVenue
  readonly folder: DataFolder
  readonly script: OrderScript
  readonly random: () => number
  lives = 0

  private constructor(venue: LoopbackVenue, folder: DataFolder, seed: number) {
    this.venue = venue
    this.folder = folder
    this.random = seeded(seed)
    this.script = new OrderScript(venue, this.random)
  }

  static async make(seed: number): Promise<CrashRun> {
    const venue = await LoopbackVenue.start({ seed, startBalance: '1000000' })
    return new CrashRun(venue, await DataFolder.make(liveConfig(venue)), seed)
  }

  live(options: LiveWorkstationOptions = {}): LiveWorkstation {
    this.lives += 1
    return new LiveWorkstation(this.folder, options)
  }

  truth(): Promise<VenueTruth> {
    return this.venue.truth()
  }

  journal(): JournalAccount {
    return readJournalAccount(this.folder.journal)
  }

  /** The program was to end itself. */
  async death(workstation: LiveWorkstation, point: string): Promise<void> {
    const late = sleep(DEATH_DEADLINE_MS, 'late', { ref: false })
    const how = await Promise.race([workstation.exited, late])
    if (how !== 'SIGKILL') throw new Error(`${point} was not reached (${how}): ${workstation.stderr}`)
  }

  /** A life that goes on until nothing is open any more between the program and the venue; then both are compared. */
  async settle(withPostgres: boolean): Promise<Outcome> {
    await using workstation = this.live({ noPostgres: !withPostgres })
    await workstation.ready()
    const unsettled = await this.#untilSettled(workstation)
    // Nothing may fill between the two looks.
    await this.venue.pause(true)
    await sleep(QUIET_MS)
    const [journal, truth] = [this.journal(), await this.truth()]
    const compared = compareWithVenue(journal, truth)
    const postgres = withPostgres ? await this.#comparePostgres(journal, workstation) : []
    await this.venue.pause(false)
    const how = await workstation.stop()
    if (how !== 'code 0') throw new Error(`the workstation left with ${how}: ${workstation.stderr}`)
    return { ...compared, problems: [...unsettled, ...compared.problems], postgres }
  }

  /** What is still open when the time is over; the comparison says what came of it. */
  async #untilSettled(workstation: LiveWorkstation): Promise<readonly string[]> {
    const open = async () =>
      (await workstation.workingOrders()).filter(({ status }) => status !== 'ACCEPTED' && status !== 'PARTIALLY_FILLED')
    try {
      await workstation.until('an end of every open question', SETTLE_DEADLINE_MS, async () => (await open()).length === 0)
      return []
    } catch (error) {
      if (workstation.hasExited) throw error
      return (await open()).map(({ id, status }) => `the fate of ${id} stays open: ${status}`)
    }
  }

  async #comparePostgres(journal: JournalAccount, workstation: LiveWorkstation): Promise<readonly string[]> {
    await waitUntilDrained({
      address: () => this.folder.serverAddress(),
      head: () => this.journal().head,
      lost: async () => {
        const { replica } = await workstation.status()
        return replica.state === 'failed' ? (replica.reason ?? 'it does not say why') : undefined
      },
      deadlineMs: DRAIN_DEADLINE_MS,
    })
    await using tables = await PostgresTables.open(await this.folder.serverAddress())
    return await compareWithPostgres(journal, tables)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]()
    await this.venue[Symbol.asyncDispose]()
  }
}
