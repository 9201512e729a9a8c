import {
  type AnalyseRequest,
  CURRENT_RUN,
  type ImportJobView,
  type ImportLookView,
  type ImportProgressView,
  type ImportRequest,
  type ImportRunDetail,
  type ImportRunsView,
  type SourceIdentityView,
  type SourceRequest,
} from '#contract/import.ts'
import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'
import { PASSPHRASE_VARIABLE } from '#platform/secrets/secret-vault.ts'
import type { ImportAnswers, ImportJob, ImportPlace, ReportWithText } from '#workers/import.messages.ts'
import type { ReachableDatabase } from '../replica/replica-service.ts'
import { findInstallations, mergeFound, usualPlaces } from './found-sources.ts'
import type { ImportControl } from './import-control.ts'
import { startImportJob, type JobListeners, type ThreadedJob } from './import-thread.ts'
import { RunList } from './run-list.ts'
import { withoutPassword, withPassword } from './source-address.ts'

/** Below the deadline of the screens' calls: they get words, not silence. */
const INSPECT_DEADLINE_MS = 12_000
/** How long the answer to a start waits for the run's id, or for its failure. */
const BEGUN_DEADLINE_MS = 8_000
/** A thread that does not end when it is asked to is ended; the rows it had moved are undone by the server. */
const CANCEL_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 3_000
const MS_PER_S = 1_000

export interface ImportServiceOptions {
  readonly directory: DataDirectory
  readonly configPath: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workerUrl: URL
  readonly migrationsDir: string
  /** Where imports go, or why nowhere just now. */
  readonly target: () => ReachableDatabase
  readonly clock: Clock
  readonly logger: Logger
}

type LongJob = Extract<ImportJob, { readonly kind: ImportJobView['kind'] }>

/** What a job is about, before anything has come of it. */
type About = Omit<ImportJobView, 'state' | 'started_at' | 'ended_at' | 'progress' | 'problem'>

interface Running {
  readonly thread: ThreadedJob<LongJob['kind']>
  readonly ended: Promise<void>
}

/** Imports of version 2: one at a time, each in a thread of its own. What was done is read from the records of the runs. */
export class ImportService implements ImportControl {
  readonly #options: ImportServiceOptions
  readonly #runs: RunList
  #current: ImportJobView | undefined
  #failure: AppError | undefined
  #running: Running | undefined
  #inspection: ThreadedJob<'inspect'> | undefined
  #asked: ImportLookView['asked'] = null
  #source: SourceIdentityView | null = null
  #analysis: ImportAnswers['analyse'] | null = null
  /** Of the last verification: newer than the run's own. */
  #latest: ReportWithText | undefined
  /** The last dry run, which leaves nothing on the disk. */
  #trial: (ImportRunDetail & ReportWithText) | undefined
  #isCanceled = false
  /** Rows of sources that were read to their end: a dump itself does not say how many it has. */
  readonly #rowsKnown = new Map<string, number>()
  #found: readonly string[] | undefined

  constructor(options: ImportServiceOptions) {
    this.#options = options
    this.#runs = new RunList(options.directory, () => this.#thread({ kind: 'list', directory: options.directory }))
  }

