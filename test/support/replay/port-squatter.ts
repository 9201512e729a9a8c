import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 1

/** Holds a local port as some other program would, as soon as it is free. */
export class PortSquatter implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** A port that nobody held a moment ago. */
  static async freePort(): Promise<number> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
    const address = server.address()
    await new Promise((resolve) => server.close(resolve))
    if (typeof address !== 'object' || address === null) throw new Error('a server without an address')
    return address.port
  }

  /** Undefined when somebody else was faster. */
  static async take(port: number, deadlineMs: number): Promise<PortSquatter | undefined> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const server = createServer((socket) => socket.destroy())
      const isTaken = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false))
        server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true))
      })
      if (isTaken) return new PortSquatter(server)
      if (performance.now() > deadline) return undefined
      await sleep(POLL_MS)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
