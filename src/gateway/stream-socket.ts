import type { WebSocket } from 'ws'
import type { ServerFrame } from '#contract/stream.ts'
import type { GatewayParts } from './types.ts'

export const SOCKETS_MAX = 50
export const AUTHENTICATION_DEADLINE_MS = 5_000
/** Bytes that wait for a client: above the first it must catch up within the grace, above the second it is dropped at once. */
export const WAITING_BYTES_MAX = 1_048_576
export const WAITING_BYTES_HARD_MAX = 8 * WAITING_BYTES_MAX
const GRACE_MS = 1_000
const FRAMES_PER_SECOND_MAX = 100
const KEEP_ALIVE_MS = 30_000
/** A closed client that does not read gets no longer than this. */
const CLOSE_DEADLINE_MS = 2_000

export const CLOSE = { unsupportedData: 1003, policy: 1008, tryAgainLater: 1013 } as const

/** One text per frame, however many follow: the same frame object goes to all of them. */
const texts = new WeakMap<ServerFrame, string>()

/** One WebSocket client: signs in, follows channels, and is dropped rather than waited for. */
export class StreamSocket {
  readonly #socket: WebSocket
  readonly #parts: GatewayParts
  #session: ReturnType<GatewayParts['options']['workstation']['openStream']> | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #keepAlive: NodeJS.Timeout
  #alive = true
  #overSince: number | undefined
  #second = 0
  #framesInSecond = 0

  constructor(socket: WebSocket, parts: GatewayParts, authenticated: boolean) {
    this.#socket = socket
    this.#parts = parts
    if (authenticated) this.#open()
    else this.#timer = setTimeout(() => this.#refuse('no token came in time'), AUTHENTICATION_DEADLINE_MS)
    this.#keepAlive = setInterval(() => this.#checkAlive(), KEEP_ALIVE_MS)
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary))
    socket.on('pong', () => {
      this.#alive = true
    })
    socket.on('close', () => this.#release())
  }

  #open(): void {
    this.#session = this.#parts.options.workstation.openStream((frame) => this.#send(frame))
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#tooManyFrames()) {
      this.#close(CLOSE.policy, `more than ${FRAMES_PER_SECOND_MAX} frames a second`)
      return
    }
    if (isBinary) {
      this.#close(CLOSE.unsupportedData, 'frames are JSON text')
      return
    }
    const frame = parse(data)
    if (this.#session !== undefined) this.#session.receive(frame)
    else this.#signIn(frame)
  }

  #signIn(frame: unknown): void {
    const { authenticator, metrics } = this.#parts
    if (typeof frame !== 'object' || frame === null || !('action' in frame) || frame.action !== 'auth') {
      this.#refuse('the first message must be {"action":"auth","token":"…"}')
    } else if (!('token' in frame) || typeof frame.token !== 'string' || !authenticator.matches(frame.token)) {
      metrics.signInFailed()
      this.#refuse('the token is not the one of this workstation')
    } else {
      clearTimeout(this.#timer)
      this.#send({ type: 'authenticated' })
      this.#open()
    }
  }

  #refuse(message: string): void {
    this.#send({ type: 'error', code: 'UNAUTHORIZED', message })
    this.#close(CLOSE.policy, 'UNAUTHORIZED')
  }

  /** False: this client is gone or too slow. A burst may pile up for a moment; what stays piled up is a client that does not read. */
  #send(frame: ServerFrame): boolean {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return false
    const waiting = socket.bufferedAmount
    if (waiting <= WAITING_BYTES_MAX) this.#overSince = undefined
    else this.#overSince ??= performance.now()
    const overMs = this.#overSince === undefined ? 0 : performance.now() - this.#overSince
    if (waiting > WAITING_BYTES_HARD_MAX || overMs > GRACE_MS) {
      this.#parts.metrics.slowClientDropped()
      this.#parts.options.logger.warn({ waiting }, 'a stream client did not keep up and was dropped; it may connect and resume')
      this.#close(CLOSE.tryAgainLater, 'too slow: connect again and resume')
      return false
    }
    socket.send(textOf(frame))
    return true
  }

  #tooManyFrames(): boolean {
    const second = Math.floor(performance.now() / 1_000)
    this.#framesInSecond = second === this.#second ? this.#framesInSecond + 1 : 1
    this.#second = second
    return this.#framesInSecond > FRAMES_PER_SECOND_MAX
  }

  #checkAlive(): void {
    if (!this.#alive) {
      this.#socket.terminate()
      return
    }
    this.#alive = false
    this.#socket.ping()
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason)
    this.#release()
    this.#timer = setTimeout(() => this.#socket.terminate(), CLOSE_DEADLINE_MS)
    this.#timer.unref()
  }

  #release(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#keepAlive)
    this.#session?.close()
    this.#session = undefined
  }
}

function textOf(frame: ServerFrame): string {
  const known = texts.get(frame)
  if (known !== undefined) return known
  const text = JSON.stringify(frame)
  texts.set(frame, text)
  return text
}

/** What is no JSON becomes something no frame is; the session answers it with an error. */
function parse(data: Buffer): never {
  try {
    return JSON.parse(data.toString('utf8')) as never
  } catch {
    return undefined as never
  }
}
