import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FaultAction, VenueConditions } from './venue-faults.ts'
import type { CreateRequest } from './venue-matching.ts'
import type { OrderRecord, VenueTruth } from './venue-records.ts'
import type { VenueControl, VenueServerOptions } from './venue-server.ts'

const START_DEADLINE_MS = 20_000
const CONTROL_DEADLINE_MS = 10_000

export const VENUE_KEY = 'loopback-key'
export const VENUE_SECRET = 'loopback-secret-canary-5d1f'

export interface LoopbackVenueOptions {
  readonly seed?: number
  readonly startBalance?: string
  readonly tickEveryMs?: number
  /** Its books outlive it there. */
  readonly file?: string
  readonly port?: number
}

/** The venue in a process of its own, and the strings a test pulls. */
export class LoopbackVenue implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly port: number
  readonly #controlUrl: string

  private constructor(child: ChildProcess, ports: { readonly port: number; readonly controlPort: number }) {
    this.#child = child
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()))
    this.port = ports.port
    this.#controlUrl = `http://127.0.0.1:${ports.controlPort}`
  }

  static async start(options: LoopbackVenueOptions = {}): Promise<LoopbackVenue> {
    const settings: VenueServerOptions = {
      seed: options.seed ?? 1,
      startBalance: options.startBalance ?? '100000',
      apiKey: VENUE_KEY,
      secret: VENUE_SECRET,
      tickEveryMs: options.tickEveryMs ?? 50,
      port: options.port ?? 0,
      controlPort: 0,
      file: options.file,
    }
    const child = spawn(process.execPath, [join(import.meta.dirname, '../venue-parent.ts'), JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {},
    })
    const ports = await new Promise<{ port: number; controlPort: number }>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the venue did not start')), START_DEADLINE_MS)
      child.once('exit', (code) => reject(new Error(`the venue left with ${code}`)))
      createInterface({ input: child.stdout }).once('line', (line) => {
        clearTimeout(late)
        resolve(JSON.parse(line) as { port: number; controlPort: number })
      })
    })
    return new LoopbackVenue(child, ports)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  truth(): Promise<VenueTruth> {
    return this.#tell({ command: 'truth' }) as Promise<VenueTruth>
  }

  prices(): Promise<VenueTruth['prices']> {
    return this.#tell({ command: 'prices' }) as Promise<VenueTruth['prices']>
  }

  async fault(path: string, action: FaultAction, times = 1): Promise<void> {
    await this.#tell({ command: 'fault', rule: { path, times, action } })
  }

  async clearFaults(): Promise<void> {
    await this.#tell({ command: 'clear-faults' })
  }

  async conditions(change: Partial<VenueConditions>): Promise<void> {
    await this.#tell({ command: 'conditions', change })
  }

  async pause(paused: boolean): Promise<void> {
    await this.#tell({ command: 'pause', paused })
  }

  async price(symbol: string, price: string): Promise<void> {
    await this.#tell({ command: 'price', symbol, price })
  }

  create(request: CreateRequest): Promise<OrderRecord> {
    return this.#tell({ command: 'create', request }) as Promise<OrderRecord>
  }

  async cancel(orderId: string): Promise<void> {
    await this.#tell({ command: 'cancel', orderId })
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill()
  }

  async #tell(control: VenueControl): Promise<unknown> {
    const response = await fetch(this.#controlUrl, {
      method: 'POST',
      body: JSON.stringify(control),
      signal: AbortSignal.timeout(CONTROL_DEADLINE_MS),
    })
    if (!response.ok) throw new Error(`the venue refuses ${control.command}: ${await response.text()}`)
    return response.json()
  }
}
