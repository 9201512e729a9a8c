import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'

/** In falling order of urgency: what takes risk away goes before what adds it, and both before questions. */
export const LANES = ['CANCEL', 'EXIT', 'ENTRY', 'QUERY', 'DATA'] as const
export type Lane = (typeof LANES)[number]

/** Requests that may wait in one lane. */
const WAITING_MAX: Readonly<Record<Lane, number>> = { CANCEL: 5_000, EXIT: 2_000, ENTRY: 1_000, QUERY: 5_000, DATA: 200 }
/** How long a request may wait before it is given up unsent, milliseconds. A cancel never gets old. */
const WAIT_MAX_MS: Readonly<Record<Lane, number>> = {
  CANCEL: 60_000,
  EXIT: 10_000,
  ENTRY: 3_000,
  QUERY: 30_000,
  DATA: 10_000,
}
/** Share of requests on their way, and of the budget, that each lane leaves to the lanes above it. */
const RESERVED_SHARE: Readonly<Record<Lane, number>> = { CANCEL: 0, EXIT: 0.1, ENTRY: 0.25, QUERY: 0.4, DATA: 0.5 }

export interface LaneLimits {
  readonly requestsPerSecond: number
  readonly inFlightMax: number
}

interface Waiting {
  readonly start: () => void
  readonly refuse: (error: AppError) => void
  readonly since: number
}

/** The one gate to a venue: a budget a second, so many requests on their way, and the urgent ones first. */
export class RequestLanes {
  readonly #clock: Clock
  readonly #limits: LaneLimits
  readonly #queues = new Map<Lane, Waiting[]>(LANES.map((lane) => [lane, []]))
  #tokens: number
  #filledAt: number
  #inFlight = 0
  #brakeUntil = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(clock: Clock, limits: LaneLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#tokens = limits.requestsPerSecond
    this.#filledAt = clock.elapsed()
  }

  /** How long the venue has asked us to be quiet still, milliseconds. */
  get waitMs(): number {
    return Math.max(0, this.#brakeUntil - this.#clock.elapsed())
  }

  get waiting(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0)
  }

  /** The venue refused for too many requests: nobody speaks until then, but a cancel may try. */
  brake(forMs: number): void {
    this.#brakeUntil = Math.max(this.#brakeUntil, this.#clock.elapsed() + forMs)
  }

  /** Runs a request when it is its turn. Throws `QUEUE_FULL` or `DEADLINE_EXCEEDED` when it was not sent at all. */
  async run<T>(lane: Lane, what: string, request: () => Promise<T>): Promise<T> {
    await this.#turn(lane, what)
    try {
      return await request()
    } finally {
      this.#inFlight -= 1
      this.#pump()
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const queue of this.#queues.values()) for (const waiting of queue.splice(0)) waiting.refuse(notSent('the connector was closed'))
  }

  #turn(lane: Lane, what: string): Promise<void> {
    const queue = this.#queues.get(lane) ?? []
    if (this.#isClosed) return Promise.reject(notSent(`the connector is closed; ${what}`))
    if (queue.length >= WAITING_MAX[lane])
      return Promise.reject(new AppError('QUEUE_FULL', `More than ${WAITING_MAX[lane]} requests wait for the venue. ${what} was not sent.`))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    queue.push({ start: resolve, refuse: reject, since: this.#clock.elapsed() })
    this.#pump()
    return promise
  }

  #pump(): void {
    const now = this.#clock.elapsed()
    this.#refill(now)
    this.#dropOld(now)
    for (const lane of LANES) {
      const queue = this.#queues.get(lane) ?? []
      while (queue.length > 0 && this.#mayGo(lane, now)) {
        this.#tokens -= 1
        this.#inFlight += 1
        queue.shift()?.start()
      }
    }
    if (this.#timer === undefined && this.waiting > 0 && !this.#isClosed) {
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined
          this.#pump()
        },
        Math.ceil(1_000 / this.#limits.requestsPerSecond),
      )
    }
  }

  #mayGo(lane: Lane, now: number): boolean {
    const { requestsPerSecond, inFlightMax } = this.#limits
    const reserved = RESERVED_SHARE[lane]
    if (lane !== 'CANCEL' && now < this.#brakeUntil) return false
    return this.#tokens >= 1 + requestsPerSecond * reserved && this.#inFlight < inFlightMax * (1 - reserved)
  }

  #refill(now: number): void {
    const { requestsPerSecond } = this.#limits
    this.#tokens = Math.min(requestsPerSecond, this.#tokens + ((now - this.#filledAt) / 1_000) * requestsPerSecond)
    this.#filledAt = now
  }

  #dropOld(now: number): void {
    for (const lane of LANES) {
      const queue = this.#queues.get(lane) ?? []
      while (queue[0] !== undefined && now - queue[0].since > WAIT_MAX_MS[lane])
        queue.shift()?.refuse(notSent(`it waited longer than ${WAIT_MAX_MS[lane]} ms`))
    }
  }
}

function notSent(why: string): AppError {
  return new AppError('DEADLINE_EXCEEDED', `A request to the venue was not sent: ${why}.`)
}
