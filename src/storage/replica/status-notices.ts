import type { ReplicaStatus } from './replica.ts'

const INTERVAL_MS = 250

/** Passes changes of state on at once and progress at most four times a second; the newest always arrives. */
export class StatusNotices {
  readonly #post: (status: ReplicaStatus) => void
  #pending: ReplicaStatus | undefined
  #state: ReplicaStatus['state'] | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(post: (status: ReplicaStatus) => void) {
    this.#post = post
  }

  notice(status: ReplicaStatus): void {
    this.#pending = status
    if (status.state !== this.#state) this.flush()
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.flush()
    }, INTERVAL_MS)
  }

  /** Says what is waiting, if anything. */
  flush(): void {
    const status = this.#pending
    if (status === undefined) return
    this.#pending = undefined
    this.#state = status.state
    this.#post(status)
  }

  close(): void {
    this.flush()
    clearTimeout(this.#timer)
  }
}
