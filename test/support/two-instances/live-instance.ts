import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { withDeadline } from '#platform/deadline.ts'
import { VENUE_KEY, VENUE_SECRET, type LoopbackVenue } from '../loopback-venue/loopback-venue.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TOKEN = 'token-of-the-two-instances'
const START_DEADLINE_MS = 60_000
const REQUEST_DEADLINE_MS = 10_000
const STOP_DEADLINE_MS = 20_000

export interface LiveInstancePlan {
  readonly dataDir: string
  readonly leases: string
  readonly venue: LoopbackVenue
}

interface Problem {
  readonly code?: string
  readonly detail?: string
}

/** The real program, headless, on the account of a venue on this machine. */
export class LiveInstance implements AsyncDisposable {
  static readonly TOKEN = TOKEN
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #url: Promise<string>
  stderr = ''

  constructor({ dataDir, leases, venue }: LiveInstancePlan) {
    mkdirSync(dataDir, { recursive: true })
    const exchange = {
      kind: 'live',
      venue: 'bybit',
      symbols: ['BTC/USDT:USDT'],
      base_url: venue.url,
      poll_ms: 100,
      request_timeout_ms: 1_000,
    }
    // YAML takes JSON as it is.
    writeFileSync(join(dataDir, 'config.yaml'), JSON.stringify({ exchange }))
    const { PATH = '' } = process.env
    this.#child = spawn(
      process.execPath,
      ['src/headless/index.ts', '--data-dir', dataDir, '--port', '0', '--token', TOKEN, '--no-postgres'],
      {
        cwd: ROOT,
        env: { PATH, EXCHANGE_API_KEY: VENUE_KEY, EXCHANGE_API_SECRET: VENUE_SECRET, BOT_TRADING_LEASE_DIR: leases },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the child has no pipes')
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-10_000)
    })
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#url = new Promise((resolve, reject) => {
      createInterface({ input: stdout }).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url))
      void this.#exited.then(() => reject(new Error(`the workstation left: ${this.stderr}`)))
    })
    this.#url.catch(() => undefined)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  started(): Promise<string> {
    return withDeadline(this.#url, START_DEADLINE_MS, 'the start of the workstation')
  }

  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T & Problem> {
    const response = await fetch(`${await this.started()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    })
    return (await response.json()) as T & Problem
  }

  /** What the status says about the lease; undefined while there is no such component. */
  async lease(): Promise<{ readonly state: string; readonly evidence: string } | undefined> {
    type Status = { readonly components: readonly { readonly name: string; readonly state: string; readonly evidence: string }[] }
    return (await this.call<Status>('GET', '/api/v1/system/status')).components.find(({ name }) => name === 'lease')
  }

  /** A limit order far below the market: it rests. */
  order(): Promise<{ readonly outcome: string; readonly reason?: string; readonly order_id?: string }> {
    return this.call('POST', '/api/v1/orders', { symbol: 'BTC/USDT:USDT', side: 'BUY', type: 'LIMIT', quantity: '0.01', price: '59000' })
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await withDeadline(this.#exited, STOP_DEADLINE_MS, 'the stop of the workstation')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill()
  }
}
