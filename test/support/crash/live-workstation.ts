import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { VENUE_KEY, VENUE_SECRET, type LoopbackVenue } from '../loopback-venue/loopback-venue.ts'
import type { DataFolder } from '../replay/data-folder.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TOKEN = 'token-of-the-crash-tests'
const READY_DEADLINE_MS = 90_000
const STOP_DEADLINE_MS = 40_000
const REQUEST_DEADLINE_MS = 10_000
const STDERR_KEPT = 20_000
const POLL_MS = 20
const SOURCES = 'src/headless/index.ts'
/** The kernel counts processor time in these. */
const TICK_MS = 10

/** What `config.yaml` says in these tests. */
export function liveConfig(venue: LoopbackVenue): string {
  return [
    'database:',
    '  port: 0',
    'exchange:',
    '  kind: live',
    '  venue: bybit',
    '  symbols: ["BTC/USDT:USDT", "ETH/USDT:USDT"]',
    `  base_url: "${venue.url}"`,
    '  poll_ms: 50',
    '  request_timeout_ms: 1000',
    'risk:',
    '  max_order_notional: "5000"',
    '  max_position_notional: "1000000"',
    '  max_daily_loss: "100000"',
    '  max_orders_per_second: 1000',
    '  max_open_orders: 1000',
    '  price_collar_bps: "9000"',
    '',
  ].join('\n')
}

export interface LiveWorkstationOptions {
  /** `P4` or `P4:3`. */
  readonly failpoint?: string | undefined
  readonly noPostgres?: boolean
  /** What is run; the sources when absent. */
  readonly entry?: string
  readonly nodeArgs?: readonly string[]
  /** Put over the environment it would have; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface LiveStatus {
  readonly state: string
  readonly mode: string
  readonly journal: { readonly seq: number }
  readonly replica: { readonly seq: number; readonly state: string; readonly reason?: string | null }
  readonly halted: unknown
  readonly components: readonly { readonly name: string; readonly state: string; readonly evidence: string }[]
}

export interface OrderRow {
  readonly id: string
  readonly status: string
  readonly type: string
}

/** The real program, trading at the loopback venue, in a process of its own. */
export class LiveWorkstation implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: DataFolder
  readonly #ready = Promise.withResolvers<string>()
  readonly startedAt = performance.now()
  readonly exited: Promise<string>
  #hasExited = false
  #stderr = ''
  #url: string | undefined

  constructor(folder: DataFolder, options: LiveWorkstationOptions = {}) {
    const { failpoint, noPostgres = false, entry = SOURCES, nodeArgs = [], env: change = {} } = options
    this.#folder = folder
    const kept = Object.entries(process.env).filter(([name]) => !/^(PG|NODE_|VITEST|API_TOKEN|EXCHANGE_|FAILPOINT)/.test(name))
    const env = {
      ...Object.fromEntries(kept),
      EXCHANGE_API_KEY: VENUE_KEY,
      EXCHANGE_API_SECRET: VENUE_SECRET,
      BOT_TRADING_LEASE_DIR: folder.beside('leases'),
      ...(failpoint === undefined ? {} : { NODE_ENV: 'test', FAILPOINT: failpoint }),
      ...change,
    }
    const serve = ['--data-dir', folder.path, '--port', '0', '--token', TOKEN, ...(noPostgres ? ['--no-postgres'] : [])]
    this.#child = spawn(process.execPath, [...nodeArgs, entry, ...serve], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#hasExited = true
        resolve(signal ?? `code ${code}`)
        this.#ready.reject(new Error(`the workstation left (${signal ?? code}) before it was ready: ${this.#stderr}`))
      })
    })
    this.#ready.promise.catch(() => undefined)
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the child has no pipes')
    createInterface({ input: stdout }).on('line', (line) => {
      const { event, url } = JSON.parse(line) as { event: string; url: string }
      if (event !== 'ready') return
      this.#url = url
      this.#ready.resolve(url)
    })
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)
    })
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  get stderr(): string {
    return this.#stderr
  }

  /** The program listens; recovery is over by then. */
  async ready(): Promise<string> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not ready within ${READY_DEADLINE_MS} ms: ${this.#stderr}`)), READY_DEADLINE_MS)
    })
    return Promise.race([this.#ready.promise, late]).finally(() => clearTimeout(timer))
  }

  /** Milliseconds from the start of the process until it may trade: everything has been compared with the venue. */
  async reconciledAfter(): Promise<number> {
    await this.until('the comparison with the venue', READY_DEADLINE_MS, async () => {
      this.#url ??= this.#announcedUrl()
      const answer = await this.request<{ ready: boolean }>('GET', '/ready')
      return answer?.status === 200 && answer.body.ready
    })
    return performance.now() - this.startedAt
  }

  /** Processor time used so far by all its threads, milliseconds; hardly depends on what else the machine does. Linux only. */
  cpuMs(): number | undefined {
    try {
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS
    } catch {
      return undefined
    }
  }

  /** The line on stdout waits for Postgres; the file beside the data does not. */
  #announcedUrl(): string | undefined {
    try {
      const { pid, url } = JSON.parse(readFileSync(join(this.#folder.path, 'instance.json'), 'utf8')) as { pid: number; url: string }
      return pid === this.#child.pid ? url : undefined
    } catch {
      return undefined
    }
  }

  /** One request; undefined when the program is gone or did not answer, as a person at a screen would see it. */
  async request<T>(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: T } | undefined> {
    if (this.#url === undefined || this.#hasExited) return undefined
    try {
      const response = await fetch(`${this.#url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as T }
    } catch {
      return undefined
    }
  }

  async status(): Promise<LiveStatus> {
    const answer = await this.request<LiveStatus>('GET', '/system/status')
    if (answer?.status !== 200) throw new Error(`no status: ${JSON.stringify(answer)} ${this.#stderr}`)
    return answer.body
  }

  async workingOrders(): Promise<readonly OrderRow[]> {
    const answer = await this.request<{ items: OrderRow[] }>('GET', '/orders?status=OPEN&limit=1000')
    return answer?.status === 200 ? answer.body.items : []
  }

  /** Waits until `look` is content. */
  async until(what: string, deadlineMs: number, look: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + deadlineMs
    while (!(await look())) {
      if (this.#hasExited) throw new Error(`the workstation left (${await this.exited}) before ${what}: ${this.#stderr}`)
      if (performance.now() > deadline) throw new Error(`${what} did not come within ${deadlineMs} ms: ${this.#stderr}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    const how = await this.exited
    if (how !== 'SIGKILL') throw new Error(`the workstation left by itself (${how}): ${this.#stderr}`)
  }

  /** SIGTERM; how it left. */
  async stop(): Promise<string> {
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS)
    const how = await this.exited
    clearTimeout(late)
    return how
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasExited) return
    this.#child.kill('SIGKILL')
    await this.exited
  }
}
