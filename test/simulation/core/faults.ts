import type { Random } from './random.ts'

/**
 * Each kind of fault with the range its rate is drawn from, per chance to happen. Numbers in the comments: incidents of the
 * reliability study (section 5) that the fault stands for.
 */
export const FAULTS = {
  /** A request never arrives; the caller times out (1, 3, 35). */
  requestDropped: [0.01, 0.25],
  /** It arrives twice (37). */
  requestDuplicated: [0.01, 0.2],
  /** It arrives seconds late: after a cancel, after the time-out (13). */
  requestDelayed: [0.01, 0.2],
  /** The answer is lost: accepted, and nobody knows (1, 35, 40). */
  responseDropped: [0.01, 0.25],
  responseDelayed: [0.01, 0.2],
  /** Answered 5xx without having been looked at. */
  failedBefore: [0.01, 0.15],
  /** Answered 5xx after it was done: "status unknown" (35). */
  failedAfter: [0.01, 0.2],
  /** The answer cannot be parsed after the send. */
  responseGarbled: [0.01, 0.1],
  /** Refused with a 429 although the budget is kept. */
  throttled: [0.01, 0.2],
  /** The venue says no, for reasons of its own. */
  rejected: [0.01, 0.15],
  /** One private frame is lost, the stream goes on (24). */
  frameDropped: [0.01, 0.3],
  frameDuplicated: [0.01, 0.3],
  /** Frames overtake each other (18). */
  frameDelayed: [0.01, 0.3],
  /** A frame carries nonsense: a price of zero, a time far in the future. */
  frameGarbled: [0.005, 0.1],
  quoteDropped: [0.01, 0.5],
  quoteGarbled: [0.01, 0.1],
  /** The private stream is alive and silent (11, 28). */
  streamSilent: [0.002, 0.02],
  disconnect: [0.002, 0.03],
  /** No request is answered for a while; the stream goes on (1). */
  restOutage: [0.002, 0.02],
  maintenance: [0.002, 0.01],
  /** The exchange thread dies and is started again. */
  exchangeThreadDies: [0.002, 0.02],
  /** The wall clock of the machine is set by some seconds, or back by an hour. */
  clockStep: [0.002, 0.02],
  /** The process stands still. */
  stall: [0.002, 0.02],
  /** The machine sleeps (T35). */
  suspend: [0.0005, 0.008],
  crash: [0.002, 0.04],
  /** The next recovery is cut short, too. */
  crashInRecovery: [0.1, 0.6],
  /** The last batch is on the disk in part. */
  tornRecord: [0.1, 0.9],
  slowSync: [0.01, 0.2],
  diskFull: [0.001, 0.01],
  traderDies: [0.01, 0.1],
  traderRepeats: [0.01, 0.2],
  traderThrows: [0.01, 0.1],
  postgresDown: [0.01, 0.2],
  /** The connection dies while COMMIT is on its way: done or not, nobody knows. */
  postgresDiesInCommit: [0.01, 0.2],
  /** A person trades on the exchange's own page. */
  externalOrder: [0.002, 0.02],
} as const satisfies Readonly<Record<string, readonly [low: number, high: number]>>

export type FaultKind = keyof typeof FAULTS
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[]

export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>

/** Swarm: each seed has its own few faults, each at a rate of its own. One seed in eight has none. */
export function drawRates(random: Random): FaultRates {
  if (random.chance(0.12)) return {}
  const share = random.pick([0.15, 0.3, 0.5, 0.8])
  const rates: Partial<Record<FaultKind, number>> = {}
  for (const kind of FAULT_KINDS) {
    const dice = random.split(kind)
    if (!dice.chance(share)) continue
    const [low, high] = FAULTS[kind]
    rates[kind] = low * (high / low) ** dice.float()
  }
  return rates
}

/** Asks whether a fault happens now. Every kind has dice of its own, so that switching one off does not move the others. */
export class Faults {
  readonly #rates: FaultRates
  readonly #dice = new Map<FaultKind, Random>()
  readonly #random: Random
  readonly happened = new Map<FaultKind, number>()
  #stopped = false

  constructor(rates: FaultRates, random: Random) {
    this.#rates = rates
    this.#random = random
  }

  /** From now on the world is kind: whatever is broken must mend. */
  stop(): void {
    this.#stopped = true
  }

  happens(kind: FaultKind): boolean {
    const rate = this.#rates[kind]
    if (rate === undefined || this.#stopped || !this.dice(kind).chance(rate)) return false
    this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1)
    return true
  }

  dice(kind: FaultKind): Random {
    let dice = this.#dice.get(kind)
    if (dice === undefined) this.#dice.set(kind, (dice = this.#random.split(kind)))
    return dice
  }
}
