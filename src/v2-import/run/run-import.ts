import { randomBytes } from 'node:crypto'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { buildIndexes } from '../load/build-indexes.ts'
import { recordedKeyColumns, sourceKeyColumns } from '../load/key-columns.ts'
import { countRows, type RunCounts, standingCounts } from '../load/count-rows.ts'
import { type FileSeal, fingerprintOf, sealFiles } from '../load/fingerprint.ts'
import { isLive, LIVE_ANALYSES, moveToLive } from '../load/move-to-live.ts'
import { RESET_AUTOVACUUM } from '../load/partitions.ts'
import { hasEarlierRows, settleStaging } from '../load/settle-staging.ts'
import { stageTables } from '../load/stage-tables.ts'
import { dropStaging, findInterrupted, Staging, stagingSchema, stagingSchemas } from '../load/staging.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportSource } from '../sources/import-source.ts'
import { readingSchemas, SecondReading } from '../verify/second-reading.ts'
import { verifyRun } from '../verify/verify-run.ts'
import { ImportDatabase } from './import-database.ts'
import type { Check, ImportReport, Verification } from './import-report.ts'
import { MemoryWatch } from './memory-watch.ts'

export const DEFAULT_SYSTEM = 'v2'

export interface ImportProgress {
  readonly phase: 'read' | 'move' | 'verify'
  readonly rows: number
  /** Rows of this phase; undefined where the source does not say. */
  readonly total: number | undefined
  readonly rowsPerSecond: number
}

export interface ImportOrder {
  /** A database with all migrations applied. */
  readonly connection: PgConnection
  /** Closed by whoever opened it. */
  readonly source: ImportSource
  readonly plan: ImportPlan
  /** Names the installation: its rows have the same keys from whichever source they come. */
  readonly system?: string | undefined
  readonly isDryRun?: boolean | undefined
  /** The id a migration has for all its steps; one is made where none is given. */
  readonly runId?: string | undefined
  readonly clock: Clock
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Imports a source and verifies it. All rows come in one transaction or none; after a crash anywhere the next call with the same
 * source goes on. Throws `AppError`: then the imported history is as it was, unless the message says that only the checks failed to run.
 */
export async function runImport(order: ImportOrder): Promise<ImportReport> {
  await using cleanup = new AsyncDisposableStack()
  const database = await ImportDatabase.open(order.connection, order.signal)
  cleanup.defer(() => database.close())
  const second = await ImportDatabase.open(order.connection, order.signal)
  cleanup.defer(() => second.close())
  const reader = await ImportDatabase.open(order.connection, order.signal)
  cleanup.defer(() => reader.close())
  await database.lock()
  const memory = new MemoryWatch()
  cleanup.defer(() => memory.stop())
  refuseDamaged(order.source)
  const run = new ImportRun(order, { databases: [database, second], reader }, memory)
  try {
    return await run.run()
  } catch (error) {
    throw run.explained(error)
  } finally {
    await database.tidy(RESET_AUTOVACUUM)
  }
}

function refuseDamaged({ damage }: ImportSource): void {
  if (damage !== undefined) throw damage
}

interface Connections {
  readonly databases: readonly [ImportDatabase, ImportDatabase]
  readonly reader: ImportDatabase
}

class ImportRun {
  readonly #order: ImportOrder
  readonly #databases: readonly [ImportDatabase, ImportDatabase]
  /** For the second reading of the source. */
  readonly #reader: ImportDatabase
  readonly #memory: MemoryWatch
  readonly #system: string
  readonly #began: number
  #rows = 0
  /** Of the run whose rows stand already: what fails now is only the check of them. */
  #liveRunId: string | undefined

  constructor(order: ImportOrder, { databases, reader }: Connections, memory: MemoryWatch) {
    this.#order = order
    this.#databases = databases
    this.#reader = reader
    this.#memory = memory
    this.#system = order.system ?? DEFAULT_SYSTEM
    this.#began = order.clock.elapsed()
  }

