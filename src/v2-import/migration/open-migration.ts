import { readFile, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { parseDocument } from 'yaml'
import { AppError } from '#domain/errors.ts'
import { codeOf } from '#platform/durable-file.ts'
import { type ImportPlan, planOf } from '../mapping/import-plan.ts'
import { detectSource } from '../sources/detect-source.ts'
import { describeTarget, parsePostgresUrl } from '../sources/postgres/live-connection.ts'
import { findFolderFiles } from './folder-files.ts'
import type { V2Folder } from './migration-context.ts'
import { MIGRATION_STEPS, type MigrationChoice } from './migration-order.ts'
import type { StoredChoice } from './run-record.ts'

const SETTINGS_BYTES_MAX = 1_048_576

export function isPostgresAddress(source: string): boolean {
  return /^postgres(?:ql)?:/i.test(source)
}

/** The choice as it is written down: without a password, with whole paths. */
export function storedChoiceOf({ source, v2Directory, timeZone, steps, backupDirectory }: MigrationChoice): StoredChoice {
  return {
    source: isPostgresAddress(source) ? `postgres://${describeTarget(parsePostgresUrl(source))}` : resolve(source),
    ...(v2Directory === undefined ? {} : { v2Directory: resolve(v2Directory) }),
    timeZone,
    steps: MIGRATION_STEPS.filter((step) => steps.includes(step)),
    ...(backupDirectory === undefined ? {} : { backupDirectory: resolve(backupDirectory) }),
  }
}

/**
 * The folder of version 2: the one that was named, or the source itself where that is one. Throws `NOT_FOUND` for a name that is no
 * folder, `REFUSED` where the data directory lies in it, since nothing is written there.
 */
export async function openFolder(
  choice: Pick<MigrationChoice, 'source' | 'v2Directory'>,
  dataDirectory: string,
  signal?: AbortSignal,
): Promise<V2Folder | undefined> {
  const named = choice.v2Directory ?? (await ownFolder(choice.source))
  if (named === undefined) return undefined
  let path: string
  try {
    path = await realpath(named)
    if (!(await stat(path)).isDirectory()) throw new AppError('NOT_FOUND', `${named} is not a folder. Nothing was done. Check the path.`)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('NOT_FOUND', `${named} cannot be read (${codeOf(error)}). Nothing was done. Check the path.`, { cause: error })
  }
  const inner = relative(path, await realpath(dataDirectory))
  if (inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner))
    throw new AppError(
      'REFUSED',
      `The data directory ${dataDirectory} lies in the folder of version 2, which is only read. Nothing was done. Choose another data directory.`,
    )
  return { path, files: await findFolderFiles(path, signal) }
}

async function ownFolder(source: string): Promise<string | undefined> {
  if (isPostgresAddress(source)) return undefined
  return (await detectSource(source)).kind === 'v2-directory' ? source : undefined
}

/** The settings of version 2 say what its rows do not: the exchange, and whether it traded perpetuals. Throws `AppError`. */
export async function planFor({ timeZone }: Pick<MigrationChoice, 'timeZone'>, folder: V2Folder | undefined): Promise<ImportPlan> {
  return planOf({
    timeZone: timeZone === '' ? undefined : timeZone,
    settings: folder === undefined ? undefined : await readConfigFile(join(folder.path, 'config.yaml')),
  })
}

async function readConfigFile(file: string): Promise<unknown> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) return undefined
  const unusable = (why: string): AppError =>
    new AppError('FILE_INVALID', `${file} ${why}. Nothing was imported. Mend it, or import without the folder of version 2.`)
  if (!found.isFile() || found.size > SETTINGS_BYTES_MAX) throw unusable(`is no file of at most ${SETTINGS_BYTES_MAX} bytes`)
  const document = parseDocument(await readFile(file, 'utf8'), { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' })
  // The parser's own words quote the text, and a secret may stand there.
  const [error] = document.errors
  if (error !== undefined) throw unusable(`is no YAML (${error.code} at character ${error.pos[0]})`)
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch {
    throw unusable('refers to itself too often')
  }
}
