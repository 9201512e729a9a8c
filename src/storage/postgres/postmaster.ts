import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { open, readdir, readFile, readlink, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#domain/errors.ts'
import { serverEnvironment } from './cluster.ts'
import { runProgram } from './run-program.ts'
import type { ServerHome } from './server-home.ts'

const POLL_MS = 200
/** An immediate stop needs no checkpoint; what is still there after this is stuck. */
const QUIT_DEADLINE_MS = 3_000
const LOG_BYTES_MAX = 5_000_000

/** A running server, started by us or found running. */
export interface Postmaster {
  readonly pid: number
  /** Found running: it was started by an earlier life of this program. */
  readonly adopted: boolean
  /** Resolves with words when the process is gone. Never rejects. */
  readonly exited: Promise<string>
  /** Fast shutdown; after `deadlineMs` an immediate one; at last SIGKILL of this pid alone. Resolves when it is gone. */
  stop(deadlineMs: number): Promise<void>
}

/** What `postmaster.pid` says. */
export interface PidFile {
  readonly pid: number
  readonly port: number
  /** `starting`, `stopping`, `ready`, `standby`. */
  readonly status: string
}

export async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() }
}

export type Identity = 'gone' | 'ours' | 'other'

/** Whether `pid` is a live Postgres on this very cluster. A zombie counts as gone. */
export async function identify(pid: number, cluster: string): Promise<Identity> {
  if (!pidExists(pid)) return 'gone'
  if (process.platform === 'linux') return identifyByProc(pid, cluster)
  if (process.platform === 'win32') return 'ours'
  const { output } = await runProgram('ps', ['-p', String(pid), '-o', 'command='], { deadlineMs: 5_000 })
  return output.includes('postgres') && output.includes(cluster) ? 'ours' : 'other'
}

/** A zombie exists too. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function identifyByProc(pid: number, cluster: string): Promise<Identity> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (status === undefined || /^[ZX]/.test(status.slice(status.lastIndexOf(')') + 2))) return 'gone'
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  // The postmaster works in its data folder and keeps its command line; its children change theirs to `postgres: …`.
  const isPostgres = basename(command.split('\0')[0] ?? '').startsWith('postgres') || command.startsWith('postgres:')
  return isPostgres && folder === (await realpath(cluster).catch(() => cluster)) ? 'ours' : 'other'
}

/** Pids of every process that works in the cluster (Linux; elsewhere none are known). */
export async function processesOf(cluster: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const identities = await Promise.all(pids.map((pid) => identifyByProc(pid, cluster)))
  return pids.filter((_, index) => identities[index] === 'ours')
}

/** Starts the server on a free port. It gets its own session, so that Ctrl-C in our terminal does not stop it before us. */
export async function spawnPostmaster(home: ServerHome, port: number): Promise<Postmaster> {
  const log = await openLog(home.logFile)
  let child: ChildProcess
  try {
    child = spawn(join(home.binaries, 'postgres'), serverArguments(home, port), {
      stdio: ['ignore', log.fd, log.fd],
      env: serverEnvironment(),
      cwd: dirname(home.cluster),
      detached: true,
      windowsHide: true,
      ...(home.user === undefined ? {} : { uid: home.user.uid, gid: home.user.gid }),
    })
    await once(child, 'spawn')
  } catch (error) {
    throw new AppError('POSTGRES_START_FAILED', `The program ${home.binaries}/postgres could not be run (${(error as Error).message}).`, {
      cause: error,
    })
  } finally {
    await log.close()
  }
  child.on('error', () => undefined)
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve(signal === null ? `it ended with code ${exitCode}` : `it was ended by ${signal}`))
  })
  const pid = child.pid ?? 0
  // A child keeps its pid until we have seen it end, so this one cannot be somebody else's.
  const isOurs = () => Promise.resolve(child.exitCode === null && child.signalCode === null)
  return { pid, adopted: false, exited, stop: (deadlineMs) => stopProcess({ pid, exited, home, deadlineMs, isOurs }) }
}

function serverArguments(home: ServerHome, port: number): string[] {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 40,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
    jit: 'off',
    // Nobody copies this server from its log: what a transaction puts into a table it made itself need not be written twice.
    wal_level: 'minimal',
    max_wal_senders: 0,
    // Its files are in the system's memory most of the time: a process that fetches them for others costs more than it saves.
    io_method: 'sync',
    shared_buffers: '256MB',
    // A client that has vanished is noticed within a minute, so that it holds no lock for hours.
    tcp_keepalives_idle: 30,
    tcp_keepalives_interval: 10,
    tcp_keepalives_count: 3,
  }
  return ['-D', home.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

async function openLog(file: string) {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0
  if (size > LOG_BYTES_MAX) await rename(file, `${file}.1`)
  return open(file, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY, 0o600)
}

/** Takes over a server that an earlier life of this program left behind. */
export function adoptPostmaster(home: ServerHome, pid: number): Postmaster {
  const watch = async (): Promise<string> => {
    while ((await identify(pid, home.cluster)) === 'ours') await sleep(POLL_MS, undefined, { ref: false })
    return 'it is gone (it was started by an earlier run, so its exit code is unknown)'
  }
  const exited = watch()
  const isOurs = async () => (await identify(pid, home.cluster)) === 'ours'
  return { pid, adopted: true, exited, stop: (deadlineMs) => stopProcess({ pid, exited, home, deadlineMs, isOurs }) }
}

interface StopOrder {
  readonly pid: number
  readonly exited: Promise<string>
  readonly home: ServerHome
  readonly deadlineMs: number
  readonly isOurs: () => Promise<boolean>
}

async function stopProcess(order: StopOrder): Promise<void> {
  const steps: readonly (readonly [NodeJS.Signals, number])[] = [
    ['SIGINT', order.deadlineMs],
    ['SIGQUIT', QUIT_DEADLINE_MS],
    ['SIGKILL', QUIT_DEADLINE_MS],
  ]
  for (const [signal, waitMs] of steps) {
    // Asked right before each signal: a pid may belong to somebody else by now.
    if (!(await order.isOurs())) return
    await sendSignal(order, signal)
    if (await within(order.exited, waitMs)) return
  }
}

async function sendSignal(order: StopOrder, signal: NodeJS.Signals): Promise<void> {
  if (process.platform === 'win32') {
    const mode = signal === 'SIGINT' ? 'fast' : 'immediate'
    await runProgram(join(order.home.binaries, 'pg_ctl'), ['stop', '-D', order.home.cluster, '-m', mode, '-W'], {
      deadlineMs: 5_000,
      env: serverEnvironment(),
    })
    return
  }
  try {
    process.kill(order.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function within(done: Promise<unknown>, waitMs: number): Promise<boolean> {
  const timer = new AbortController()
  try {
    return await Promise.race([done.then(() => true), sleep(waitMs, false, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}
