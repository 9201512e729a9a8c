import { EventEmitter } from 'node:events'
import type { MessagePortMain } from 'electron'

/** One end of a channel. Like the real one it copies what it carries, keeps it until `start()`, and closes both ends. */
export class StandInPort extends EventEmitter implements Pick<MessagePortMain, 'postMessage' | 'start' | 'close'> {
  peer: StandInPort | null = null
  #started = false
  #closed = false
  readonly #waiting: unknown[] = []

  postMessage(message: unknown): void {
    const copy: unknown = structuredClone(message)
    const { peer } = this
    if (this.#closed || peer === null) return
    setImmediate(() => peer.#receive(copy))
  }

  start(): void {
    this.#started = true
    for (const data of this.#waiting.splice(0)) this.#receive(data)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    setImmediate(() => {
      this.emit('close')
      this.peer?.close()
    })
  }

  #receive(data: unknown): void {
    if (this.#closed) return
    if (this.#started) this.emit('message', { data, ports: [] })
    else this.#waiting.push(data)
  }
}

export class StandInChannel {
  readonly port1 = new StandInPort()
  readonly port2 = new StandInPort()
  constructor() {
    this.port1.peer = this.port2
    this.port2.peer = this.port1
  }
}
