import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '#platform/log/logger.ts'
import { processesOf } from '#storage/postgres/postmaster.ts'
import { prepareServerHome } from '#storage/postgres/server-home.ts'

const EMBEDDED = 'database:\n  port: 0\n'
const GONE_DEADLINE_MS = 20_000
const POLL_MS = 20

/** Where an embedded server can be reached. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A fresh data directory; at the end it is gone, and so is the database server a killed workstation left behind. */
export class DataFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(config = EMBEDDED): Promise<DataFolder> {
    const path = join(await mkdtemp(join(tmpdir(), 'bot-trading-replay-')), 'data')
    await mkdir(path, { mode: 0o700 })
    writeFileSync(join(path, 'config.yaml'), config)
    return new DataFolder(path)
  }

  get journal(): string {
    return join(this.path, 'journal.db')
  }

  /** A file beside the data directory. */
  beside(name: string): string {
    return join(dirname(this.path), name)
  }

  /** The embedded server as its own pid file names it; undefined while there is none. */
  async postmaster(): Promise<{ readonly pid: number; readonly port: number } | undefined> {
    const cluster = await this.#cluster()
    const lines = read(join(cluster, 'postmaster.pid')).split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 1 ? { pid, port: Number(lines[3]) } : undefined
  }

  async serverAddress(): Promise<ServerAddress> {
    const server = await this.postmaster()
    if (server === undefined) throw new Error('there is no database server')
    const password = read(join(this.path, 'postgres', 'password'))
    return { host: '127.0.0.1', port: server.port, user: 'bot_trading', password, database: 'bot_trading_v3' }
  }

  /** SIGKILL for the postmaster alone; its children leave by themselves. False when there is none. */
  async killPostmaster(): Promise<boolean> {
    const server = await this.postmaster()
    if (server === undefined || !(await processesOf(await this.#cluster())).includes(server.pid)) return false
    return signal(server.pid, 'SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const cluster = await this.#cluster()
    const server = await this.postmaster()
    const running = await processesOf(cluster)
    if (server !== undefined && running.includes(server.pid)) signal(server.pid, 'SIGQUIT')
    const deadline = performance.now() + GONE_DEADLINE_MS
    while (performance.now() < deadline && (await processesOf(cluster)).length > 0) await sleep(POLL_MS)
    await rm(dirname(this.path), { recursive: true, force: true })
    await rm(dirname(cluster), { recursive: true, force: true })
  }

  async #cluster(): Promise<string> {
    return (await prepareServerHome(join(this.path, 'postgres'), silentLogger)).cluster
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
