import type { Faults } from '../core/faults.ts'
import type { Random } from '../core/random.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'

/** The client keeps to this share of the venue's budget. */
const BUDGET_SHARE = 0.8
/** A poll is left out when it would have to wait longer. */
const POLL_WAIT_MAX_MS = 1_500

/** How long the connector waits for an answer. */
export const REQUEST_TIMEOUT_MS = 3_000

export interface Request<T> {
  readonly name: string
  /** A second copy may reach the venue: only where the venue knows it for what it is. */
  readonly mayRepeat: boolean
  /** What it does when the budget is used up: an order is told so, a poll gives way, the rest waits its turn. */
  readonly patience: 'order' | 'poll' | 'waits'
  /** Runs at the venue, at the time it arrives. */
  readonly atVenue: () => T
  readonly done: (answer: T) => void
  /** 429 or ban: certainly not looked at. */
  readonly throttled: (retryAfterMs: number) => void
  /** No answer, or one that says nothing: done or not, nobody knows. */
  readonly lost: (reason: string) => void
}

/** The way to the venue and back, and the venue's front door: rate limit, ban, maintenance. */
export class Network {
  readonly #scheduler: Scheduler
  readonly #faults: Faults
  readonly #random: Random
  readonly #venue: FakeVenue
  #arrivals: number[] = []
  #strikes = 0
  /** When the client's own budget lets the next request go. */
  #nextFreeAt = 0
  #bannedUntil = 0
  restDownUntil = 0
  maintenanceUntil = 0
  /** Requests sent and not yet settled, for the checkers. */
  pending = 0

  constructor(options: { readonly scheduler: Scheduler; readonly faults: Faults; readonly random: Random; readonly venue: FakeVenue }) {
    this.#scheduler = options.scheduler
    this.#faults = options.faults
    this.#random = options.random
    this.#venue = options.venue
  }

  /** One answer, one of the three, exactly once. */
  request<T>(request: Request<T>): void {
    const scheduler = this.#scheduler
    const waitMs = Math.max(0, Math.ceil(this.#nextFreeAt - scheduler.now))
    if (request.patience !== 'waits' && waitMs > POLL_WAIT_MAX_MS) return request.throttled(waitMs)
    this.#nextFreeAt = scheduler.now + waitMs + 1_000 / (this.#venue.personality.requestsPerSecond * BUDGET_SHARE)
    if (waitMs === 0) this.#send(request)
    else scheduler.machine(waitMs, `${request.name} waits`, () => this.#send(request))
  }

  #send<T>(request: Request<T>): void {
    const scheduler = this.#scheduler
    this.pending += 1
    let settled = false
    const settle = (end: () => void): void => {
      if (settled) return
      settled = true
      this.pending -= 1
      end()
    }
    scheduler.machine(REQUEST_TIMEOUT_MS, `${request.name} timeout`, () => settle(() => request.lost('timeout')))
    if (this.#faults.happens('requestDropped') || scheduler.now < this.restDownUntil) return
    const sentAt = scheduler.now
    let letIn = false
    scheduler.after(this.#latency('requestDelayed'), `${request.name} arrives`, () => {
      letIn = this.#arrive(request, sentAt, settle)
    })
    if (!request.mayRepeat || !this.#faults.happens('requestDuplicated')) return
    // Nobody reads the answer to the second copy; what it does at the venue counts.
    scheduler.after(this.#latency('requestDelayed') + 100, `${request.name} arrives again`, () => {
      if (letIn) this.#atVenue(request)
    })
  }

  #atVenue<T>(request: Request<T>): T {
    this.#venue.now = this.#scheduler.now
    return request.atVenue()
  }

  #latency(kind: 'requestDelayed' | 'responseDelayed'): number {
    const usual = this.#random.between(3, 60)
    return this.#faults.happens(kind) ? usual + this.#faults.dice(kind).between(200, 8_000) : usual
  }

  /** Whether the venue took it. */
  #arrive<T>(request: Request<T>, sentAt: number, settle: (end: () => void) => void): boolean {
    const venue = this.#venue
    const answer = (name: string, end: () => void): false => {
      if (this.#faults.happens('responseDropped') || this.#scheduler.now < this.restDownUntil) return false
      this.#scheduler.machine(this.#latency('responseDelayed'), `${request.name} ${name}`, () => settle(end))
      return false
    }
    const wait = this.#frontDoor()
    if (wait !== undefined) {
      return answer('429', () => {
        this.#nextFreeAt = Math.max(this.#nextFreeAt, this.#scheduler.now + wait)
        request.throttled(wait)
      })
    }
    if (this.#scheduler.now < this.maintenanceUntil || this.#faults.happens('failedBefore'))
      return answer('503', () => request.lost('503 before'))
    // A venue refuses what was signed too long ago; without that no absence would ever be proof.
    if (this.#scheduler.now - sentAt > venue.personality.requestWindowMs)
      return answer('stale', () => request.lost('timestamp outside of the window'))
    const result = this.#atVenue(request)
    if (this.#faults.happens('failedAfter')) answer('503', () => request.lost('503 status unknown'))
    else if (this.#faults.happens('responseGarbled')) answer('garbled', () => request.lost('the answer cannot be read'))
    else answer('answered', () => request.done(result))
    return true
  }

  /** How long to wait before the next try, when the request is not let in. */
  #frontDoor(): number | undefined {
    const { requestsPerSecond, strikesBeforeBan, banMs } = this.#venue.personality
    const { now } = this.#scheduler
    if (now < this.#bannedUntil) return this.#bannedUntil - now
    this.#arrivals = this.#arrivals.filter((at) => at > now - 1_000)
    if (this.#arrivals.length < requestsPerSecond && !this.#faults.happens('throttled')) {
      this.#arrivals.push(now)
      return undefined
    }
    this.#strikes += 1
    if (this.#strikes >= strikesBeforeBan && banMs > 0) {
      this.#strikes = 0
      this.#bannedUntil = now + banMs
      return banMs
    }
    return 1_000
  }
}
