import { mkdir, readdir, realpath, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { IMPORTED_SETTINGS_FILE } from '#platform/config/imported-settings.ts'
import { SECRETS_FILE } from '#platform/secrets/secret-vault.ts'
import { codeOf, readIfThere, syncDirectory, writeDurably, writeFailure } from '#platform/durable-file.ts'
import { type BackupOutcome, MIGRATION_STEPS } from './migration-order.ts'

/** Folder of all runs in the data directory. */
export const IMPORTS_FOLDER = 'imports'
const RUN_ID = /^[\w-]{1,64}$/
const RUN_FILE = 'run.json'
const RUNS_MAX = 10_000
/** As `writeDurably` names what it has not finished. */
const DRAFT = /\.[0-9a-f]{12}\.draft$/

const storedChoice = z.strictObject({
  /** Never with a password. */
  source: z.string(),
  v2Directory: z.string().optional(),
  timeZone: z.string(),
  steps: z.array(z.enum(MIGRATION_STEPS)).readonly(),
  backupDirectory: z.string().optional(),
})
export type StoredChoice = z.infer<typeof storedChoice>

const backup = z.custom<BackupOutcome>((value) => typeof value === 'object' && value !== null && 'sha256' in value)
const placedFile = z.strictObject({
  /** Below the data directory, with `/`. */
  path: z.string(),
  sha256: z.string(),
})

const record = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  state: z.enum(['running', 'done', 'rolling_back', 'rolled_back']),
  choice: storedChoice,
  startedMs: z.number(),
  finishedMs: z.number().nullable(),
  backup: backup.nullable(),
  /** The run made the store of secrets; it goes with the last of them. */
  isVaultMade: z.boolean(),
  /** Folders of the data directory that were not there before, and files that the run put there: written down before they are made. */
  folders: z.array(z.string()).readonly(),
  files: z.array(placedFile).readonly(),
})
export type RunRecord = z.infer<typeof record>

/** What one run does to the data directory, on disk before it is done: a rerun goes on from it, a rollback undoes it. */
export class MigrationRecord {
  readonly folder: string
  content: RunRecord

  private constructor(folder: string, content: RunRecord) {
    this.folder = folder
    this.content = content
  }

  /** Throws `FILE_INVALID` when the folder cannot be written. */
  static async begin(dataDirectory: string, about: Pick<RunRecord, 'runId' | 'choice' | 'startedMs'>): Promise<MigrationRecord> {
    const folder = runFolder(dataDirectory, about.runId)
    const rest = { state: 'running', finishedMs: null, backup: null, isVaultMade: false, folders: [], files: [] } as const
    const made = new MigrationRecord(folder, { version: 1, ...about, ...rest })
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await syncDirectory(dirname(folder))
      await syncDirectory(dataDirectory)
    } catch (error) {
      throw writeFailure(folder, error)
    }
    await made.change({})
    return made
  }

  /** Undefined where there is none. Throws `REFUSED` for an id that could name another place, `FILE_INVALID` for a damaged one. */
  static async find(dataDirectory: string, runId: string): Promise<MigrationRecord | undefined> {
    const folder = runFolder(dataDirectory, runId)
    const path = join(folder, RUN_FILE)
    const bytes = await readIfThere(path)
    if (bytes === undefined) return undefined
    const parsed = record.safeParse(parseJson(bytes))
    if (parsed.success && parsed.data.runId === runId) return new MigrationRecord(folder, parsed.data)
    throw new AppError(
      'FILE_INVALID',
      `${path} is damaged, so it is not known what run ${runId} did. Nothing was changed. Restore the file from a backup.`,
    )
  }

  /** Newest first; what cannot be read is left out. */
  static async list(dataDirectory: string): Promise<readonly MigrationRecord[]> {
    const names = await readdir(join(dataDirectory, IMPORTS_FOLDER)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    const found: MigrationRecord[] = []
    for (const name of names.filter((each) => RUN_ID.test(each)).slice(0, RUNS_MAX)) {
      const one = await MigrationRecord.find(dataDirectory, name).catch(() => undefined)
      if (one !== undefined) found.push(one)
    }
    return found.toSorted((a, b) => b.content.startedMs - a.content.startedMs)
  }

  async change(change: Partial<RunRecord>): Promise<void> {
    const content = { ...this.content, ...change }
    await writeDurably(join(this.folder, RUN_FILE), Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`))
    this.content = content
  }

  /** A file of the run itself, such as its report. */
  async write(name: string, text: string): Promise<void> {
    await writeDurably(join(this.folder, name), Buffer.from(text))
  }
}

export function isSameChoice(a: StoredChoice, b: StoredChoice): boolean {
  const words = ({ source, v2Directory, timeZone, steps, backupDirectory }: StoredChoice): string =>
    JSON.stringify([source, v2Directory, timeZone, [...steps].sort(), backupDirectory])
  return words(a) === words(b)
}

/** Takes away all drafts that a crash left of what a run writes, but those of the files it places. */
export async function sweepDrafts({ folder }: MigrationRecord, configPath: string): Promise<void> {
  const dataDirectory = dirname(dirname(folder))
  const config = await realpath(configPath).catch(() => configPath)
  await removeDrafts([config, ...[IMPORTED_SETTINGS_FILE, SECRETS_FILE].map((name) => join(dataDirectory, name))])
  for (const own of [folder, join(folder, 'settings')]) {
    const names = await readdir(own).catch(() => [])
    for (const name of names.filter((each) => DRAFT.test(each))) await rm(join(own, name), { force: true })
  }
}

/** Takes away drafts of these files that a crash left. */
export async function removeDrafts(paths: readonly string[]): Promise<void> {
  for (const [folder, inFolder] of Map.groupBy(paths, (path) => dirname(path))) {
    const starts = inFolder.map((path) => `${path.slice(folder.length + 1)}.`)
    const names = await readdir(folder).catch(() => [])
    const drafts = names.filter((name) => DRAFT.test(name) && starts.includes(name.slice(0, -'xxxxxxxxxxxx.draft'.length)))
    for (const name of drafts) await rm(join(folder, name), { force: true })
  }
}

function runFolder(dataDirectory: string, runId: string): string {
  if (!RUN_ID.test(runId))
    throw new AppError('REFUSED', `${JSON.stringify(runId.slice(0, 80))} is no id of a run. Nothing was changed. Take it from the report.`)
  return join(dataDirectory, IMPORTS_FOLDER, runId)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
