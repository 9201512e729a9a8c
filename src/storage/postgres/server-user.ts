import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '#platform/log/logger.ts'
import { runProgram } from './run-program.ts'

/** The account the server runs under when we are root: Postgres refuses to run as root. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const OWN_USER = 'bot-trading'
const COMMAND_DEADLINE_MS = 10_000

/** Undefined when we are not root: the server then runs as we do. Else `postgres`, an own system user, or `nobody`. */
export async function findServerUser(logger: Logger): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = (await lookUp('postgres')) ?? (await lookUp(OWN_USER))
  if (existing !== undefined) return existing
  const made = (await createUser()) ?? (await lookUp('nobody'))
  if (made === undefined) throw new Error('neither postgres nor nobody exists on this machine, and no user could be made')
  logger.info({ user: made.name }, 'Postgres does not run as root; it gets a system user')
  return made
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  const file = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const line =
    file.split('\n').find((row) => row.startsWith(`${name}:`)) ??
    (await runProgram('getent', ['passwd', name], { deadlineMs: COMMAND_DEADLINE_MS })).output
  const [found, , uid, gid] = line.split(':')
  if (found !== name || uid === undefined || gid === undefined || Number(uid) === 0) return undefined
  return { name, uid: Number(uid), gid: Number(gid) }
}

async function createUser(): Promise<ServerUser | undefined> {
  const options = { deadlineMs: COMMAND_DEADLINE_MS }
  const debian = await runProgram(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', OWN_USER],
    options,
  )
  if (debian.exitCode !== 0) await runProgram('adduser', ['-S', '-D', '-H', OWN_USER], options)
  return lookUp(OWN_USER)
}

const OWNER_EXECUTE = 0o100
const GROUP_EXECUTE = 0o010
const OTHER_EXECUTE = 0o001

/** Whether `user` may pass through every folder above `path`, and into `path` itself when it is a folder. Access lists are not read. */
export async function isReachable(path: string, user: ServerUser): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found === undefined) return false
    const bit = found.uid === user.uid ? OWNER_EXECUTE : found.gid === user.gid ? GROUP_EXECUTE : OTHER_EXECUTE
    if ((found.mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
