import { mkdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { readIfThere, syncDirectory, writeDurably } from '#platform/durable-file.ts'

const RUN_ID = /^[\w-]{1,64}$/
const RUN_FILE = 'run.json'

const changedFile = z.strictObject({
  name: z.enum(['config.yaml', 'v2-settings.json']),
  /** Where it is, when not in the data directory. */
  path: z.string().optional(),
  /** SHA-256 before and after; null: there was no such file. */
  before: z.string().nullable(),
  after: z.string(),
  mode: z.number().int(),
})
export type ChangedFile = z.infer<typeof changedFile>

const runRecord = z.strictObject({
  version: z.literal(1),
  run_id: z.string(),
  state: z.enum(['applying', 'applied', 'rolling_back', 'rolled_back']),
  files: z.array(changedFile),
  /** Names that were not in the vault before. */
  secrets: z.array(z.string()),
})
export type RunRecord = z.infer<typeof runRecord>

/** What one run did to the settings, written before each step is done: so a rerun goes on, and a rollback knows what to undo. */
export class SettingsRun {
  readonly folder: string
  record: RunRecord

  private constructor(folder: string, record: RunRecord) {
    this.folder = folder
    this.record = record
  }

  /** The run as it was left; undefined when there is none. Throws `REFUSED` for an id that could name another place. */
  static async find(dataDir: string, runId: string): Promise<SettingsRun | undefined> {
    const folder = runFolder(dataDir, runId)
    const path = join(folder, RUN_FILE)
    const bytes = await readIfThere(path)
    if (bytes === undefined) return undefined
    const parsed = runRecord.safeParse(parseJson(bytes.toString('utf8')))
    if (parsed.success && parsed.data.run_id === runId) return new SettingsRun(folder, parsed.data)
    throw new AppError('FILE_INVALID', `${path} is damaged. Nothing was changed. Restore the settings by hand from the copies beside it.`)
  }

  static async begin(dataDir: string, runId: string): Promise<SettingsRun> {
    const folder = runFolder(dataDir, runId)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let path = folder; path !== dataDir && path !== dirname(path); path = dirname(path)) await syncDirectory(dirname(path))
    const run = new SettingsRun(folder, { version: 1, run_id: runId, state: 'applying', files: [], secrets: [] })
    await run.#write()
    return run
  }

  async change(change: Partial<Pick<RunRecord, 'state' | 'files' | 'secrets'>>): Promise<void> {
    this.record = { ...this.record, ...change }
    await this.#write()
  }

  /** Where the file as it was is kept. */
  copyOf(name: ChangedFile['name']): string {
    return join(this.folder, `before-${name}`)
  }

  /** Leaves nothing of the run, nor folders that only it needed. */
  async forget(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    for (const empty of [dirname(this.folder), dirname(dirname(this.folder))]) {
      if ((await rmdir(empty).catch(() => 'not empty')) === 'not empty') return
    }
  }

  async #write(): Promise<void> {
    await writeDurably(join(this.folder, RUN_FILE), Buffer.from(`${JSON.stringify(this.record, undefined, 2)}\n`))
  }
}

function runFolder(dataDir: string, runId: string): string {
  if (!RUN_ID.test(runId))
    throw new AppError('REFUSED', `${JSON.stringify(runId.slice(0, 80))} is no id of a run. Nothing was changed. Take it from the report.`)
  return join(dataDir, 'imports', runId, 'settings')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
