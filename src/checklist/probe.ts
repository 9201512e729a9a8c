import type { z } from 'zod'
import { AppError } from '#domain/errors.ts'
import { API_PREFIX, type Channel, type ClientFrame, type ServerFrame, STREAM_PATH } from '#contract/stream.ts'
import { pause } from '#platform/deadline.ts'
import { WebSocket } from 'ws'

const ANSWER_DEADLINE_MS = 10_000
const OPEN_DEADLINE_MS = 5_000
const FRAMES_KEPT_MAX = 10_000
const LOOK_AGAIN_MS = 5
/** Of a body that is not what it should be. */
const SHOWN_BODY_MAX = 200

export interface Answer {
  readonly status: number
  /** JSON, or the text where it is none. */
  readonly body: unknown
  readonly ms: number
}

/** A running workstation as a stranger sees it: HTTP status, body, frames. */
export class Probe {
  readonly url: string
  readonly #token: string

  constructor({ url, token }: { readonly url: string; readonly token: string }) {
    this.url = url
    this.#token = token
  }

  /** Throws `AppError` (DEADLINE_EXCEEDED) only where nobody answers: every status is an answer. */
  async ask(path: string, { body, isOpen = false }: { readonly body?: unknown; readonly isOpen?: boolean } = {}): Promise<Answer> {
    const began = performance.now()
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    try {
      const response = await fetch(`${this.url}${API_PREFIX}${path}`, {
        ...sent,
        headers: {
          ...(isOpen ? {} : { authorization: `Bearer ${this.#token}` }),
          'x-client': 'cli',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
      })
      const text = await response.text()
      return { status: response.status, body: parsed(text), ms: performance.now() - began }
    } catch (error) {
      throw new AppError(
        'DEADLINE_EXCEEDED',
        `Nobody answers at ${this.url}. Nothing was measured there. Look whether the workstation runs.`,
        { cause: error },
      )
    }
  }

  /** A body of the contract, from an answer with status 200. Throws `AppError` that tells both. */
  async read<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
    const { status, body } = await this.ask(path)
    const found = status === 200 ? schema.safeParse(body) : undefined
    if (found?.success === true) return found.data
    const what = found === undefined ? shownBody(body) : `a body that is not of the contract (${found.error.issues[0]?.message ?? ''})`
    throw new AppError('CONFLICT', `${path} answers HTTP ${status} with ${what}. What it should have told was not measured.`)
  }

  async openStream(): Promise<StreamProbe> {
    const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}${STREAM_PATH}`, {
      headers: { authorization: `Bearer ${this.#token}` },
      handshakeTimeout: OPEN_DEADLINE_MS,
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.once('open', () => resolve())
    socket.once('error', (error) =>
      reject(
        new AppError('DEADLINE_EXCEEDED', `The event stream does not open: ${error.message}. Nothing of it was measured.`, {
          cause: error,
        }),
      ),
    )
    const stream = new StreamProbe(socket)
    await promise
    return stream
  }
}

/** One client of the event stream that keeps what it heard, up to a limit. */
export class StreamProbe {
  readonly #socket: WebSocket
  readonly #frames: ServerFrame[] = []

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      if (this.#frames.length < FRAMES_KEPT_MAX) this.#frames.push(JSON.parse(data.toString('utf8')) as ServerFrame)
    })
    // A connection that breaks is seen by what does not come.
    socket.on('error', () => undefined)
  }

  send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** Frames of a channel in the order they came. */
  of<K extends ServerFrame['type']>(type: K, channel?: Channel): Extract<ServerFrame, { readonly type: K }>[] {
    return this.#frames.filter(
      (frame): frame is Extract<ServerFrame, { readonly type: K }> =>
        frame.type === type && (channel === undefined || ('channel' in frame && frame.channel === channel)),
    )
  }

  /** Whether it came to be so in time. */
  async until(isSo: () => boolean, deadlineMs: number): Promise<boolean> {
    const began = performance.now()
    while (!isSo()) {
      if (performance.now() - began > deadlineMs) return false
      await pause(LOOK_AGAIN_MS)
    }
    return true
  }

  close(): void {
    this.#socket.terminate()
  }
}

export function shownBody(body: unknown): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return text.length > SHOWN_BODY_MAX ? `${text.slice(0, SHOWN_BODY_MAX)}…` : text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
