import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import type { ServerFrame } from '#contract/stream.ts'
import { startGateway, type Gateway } from '#gateway/gateway.ts'
import type { GatewayOptions } from '#gateway/types.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { startFront, type Front } from './workstation-front.ts'

export const TOKEN = 'test-token-0123456789abcdef'

export interface RunningGateway {
  readonly front: Front
  readonly gateway: Gateway
  /** `fetch` with the token. */
  call(path: string, init?: RequestInit): Promise<Response>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

export async function runGateway(options: Partial<GatewayOptions> = {}, front: Front = startFront()): Promise<RunningGateway> {
  const workstation = {
    router: front.router,
    openStream: front.stream.openStream.bind(front.stream),
    status: front.status,
    metrics: async () => '# HELP bot_trading_test A test.\n# TYPE bot_trading_test gauge\nbot_trading_test 1\n',
  }
  const gateway = await startGateway({
    workstation,
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    logger: silentLogger,
    version: '3.0.0',
    ...options,
  })
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${gateway.url}${path}`, { ...init, headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string>) } })
  return {
    front,
    gateway,
    call,
    post: (path, body, headers = {}) =>
      call(path, {
        method: 'POST',
        ...(body === undefined ? { headers } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
      }),
    close: async () => {
      await gateway.close()
      front.stream.close()
    },
  }
}

/** Sends bytes as they are and answers with what came back until the other side closed or the deadline passed. */
export async function rawRequest(
  port: number,
  bytes: string,
  { host = '127.0.0.1', deadlineMs = 3_000 } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(port, host)
  socket.setTimeout(deadlineMs, () => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('utf8')
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }
}

/** A `ws` client that keeps what it heard. */
export class StreamClient {
  readonly frames: ServerFrame[] = []
  readonly socket: WebSocket
  #waiting: (() => void)[] = []
  closed: { readonly code: number; readonly reason: string } | undefined

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws/v1/stream`, { headers })
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString('utf8')) as ServerFrame)
      this.#wake()
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') }
      this.#wake()
    })
    this.socket.on('error', () => undefined)
  }

  async open(): Promise<this> {
    if (this.socket.readyState !== this.socket.OPEN) await once(this.socket, 'open')
    return this
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** The first frame that fits, once it is there. Throws after the deadline. */
  async until(fits: (frame: ServerFrame) => boolean, deadlineMs = 3_000): Promise<ServerFrame> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const found = this.frames.find(fits)
      if (found !== undefined) return found
      if (performance.now() > end) throw new Error(`no such frame among ${JSON.stringify(this.frames).slice(0, 500)}`)
      await this.#next(100)
    }
  }

  async untilClosed(deadlineMs = 8_000): Promise<{ readonly code: number; readonly reason: string }> {
    const end = performance.now() + deadlineMs
    while (this.closed === undefined) {
      if (performance.now() > end) throw new Error('the socket was not closed')
      await this.#next(100)
    }
    return this.closed
  }

  close(): void {
    this.socket.terminate()
  }

  async #next(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
