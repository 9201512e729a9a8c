import { subscribe } from 'node:diagnostics_channel'
import type { bybit } from 'ccxt'
import type { Clock } from '#platform/clock.ts'
import { withDeadline } from '#platform/deadline.ts'
import { failpoint, isArmed, type Failpoint } from '#platform/failpoint.ts'

/** What came back over the wire, or that nothing usable did. */
export type VenueReply =
  | {
      readonly kind: 'ANSWER'
      readonly httpStatus: number
      /** Parsed JSON; undefined when the body was none. */
      readonly body: unknown
      readonly text: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly kind: 'SILENCE'; readonly reason: string }

export interface Credentials {
  readonly apiKey: string
  readonly secret: string
}

export interface CcxtClientOptions {
  readonly baseUrl: string
  readonly credentials: Credentials
  readonly clock: Clock
  /** How long one request may take, milliseconds. */
  readonly timeoutMs: number
}

type Call = (parameters: Readonly<Record<string, unknown>>) => Promise<unknown>
/** The same question over the same wire, so that a hung ccxt cannot hang us. */
const GRACE_MS = 500
const WORDS_MAX = 300

/** Thrown from inside ccxt's own error hook: the answer as it came, before its table of exceptions has a say. */
class RawAnswer extends Error {
  readonly reply: VenueReply
  constructor(reply: VenueReply) {
    super('an answer of the venue')
    this.reply = reply
  }
}

/**
 * ccxt's class of the venue with our hand on three things: its base address, its clock, and its errors. It signs, sends and
 * knows the endpoints; it neither throttles nor retries nor names orders here.
 */
export class CcxtClient {
  readonly #exchange: bybit
  readonly #timeoutMs: number
  #isClosed = false

  private constructor(exchange: bybit, timeoutMs: number) {
    this.#exchange = exchange
    this.#timeoutMs = timeoutMs
  }

  static async open({ baseUrl, credentials, clock, timeoutMs }: CcxtClientOptions): Promise<CcxtClient> {
    const Bybit = await loadVenueClass()
    class Venue extends Bybit {
      override handleErrors(...args: Parameters<bybit['handleErrors']>): undefined {
        const [httpStatus, , , , headers, text, body] = args
        throw new RawAnswer({ kind: 'ANSWER', httpStatus, body, text, headers: lowerCase(headers) })
      }
    }
    const exchange = new Venue({
      apiKey: credentials.apiKey,
      secret: credentials.secret,
      enableRateLimit: false,
      timeout: timeoutMs,
      options: { maxRetriesOnFailure: 0, recvWindow: timeoutMs },
    })
    exchange.milliseconds = () => clock.now()
    const api = exchange.urls['api'] as Record<string, unknown>
    for (const door of Object.keys(api)) api[door] = baseUrl
    armWireFailpoints()
    return new CcxtClient(exchange, timeoutMs)
  }

  /** How far the venue's clock is ahead of ours; requests are signed by it. Milliseconds. */
  set clockOffsetMs(offsetMs: number) {
    this.#exchange.options['timeDifference'] = -offsetMs
  }

  /** One request by its ccxt name, `privatePostV5OrderCreate` say. Never throws: silence is an answer too. */
  async call(method: string, parameters: Readonly<Record<string, unknown>>): Promise<VenueReply> {
    const call = (this.#exchange as unknown as Record<string, Call | undefined>)[method]
    if (call === undefined) throw new Error(`ccxt has no ${method}`)
    if (this.#isClosed) return { kind: 'SILENCE', reason: 'the connector is closed' }
    try {
      await withDeadline(call.call(this.#exchange, parameters), this.#timeoutMs + GRACE_MS, 'The answer of the venue')
    } catch (error) {
      if (error instanceof RawAnswer) return error.reply
      return { kind: 'SILENCE', reason: String(error instanceof Error ? error.message : error).slice(0, WORDS_MAX) }
    }
    throw new Error(`${method} was answered without passing the error hook`)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await withDeadline(Promise.resolve(this.#exchange.close()), GRACE_MS, 'The end of the connections').catch(() => undefined)
  }
}

/**
 * One venue's file instead of all hundred: a third of the time and of the memory. The package does not list it among its
 * entries; where it has moved, the whole package is loaded.
 */
async function loadVenueClass(): Promise<typeof bybit> {
  try {
    const file = new URL('./src/bybit.js', import.meta.resolve('ccxt'))
    const { default: venue } = (await import(file.href)) as { readonly default?: typeof bybit }
    if (venue !== undefined) return venue
  } catch {
    // The package is laid out otherwise.
  }
  return (await import('ccxt')).bybit
}

function lowerCase(headers: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((headers ?? {}) as Record<string, unknown>)
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]))
}

const WIRE_POINTS: readonly (readonly [Failpoint, string])[] = [
  ['P3', '/v5/order/create'],
  ['P10', '/v5/order/cancel'],
  ['P11', '/v5/order/amend'],
]

/** For crash tests: the request has left for the socket and no answer can have been read yet. */
function armWireFailpoints(): void {
  const point = WIRE_POINTS.find(([name]) => isArmed(name))
  if (point === undefined) return
  const [name, path] = point
  const channel = 'undici:request:bodySent'
  const listener = (message: unknown): void => failpoint(name, () => (message as { request: { path: string } }).request.path === path)
  subscribe(channel, listener)
}