  async runs(): Promise<ImportRunsView> {
    const items = await this.#recorded()
    this.#found ??= await findInstallations(usualPlaces(this.#options.env))
    const { state, detail } = this.#options.target()
    const used = items.map(({ source }) => source)
    return {
      items: items.map(({ report: _report, rollback: _rollback, ...run }) => run),
      current: this.#current ?? null,
      trial: this.#trial === undefined ? null : { id: this.#trial.id, source: this.#trial.source },
      target: { state, detail },
      found: mergeFound(used, this.#found),
    }
  }

  async get(id: string): Promise<ImportRunDetail> {
    if (this.#trial?.id === id) {
      const { markdown: _markdown, ...trial } = this.#trial
      return trial
    }
    const known = (await this.#recorded()).find((run) => run.id === id)
    if (known === undefined) throw noRun(id)
    return this.#latest?.report.run_id === id ? { ...known, report: this.#latest.report } : known
  }

  async report(id: string): Promise<{ readonly runId: string; readonly markdown: string }> {
    const fresh = [this.#latest, this.#trial].find((one) => one?.report.run_id === id)
    const markdown = fresh?.markdown ?? (await this.#runs.markdown(id))
    if (markdown === undefined) throw noRun(id)
    return { runId: id, markdown }
  }

  async inspect(request: SourceRequest): Promise<SourceIdentityView> {
    // Whoever asks again has changed the question.
    await this.#inspection?.terminate()
    const thread = this.#thread({
      kind: 'inspect',
      source: withPassword(request.source, request.password),
      v2Directory: request.v2_directory,
    })
    this.#inspection = thread
    try {
      const source = await withDeadline(thread.answer, INSPECT_DEADLINE_MS, 'The look at the source')
      if (this.#asked?.source !== withoutPassword(request.source)) this.#analysis = null
      this.#asked = { source: withoutPassword(request.source), v2_directory: request.v2_directory ?? null }
      this.#source = source
      return source
    } finally {
      if (this.#inspection === thread) this.#inspection = undefined
      await thread.terminate()
    }
  }

  look(): ImportLookView {
    return { asked: this.#asked, source: this.#source, analysis: this.#analysis }
  }

  async analyse(request: AnalyseRequest): Promise<ImportJobView> {
    const source = withPassword(request.source, request.password)
    this.#analysis = null
    return this.#begin({ kind: 'analyse', source, timeZone: request.time_zone }, viewOf('analyse', request), (answer) => {
      this.#analysis = answer as ImportAnswers['analyse']
      this.#rowsKnown.set(withoutPassword(request.source), this.#analysis.rows)
    }).view
  }

  async start(request: ImportRequest): Promise<ImportJobView> {
    const place = this.#place()
    const choice = {
      source: withPassword(request.source, request.password),
      v2Directory: request.v2_directory,
      timeZone: request.time_zone,
      steps: request.steps,
      isDryRun: request.dry_run,
      backupDirectory: request.backup_directory,
    }
    const { view, begun } = this.#begin({ kind: 'import', choice, place }, viewOf('import', request), (answer) => {
      const found = answer as ReportWithText
      const id = found.report.run_id
      this.#change({ run_id: id })
      this.#rowsKnown.set(
        view.source,
        found.report.tables.reduce((sum, table) => sum + table.source, 0),
      )
      if (!request.dry_run) return
      const { dry_run, source, v2_directory, time_zone, steps, started_at } = view
      const about = { id, dry_run, source, v2_directory, time_zone, steps, started_at, ended_at: this.#options.clock.now() }
      this.#trial = { ...about, state: 'done', rollback: null, ...found }
    })
    await Promise.race([begun, pause(BEGUN_DEADLINE_MS)])
    const now = this.#current ?? view
    if (now.state === 'failed' && now.run_id === null && this.#failure !== undefined) throw this.#failure
    return now
  }

  async verify(id: string, password: string | undefined): Promise<ImportJobView> {
    const run = await this.get(id)
    const place = this.#place()
    const source = withPassword(run.source, password)
    return this.#begin({ kind: 'verify', runId: id, source, place }, { ...sameRun('verify', run), run_id: id }, (answer) => {
      this.#latest = answer as ReportWithText
    }).view
  }

