import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '#domain/errors.ts'
import type { Logger } from '#platform/log/logger.ts'
import { runProgram } from './run-program.ts'
import type { ServerHome } from './server-home.ts'

export const SUPERUSER = 'bot_trading'
const INITDB_DEADLINE_MS = 60_000
const PASSWORD_COMMAND_DEADLINE_MS = 30_000
const PASSWORD_BYTES = 24
const DRAFT_MARK = '.new-'

/** PG* variables of the user speak of another server; ours must not see them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_') && name !== 'LANG')
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}

/**
 * The password of the superuser, after making the cluster if there is none. A crash at any line leaves either no
 * cluster or a whole one: it is made beside its place and moved in by one rename.
 */
export async function ensureCluster(home: ServerHome, logger: Logger): Promise<string> {
  const version = await readFile(join(home.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  const known = await readFile(home.passwordFile, 'utf8').catch(() => undefined)
  const password = known ?? randomBytes(PASSWORD_BYTES).toString('base64url')
  if (known === undefined) await writeSecret(home.passwordFile, password)
  if (version === undefined) await makeCluster(home, password, logger)
  else await checkVersion(home, version.trim())
  if (version !== undefined) await removeDrafts(home)
  if (version !== undefined && known === undefined) await resetPassword(home, password, logger)
  return password
}

async function makeCluster(home: ServerHome, password: string, logger: Logger): Promise<void> {
  const started = performance.now()
  // A name of its own: an initdb whose parent was killed may still be at work beside us.
  const draft = `${home.cluster}${DRAFT_MARK}${randomBytes(4).toString('hex')}`
  const secret = `${draft}.secret`
  await mkdir(draft, { mode: 0o700 })
  await writeSecret(secret, password)
  if (home.user !== undefined) {
    await chown(draft, home.user.uid, home.user.gid)
    await chown(secret, home.user.uid, home.user.gid)
  }
  const args = [
    '-D',
    draft,
    '-U',
    SUPERUSER,
    `--pwfile=${secret}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]
  const result = await runProgram(join(home.binaries, 'initdb'), args, {
    deadlineMs: INITDB_DEADLINE_MS,
    env: serverEnvironment(),
    cwd: dirname(home.cluster),
    user: home.user,
  })
  await rm(secret, { force: true })
  if (result.exitCode !== 0) {
    await rm(draft, { recursive: true, force: true })
    throw new AppError(
      'POSTGRES_START_FAILED',
      `The database could not be created (initdb ended with ${result.exitCode}: ${result.output.slice(-600)}). Nothing was kept; check free space and rights of ${dirname(home.cluster)}.`,
    )
  }
  await rename(draft, home.cluster)
  await syncFolder(dirname(home.cluster))
  await removeDrafts(home)
  logger.info({ cluster: home.cluster, durationMs: Math.round(performance.now() - started) }, 'A new database cluster was created')
}

/** What killed starts have left. Best effort: one that is still being written goes at a later start. */
async function removeDrafts(home: ServerHome): Promise<void> {
  const base = dirname(home.cluster)
  const drafts = (await readdir(base).catch(() => [])).filter((name) => name.startsWith(`${basename(home.cluster)}${DRAFT_MARK}`))
  for (const name of drafts) await rm(join(base, name), { recursive: true, force: true }).catch(() => undefined)
}

/** A data folder of another major version cannot be opened; better said before the server says it. */
async function checkVersion(home: ServerHome, version: string): Promise<void> {
  const { output } = await runProgram(join(home.binaries, 'postgres'), ['--version'], { deadlineMs: 10_000, env: serverEnvironment() })
  const major = /(\d+)(?:\.|devel|beta|rc|$)/.exec(output)?.[1]
  if (major === undefined || major === version) return
  throw new AppError(
    'POSTGRES_WRONG_VERSION',
    `The database files in ${home.cluster} were written by PostgreSQL ${version}; this program brings ${major}. They were not touched. Move the folder away: a new database is filled from the journal.`,
  )
}

/** The password file was lost, the cluster not: single-user mode needs no password. */
async function resetPassword(home: ServerHome, password: string, logger: Logger): Promise<void> {
  const result = await runProgram(join(home.binaries, 'postgres'), ['--single', '-D', home.cluster, 'postgres'], {
    deadlineMs: PASSWORD_COMMAND_DEADLINE_MS,
    env: serverEnvironment(),
    cwd: dirname(home.cluster),
    user: home.user,
    input: `ALTER USER ${SUPERUSER} PASSWORD '${password}'\n`,
  })
  if (result.exitCode === 0) {
    logger.warn({ cluster: home.cluster }, 'The password file of the database was missing; a new password was set')
    return
  }
  await rm(home.passwordFile, { force: true })
  throw new AppError(
    'POSTGRES_WRONG_PASSWORD',
    `The password file ${home.passwordFile} is missing and a new password could not be set (${result.output.slice(-300)}). Stop a server that still runs on ${home.cluster} and start again.`,
  )
}

async function writeSecret(file: string, secret: string): Promise<void> {
  await rm(file, { force: true })
  await writeFile(file, secret, { mode: 0o600, flush: true })
  await chmod(file, 0o600)
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Size of the server's log so far; 0 when there is none. */
export async function logSize(home: ServerHome): Promise<number> {
  return (await stat(home.logFile).catch(() => undefined))?.size ?? 0
}

/** The last lines of trouble the server wrote after byte `from`. */
export async function readTrouble(home: ServerHome, from: number): Promise<string> {
  const log = (await readFile(home.logFile).catch(() => Buffer.alloc(0))).subarray(from).toString('utf8')
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const trouble = lines.filter((line) => /FATAL|PANIC|ERROR|HINT|DETAIL/.test(line))
  return (trouble.length > 0 ? trouble : lines).slice(-4).join(' | ').slice(-800)
}