  async run(): Promise<ImportReport> {
    const { source, plan, isDryRun = false } = this.#order
    const [database] = this.#databases
    const seals = await sealFiles(source.identity)
    const { staging, startedMs, isResumed } = await this.#begin(seals)
    const isStanding = isResumed && (await isLive(database, staging.runId))
    if (!isStanding) await this.#stage(staging)
    const { counts, verification } = isDryRun
      ? { counts: await this.#settle(staging, seals), verification: DRY_RUN }
      : await this.#moveAndVerify(staging, { startedMs, seals, isStanding })
    await dropStaging(database, staging.schema)
    const durationMs = this.#order.clock.elapsed() - this.#began
    return {
      ...verification,
      ...counts,
      runId: staging.runId,
      dryRun: isDryRun,
      isResumed,
      source: { kind: source.identity.kind, description: source.identity.description, location: source.identity.location },
      decisions: plan.decisions,
      findings: source.findings(),
      settings: undefined,
      models: undefined,
      durationMs,
      rowsPerSecond: (counts.tables.reduce((sum, each) => sum + each.source, 0) / durationMs) * 1_000,
      rssMaxBytes: this.#memory.maxBytes(),
    }
  }

  /** Goes on with an interrupted run of the same source; what other interrupted runs left is taken away. */
  async #begin(seals: readonly FileSeal[]): Promise<{ staging: Staging; startedMs: number; isResumed: boolean }> {
    const { source, plan, clock } = this.#order
    const [database] = this.#databases
    const fingerprint = fingerprintOf(source.identity, seals, plan, this.#system)
    const found = fingerprint === undefined ? undefined : await findInterrupted(database, fingerprint)
    const wanted = this.#order.runId
    const interrupted = wanted === undefined || found?.runId === wanted ? found : undefined
    const runId = interrupted?.runId ?? wanted ?? makeRunId(clock.now())
    const others = (await stagingSchemas(database)).filter((schema) => schema !== stagingSchema(runId))
    for (const schema of [...others, ...(await readingSchemas(database))]) await dropStaging(database, schema)
    await database.tidy(RESET_AUTOVACUUM)
    const staging = new Staging(database, runId, this.#system)
    if (interrupted !== undefined) return { staging, startedMs: interrupted.startedMs, isResumed: true }
    const startedMs = clock.now()
    await database.transaction(() => staging.make(fingerprint ?? runId, startedMs))
    return { staging, startedMs, isResumed: false }
  }

  async #stage(staging: Staging): Promise<void> {
    const { source, plan, signal } = this.#order
    const [database] = this.#databases
    if ((await staging.loaded()) !== undefined) return
    const isFirst = !(await hasEarlierRows(database, this.#system))
    await stageTables({ source, plan, staging, databases: this.#databases, isFirst, onRows: this.#counter('read'), signal })
  }

  async #settle(staging: Staging, seals: readonly FileSeal[]): Promise<RunCounts> {
    await this.#mustBeSame(seals)
    const [database] = this.#databases
    await settleStaging(database, staging, this.#system)
    return countRows(database, staging)
  }

  /** The source is read again while its rows come to where everybody sees them. */
  async #moveAndVerify(
    staging: Staging,
    { startedMs, seals, isStanding }: Omit<Moving, 'counts'> & { readonly isStanding: boolean },
  ): Promise<{ readonly counts: RunCounts; readonly verification: Verification }> {
    const { source, plan, signal } = this.#order
    const { runId } = staging
    const [database] = this.#databases
    if (isStanding) this.#stands(runId)
    const keyColumns = isStanding ? await recordedKeyColumns(database, runId) : sourceKeyColumns(source)
    // While rows are indexed nothing tells how far that is; the reading beside it takes about as long.
    const progress = heldBack(this.#counter('move'))
    await using reading = await SecondReading.begin({ reader: this.#reader, runId, source, keyColumns, onRows: progress.add, signal })
    const counts = isStanding ? await standingCounts(database, runId) : await this.#settle(staging, seals)
    if (!isStanding) {
      progress.release()
      await this.#move(staging, reading, { startedMs, seals, counts })
    }
    this.#stands(runId)
    const verification = await verifyRun({
      databases: this.#databases,
      run: { runId, system: this.#system },
      source,
      reading,
      seals,
      plan,
      counts: counts.tables,
      naiveTimes: naiveTimes(counts),
      preparations: isStanding ? [] : LIVE_ANALYSES,
      onRows: this.#counter('verify'),
      signal,
    })
    return { counts, verification }
  }

  /** Not before the source could be read twice: where a check could not even begin, nothing is to come. */
  async #move(staging: Staging, reading: SecondReading, { startedMs, seals, counts }: Moving): Promise<void> {
    const { source, plan, signal } = this.#order
    await buildIndexes(this.#databases, staging, signal)
    await reading.counts()
    const { tables, notes, linkedOrders } = counts
    const run = { system: this.#system, startedMs, identity: source.identity, seals, plan, counts: { tables, notes, linkedOrders } }
    await moveToLive(this.#databases[0], staging, run)
  }

  #stands(runId: string): void {
    this.#liveRunId = runId
    for (const database of [...this.#databases, this.#reader]) database.consequence = standing(runId)
  }

  /** What a person is told of a failure: after the rows came, only the check of them has failed. */
  explained(error: unknown): unknown {
    const runId = this.#liveRunId
    const { signal } = this.#order
    if (runId === undefined) return error
    const isApp = error instanceof AppError
    if (signal?.aborted === true) {
      const message = `The import was called off while its rows were checked. ${standing(runId)}`
      return new AppError(isApp ? error.code : 'DEADLINE_EXCEEDED', message, { cause: error })
    }
    if (!isApp || error.message.endsWith(standing(runId))) return error
    return new AppError(error.code, `${error.message} ${standing(runId)}`, { cause: error })
  }

  /** The rows were read after the files were sealed: what changed meanwhile would be half old and half new. */
  async #mustBeSame(seals: readonly FileSeal[]): Promise<void> {
    const now = await sealFiles(this.#order.source.identity)
    const changed = seals.find((seal, index) => now[index]?.sha256 !== seal.sha256)
    if (changed === undefined) return
    const message = `${changed.path} changed while it was read. The imported history is as it was. Run it again when nobody writes to the file.`
    throw new AppError('CONFLICT', message)
  }

  #counter(phase: ImportProgress['phase']): (rows: number) => void {
    const { source, clock, onProgress } = this.#order
    const counts = source.tables().map((table) => table.rowCount)
    const total = counts.includes(undefined) ? this.#rows || undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    const began = clock.elapsed()
    let done = 0
    return (rows) => {
      done += rows
      if (phase === 'read') this.#rows = done
      const seconds = (clock.elapsed() - began) / 1_000
      onProgress?.({ phase, rows: done, total, rowsPerSecond: seconds > 0 ? done / seconds : 0 })
    }
  }
}

interface Moving {
  readonly startedMs: number
  readonly seals: readonly FileSeal[]
  readonly counts: RunCounts
}

/** Rows are told of from the release on, those before it at once. */
function heldBack(tell: (rows: number) => void): { readonly add: (rows: number) => void; readonly release: () => void } {
  let [held, isReleased] = [0, false]
  const add = (rows: number): void => {
    held += rows
    if (!isReleased) return
    tell(held)
    held = 0
  }
  const release = (): void => {
    isReleased = true
    add(0)
  }
  return { add, release }
}

function standing(runId: string): string {
  return `All rows of run ${runId} are imported; only their check was not finished. Run the same again, or: import --verify ${runId}.`
}

export function naiveTimes({ notes }: Pick<RunCounts, 'notes'>): number {
  return notes.reduce((sum, note) => sum + (note.rule === 'naive-time' ? note.count : 0), 0)
}

const DRY_RUN_CHECKS = ['N1 every row accounted for', 'N2 every row once', 'N3 row hashes equal', 'N4 sums', 'N5 columns', 'N6 words']
  .concat(['N7 references', 'N8 times', 'N9 round trip', 'N10 settings and models', 'N11 source untouched'])
  .map((name): Check => ({ name, status: 'not_run', detail: 'a dry run leaves nothing to be verified' }))
const DRY_RUN: Verification = { checks: DRY_RUN_CHECKS, differences: [] }

const RANDOM_BYTES = 3

/** Sorts by time, and is a name that needs no quotes. */
export function makeRunId(nowMs: number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T')
  return `${date}t${time}_${randomBytes(RANDOM_BYTES).toString('hex')}`
}
