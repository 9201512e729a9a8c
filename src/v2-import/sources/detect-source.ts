import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { CONTENTS_FILE } from './archive/directory-archive.ts'
import { isCsvName } from './csv/csv-file.ts'
import { detectFile, type DetectedFile } from './detect-file.ts'
import { TABLES_MAX } from './limits.ts'
import { describeTarget, parsePostgresUrl, type LiveTarget } from './postgres/live-connection.ts'
import { diskFailure, refuseFile } from './source-failure.ts'

export type DetectedSource =
  | DetectedFile
  | {
      readonly kind: 'archive-directory' | 'csv-directory'
      readonly path: string
      readonly description: string
      readonly hasDefinitions: boolean
    }
  | { readonly kind: 'postgres'; readonly target: LiveTarget; readonly description: string }

/** The folder of a v2 installation: what in it holds its database, the best first, and which other files of v2 it has. */
export interface DetectedInstallation {
  readonly kind: 'v2-directory'
  readonly path: string
  readonly description: string
  readonly sources: readonly DetectedSource[]
  readonly companions: readonly string[]
  /** Files that look like a dump by their name but are not read, and why. */
  readonly refused: readonly { readonly path: string; readonly message: string }[]
}

const ADVICE = 'Give a dump of pg_dump (custom or directory format, or plain SQL), CSV files, the folder of v2, or postgres://…'
const DUMP_NAME = /\.(?:dump|pgdump|backup|sql|sql\.gz)$/i
/** Other things a v2 installation has; their readers are elsewhere. */
const COMPANIONS = ['.env', 'config.yaml', 'config/telegram.yaml', 'ml_config.json', 'strategies.json', 'models', 'strategies']

/** Says what a path or an address is. Nothing is read but the beginning. Throws `AppError` that says what can be given. */
export async function detectSource(location: string): Promise<DetectedSource | DetectedInstallation> {
  if (/^postgres(?:ql)?:\/\//i.test(location)) {
    const target = parsePostgresUrl(location)
    return { kind: 'postgres', target, description: `Postgres at ${describeTarget(target)}` }
  }
  let isDirectory: boolean
  try {
    isDirectory = (await stat(location)).isDirectory()
  } catch (error) {
    throw diskFailure(location, error)
  }
  return isDirectory ? detectDirectory(location) : detectFile(location)
}

async function detectDirectory(path: string): Promise<DetectedSource | DetectedInstallation> {
  const names = await listOf(path)
  if (names.includes(CONTENTS_FILE)) return archiveDirectory(path)
  const sources: DetectedSource[] = []
  const refused: DetectedInstallation['refused'][number][] = []
  for (const name of names.filter((candidate) => DUMP_NAME.test(candidate))) {
    try {
      sources.push(await detectFile(join(path, name)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused.push({ path: join(path, name), message: error.message })
    }
  }
  for (const name of names) if (await exists(join(path, name, CONTENTS_FILE))) sources.push(archiveDirectory(join(path, name)))
  const tables = names.filter(isCsvName).length
  const description = `${tables} CSV file${tables === 1 ? '' : 's'}`
  if (tables > 0) sources.push({ kind: 'csv-directory', path, description, hasDefinitions: false })
  const companions = await existing(path)
  const [only] = sources
  if (companions.length === 0 && only?.kind === 'csv-directory') return only
  if (sources.length === 0 && companions.length === 0)
    throw refuseFile(path, ADVICE)('there is no dump, no CSV file and nothing else of v2 in this folder')
  sources.sort((a, b) => rank(a) - rank(b))
  return { kind: 'v2-directory', path, description: `folder of v2 with ${sources.length} sources`, sources, companions, refused }
}

/** Dumps that also say what the tables look like go first, CSV files last. */
function rank(source: DetectedSource): number {
  if (source.kind === 'postgres') return 0
  const byKind = { archive: 0, 'archive-directory': 0, sql: 1, csv: 3, 'csv-directory': 3 } as const
  return byKind[source.kind] + (source.hasDefinitions ? 0 : 2)
}

function archiveDirectory(path: string): DetectedSource {
  return { kind: 'archive-directory', path, description: 'pg_dump archive, directory format', hasDefinitions: true }
}

async function listOf(path: string): Promise<readonly string[]> {
  try {
    const names = await readdir(path)
    if (names.length > TABLES_MAX) throw refuseFile(path, ADVICE)(`there are more than ${TABLES_MAX} files in this folder`)
    return names.sort()
  } catch (error) {
    throw diskFailure(path, error)
  }
}

async function existing(path: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of COMPANIONS) if (await exists(join(path, name))) found.push(name)
  return found
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