  async rollback(id: string): Promise<ImportJobView> {
    const run = await this.get(id)
    if (run.state === 'rolled_back') throw new AppError('CONFLICT', `Import ${id} was taken back before. Nothing was changed.`)
    return this.#begin({ kind: 'rollback', runId: id, place: this.#place() }, { ...sameRun('rollback', run), run_id: id }, () => {
      this.#latest = undefined
    }).view
  }

  cancel(id: string): ImportJobView {
    const job = this.#current
    const running = this.#running
    if (job === undefined || running === undefined || (id !== CURRENT_RUN && id !== job.run_id))
      throw new AppError('CONFLICT', `Nothing is under way with the id ${id}. Nothing was changed.`)
    this.#isCanceled = true
    running.thread.cancel()
    void withDeadline(running.ended, CANCEL_DEADLINE_MS, 'The end of the import').catch(() => running.thread.terminate())
    return job
  }

  /** What is under way stops where it can go on from. */
  async stop(): Promise<void> {
    await this.#inspection?.terminate()
    const running = this.#running
    if (running === undefined) return
    running.thread.cancel()
    await withDeadline(running.ended, STOP_DEADLINE_MS, 'The end of the import').catch(() => undefined)
    await running.thread.terminate()
    await running.ended
  }

  #begin(
    job: LongJob,
    about: About,
    onDone: (answer: ImportAnswers[LongJob['kind']]) => void,
  ): { readonly view: ImportJobView; readonly begun: Promise<void> } {
    const before = this.#current
    if (this.#running !== undefined && before !== undefined)
      throw new AppError(
        'CONFLICT',
        `The import is busy (${before.kind} of ${before.source}). Nothing was started. Wait for it, or cancel it first.`,
      )
    const view: ImportJobView = {
      ...about,
      state: 'running',
      started_at: this.#options.clock.now(),
      ended_at: null,
      progress: null,
      problem: null,
    }
    this.#current = view
    this.#failure = undefined
    this.#isCanceled = false
    const begun = Promise.withResolvers<void>()
    const thread = this.#thread(job, {
      onRun: (runId) => {
        this.#change({ run_id: runId })
        begun.resolve()
      },
      onProgress: (progress) => this.#change({ progress: withTotal(progress, this.#rowsKnown.get(view.source)) }),
    })
    const ended = this.#follow(thread, onDone).finally(begun.resolve)
    this.#running = { thread, ended }
    return { view, begun: begun.promise }
  }

  async #follow(thread: ThreadedJob<LongJob['kind']>, onDone: (answer: ImportAnswers[LongJob['kind']]) => void): Promise<void> {
    const { logger, clock } = this.#options
    try {
      onDone(await thread.answer)
      this.#change({ state: 'done' })
    } catch (error) {
      const failure =
        error instanceof AppError
          ? error
          : new AppError('WORKER_CRASHED', 'The import ended by a fault inside; see the log.', { cause: error })
      this.#failure = failure
      logger.warn({ err: failure, code: failure.code }, 'An import did not come to its end')
      this.#change({ state: this.#isCanceled ? 'canceled' : 'failed', problem: { code: failure.code, message: failure.message } })
    } finally {
      this.#running = undefined
      this.#runs.forget()
      this.#change({ ended_at: clock.now() })
      await thread.terminate()
    }
  }

  #change(change: Partial<ImportJobView>): void {
    if (this.#current !== undefined) this.#current = { ...this.#current, ...change }
  }

  #thread<J extends ImportJob>(job: J, listeners: JobListeners = {}): ThreadedJob<J['kind']> {
    return startImportJob(this.#options.workerUrl, job, this.#options.logger, listeners)
  }

  #place(): ImportPlace {
    const { directory, configPath, env, migrationsDir, target } = this.#options
    const to = target()
    if (to.state !== 'ready')
      throw new AppError(
        'POSTGRES_UNREACHABLE',
        `The database of this workstation is not there (${to.detail}). Nothing was done. Try again when it runs.`,
      )
    return {
      connection: to.connection,
      directory,
      configPath,
      env: { [PASSPHRASE_VARIABLE]: env[PASSPHRASE_VARIABLE] },
      migrationsDirectory: migrationsDir,
    }
  }

  /** A run whose record has no end is interrupted, unless it is the one under way here. */
  async #recorded(): Promise<readonly ImportRunDetail[]> {
    const items = await this.#runs.items()
    return items.map((run) => (run.state === 'interrupted' && this.#isUnderWay(run.id) ? { ...run, state: 'running' } : run))
  }

  #isUnderWay(id: string): boolean {
    return this.#running !== undefined && this.#current?.run_id === id
  }
}

function viewOf(kind: ImportJobView['kind'], request: AnalyseRequest & Partial<ImportRequest>): About {
  return {
    kind,
    run_id: null,
    dry_run: request.dry_run ?? false,
    source: withoutPassword(request.source),
    v2_directory: request.v2_directory ?? null,
    time_zone: request.time_zone,
    steps: request.steps ?? [],
  }
}

function sameRun(kind: ImportJobView['kind'], { source, v2_directory, time_zone, steps }: ImportRunDetail): Omit<About, 'run_id'> {
  return { kind, dry_run: false, source, v2_directory, time_zone, steps }
}

/** Rows that are still to come, from an earlier reading of the same source where the source does not say. */
function withTotal(progress: ImportProgressView, known: number | undefined): ImportProgressView {
  const { unit, total, done, per_second: perSecond } = progress
  if (unit !== 'rows' || total !== null || known === undefined || done > known) return progress
  return { ...progress, total: known, remaining_ms: perSecond === 0 ? null : ((known - done) / perSecond) * MS_PER_S }
}

function noRun(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no import with the id ${id}. Nothing was done; GET /import/runs lists them.`)
}
