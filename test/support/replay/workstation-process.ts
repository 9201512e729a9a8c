import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SYMBOL, TIMEFRAME } from './candle-file.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TOKEN = 'token-of-the-replay-tests'
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 40_000
const REQUEST_DEADLINE_MS = 10_000
const STDERR_KEPT = 20_000

export interface ReplayCommand {
  readonly dataDir: string
  readonly candles: string
  readonly speed?: string
  readonly noPostgres?: boolean
  /** For Node itself, `--cpu-prof` say. */
  readonly nodeArgs?: readonly string[]
}

interface Line {
  readonly event: string
  readonly url?: string
  readonly postgres?: string | null
  readonly processed?: number
  readonly total?: number
}

/** The parts of `GET /system/status` that the tests read. */
export interface Status {
  readonly state: string
  readonly journal: { readonly seq: number }
  readonly replica: { readonly seq: number; readonly lag_events: number; readonly state: string; readonly reason?: string | null }
  readonly replay: { readonly processed: number; readonly total: number; readonly done: boolean } | null
  readonly components: readonly { readonly name: string; readonly state: string; readonly evidence: string }[]
}

/** The real program in a process of its own, run from its sources. */
export class WorkstationProcess {
  readonly #child: ChildProcess
  readonly #lines = new Map<string, PromiseWithResolvers<Line>>()
  readonly exited: Promise<string>
  #hasExited = false
  #stderr = ''

  constructor({ dataDir, candles, speed = 'max', noPostgres = false, nodeArgs = [] }: ReplayCommand) {
    const serve = ['--data-dir', dataDir, '--port', '0', '--token', TOKEN, ...(noPostgres ? ['--no-postgres'] : [])]
    const replay = ['--replay', candles, '--symbol', SYMBOL, '--timeframe', TIMEFRAME, '--speed', speed]
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|NODE_|VITEST|API_TOKEN)/.test(name)))
    this.#child = spawn(process.execPath, [...nodeArgs, 'src/headless/index.ts', ...serve, ...replay], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#hasExited = true
        resolve(signal ?? `code ${code}`)
      })
    })
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the child has no pipes')
    createInterface({ input: stdout }).on('line', (text) => this.#take(text))
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)
    })
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stderr(): string {
    return this.#stderr
  }

  ready(): Promise<Line> {
    return this.#event('ready', READY_DEADLINE_MS)
  }

  replayDone(deadlineMs: number): Promise<Line> {
    return this.#event('replay_done', deadlineMs)
  }

  async status(): Promise<Status> {
    const { url } = await this.ready()
    const response = await fetch(`${url}/api/v1/system/status`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    })
    if (!response.ok) throw new Error(`status answers ${response.status}: ${await response.text()}`)
    return (await response.json()) as Status
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** SIGKILL: no line of ours runs any more. */
  async kill(): Promise<void> {
    if (this.#hasExited) throw new Error(`the workstation left by itself (${await this.exited}): ${this.#stderr}`)
    this.#child.kill('SIGKILL')
    const how = await this.exited
    if (how !== 'SIGKILL') throw new Error(`the workstation left by itself (${how}): ${this.#stderr}`)
  }

  /** SIGTERM; how it left. One that does not leave in time is killed and named so. */
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

  #take(text: string): void {
    const line = JSON.parse(text) as Line
    this.#slot(line.event).resolve(line)
  }

  #slot(event: string): PromiseWithResolvers<Line> {
    const known = this.#lines.get(event)
    if (known !== undefined) return known
    const made = Promise.withResolvers<Line>()
    this.#lines.set(event, made)
    return made
  }

  async #event(event: string, deadlineMs: number): Promise<Line> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no ${event} within ${deadlineMs} ms: ${this.#stderr}`)), deadlineMs)
    })
    const gone = this.exited.then((how) => Promise.reject(new Error(`the workstation left (${how}) before ${event}: ${this.#stderr}`)))
    try {
      return await Promise.race([this.#slot(event).promise, gone, late])
    } finally {
      clearTimeout(timer)
      gone.catch(() => undefined)
    }
  }
}
