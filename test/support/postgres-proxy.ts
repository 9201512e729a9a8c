import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** What becomes of a COMMIT on its way: it passes, its answer is lost after the server has done it, or it never arrives. */
export type CommitFate = 'pass' | 'lose-answer' | 'lose-request'

const COMMIT_REQUEST = Buffer.from('COMMIT\0')
const COMMIT_DONE = Buffer.from('COMMIT\0')

/** A cable between a client and Postgres that can be cut at the worst moments. */
export class PostgresProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Asked at each COMMIT. */
  fate: () => CommitFate = () => 'pass'
  /** Nothing passes in either direction, and nobody is told. */
  frozen = false
  /** How long everything is under way, each way. */
  delayMs = 0
  commitsLost = 0
  requestsLost = 0

  private constructor(server: Server) {
    this.#server = server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<PostgresProxy> {
    const server = createServer()
    const proxy = new PostgresProxy(server)
    server.on('connection', (client) => proxy.#join(client, connect(target.port, target.host)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  #join(client: Socket, server: Socket): void {
    let isCommitting = false
    const toServer = new Delay(server)
    const toClient = new Delay(client)
    const cut = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (data) => {
      if (this.frozen) return
      if (data.includes(COMMIT_REQUEST)) {
        const fate = this.fate()
        if (fate === 'lose-request') {
          this.requestsLost += 1
          return cut()
        }
        isCommitting = fate === 'lose-answer'
      }
      toServer.write(data, this.delayMs)
    })
    server.on('data', (data) => {
      if (this.frozen) return
      if (isCommitting && data.includes(COMMIT_DONE)) {
        this.commitsLost += 1
        return cut()
      }
      toClient.write(data, this.delayMs)
    })
  }

  /** Cuts every connection at once. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Passes data on later, in its order, also when the delay changes meanwhile. */
class Delay {
  readonly #target: Socket
  readonly #waiting: { readonly data: Buffer; readonly due: number }[] = []

  constructor(target: Socket) {
    this.#target = target
  }

  write(data: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#waiting.length === 0) {
      this.#target.write(data)
      return
    }
    this.#waiting.push({ data, due: performance.now() + delayMs })
    if (this.#waiting.length === 1) this.#schedule()
  }

  #schedule(): void {
    const [next] = this.#waiting
    if (next === undefined) return
    setTimeout(
      () => {
        this.#waiting.shift()
        if (!this.#target.destroyed) this.#target.write(next.data)
        this.#schedule()
      },
      Math.max(0, next.due - performance.now()),
    )
  }
}
