import type { DifferenceDecision } from '#domain/difference.ts'
import { parseSignalId, parseTraderId, type ClientOrderId, type TraderId } from '#domain/ids.ts'
import type { OrderSide } from '#domain/order.ts'
import type { Price } from '#domain/money/price.ts'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '#domain/risk.ts'
import type { Signal } from '#domain/signal.ts'
import type { TraderConfig } from '#domain/trader.ts'
import type { EngineCommand, ManualOrder, RecordableFact } from '#engine/ports.ts'
import type { Random } from '../core/random.ts'
import { MARKETS, priceOf, quantityOf, valueOf, type Market } from '../venue/market.ts'
import { askForPair, askForProtection, askToAmend, conditionalOrder, decideDifference, flaggedOrder } from './order-acts.ts'
import type { Wishes } from './wishes.ts'
import type { World } from './world.ts'

export const TRADERS: readonly TraderId[] = ['alpha', 'beta', 'hand'].map(parseTraderId)
const CASH_UNIT = 1_000_000_000_000n
/** At the end of the quiet time a person who was refused again and again reads what is suggested. */
const AS_SUGGESTED_MS = 40_000

const configOf = (traderId: TraderId, random: Random): TraderConfig => ({
  traderId,
  strategy: 'simulated',
  symbols: MARKETS.map(({ symbol }) => symbol),
  timeframe: '1m',
  params: {},
  orderNotional: random.pick(['100', '333.33', '1000']),
  desired: 'running',
  kind: traderId === 'hand' ? 'manual' : 'strategy',
})

export function limitsOf(random: Random): RiskLimits {
  return {
    ...DEFAULT_RISK_LIMITS,
    maxOrderNotional: random.pick(['600', '2000', '5000']),
    maxPositionNotional: random.pick(['1500', '5000', '10000']),
    maxOpenPositions: random.pick([2, 4, 9]),
    maxDailyLoss: random.pick(['3', '20', '200']),
    maxOrdersPerSecond: random.pick([2, 5, 20]),
    maxOpenOrders: random.pick([4, 12, 200]),
    referenceMaxAgeMs: random.pick([5_000, 60_000, 180_000]),
    priceCollarBps: random.pick(['100', '500']),
    unprotectedPolicy: random.pick(['CLOSE', 'ALARM']),
  }
}

/** What people, programs and strategies ask for. Every wish is made when its time comes, from what there is then. */
export class People implements Wishes {
  readonly #world: World
  readonly #random: Random
  /** Asked before, word for word: asked again now and then. */
  readonly #asked: EngineCommand[] = []
  #signals = 0

  constructor(world: World) {
    this.#world = world
    this.#random = world.random.split('people')
  }

  /** Traders and limits; asked again until the answer comes. */
  setUp(): void {
    const facts: RecordableFact[] = TRADERS.map((traderId) => ({
      type: 'TraderChanged',
      ts: 0,
      traderId,
      config: configOf(traderId, this.#random.split(traderId)),
      state: 'running',
    }))
    facts.push({ type: 'RiskLimitsSet', ts: 0, by: 'person', limits: limitsOf(this.#random.split('limits')) })
    this.#world.setUp = facts
    const ask = (): void => {
      let isDone = false
      this.#world.ask({ type: 'Record', facts }, (answer) => {
        isDone = answer.type === 'Done'
      })
      this.#world.scheduler.after(2_000, 'set-up', () => {
        if (!isDone) ask()
      })
    }
    ask()
  }

  act(kind: ActKind): void {
    ACTS[kind](this, this.#random)
  }

  ask(command: EngineCommand): void {
    this.#asked.push(command)
    this.#world.ask(command)
  }

  askAgain(): void {
    if (this.#asked.length > 0) this.#world.ask(this.#random.pick(this.#asked))
  }

  /** In the quiet time a person looks at every open difference and decides, again and again. */
  decideAll(forMs: number): void {
    const until = this.#world.scheduler.now + forMs
    const look = (): void => {
      const { scheduler, watch } = this.#world
      if (scheduler.now > until) return
      if (scheduler.now > until - AS_SUGGESTED_MS)
        for (const { differenceId, suggestion } of watch.books.differences.values()) this.decide(differenceId, suggestion)
      else for (let n = watch.books.differences.size; n > 0; n -= 1) decideDifference(this, this.#random, TRADERS)
      this.#world.scheduler.after(12_000, 'person looks', look)
    }
    this.#world.scheduler.after(20_000, 'person looks', look)
  }

  decide(differenceId: string, decision: DifferenceDecision): void {
    const traderId = this.#random.pick(TRADERS)
    this.#world.ask({ type: 'DecideDifference', differenceId, decision, traderId, by: 'person', reason: 'simulated' })
  }

  get world(): World {
    return this.#world
  }

  nextSignalId(): Signal['signalId'] {
    this.#signals += 1
    return parseSignalId(`s-${this.#signals}`)
  }

  price(market: Market, ticks: number): Price {
    return priceOf(market, Math.max(1, ticks))
  }

  /** A size of about so much money. */
  lots(market: Market, notional: number): number {
    const unit = valueOf(market, this.#world.venue.lastTicks(market), 1)
    return Math.max(market.minLots, Number((BigInt(notional) * CASH_UNIT) / unit))
  }

  signal(random: Random): Signal {
    const market = random.pick(MARKETS)
    const action = random.pick(['BUY', 'BUY', 'SELL', 'SELL', 'CLOSE_LONG', 'CLOSE_SHORT'] as const)
    const last = this.#world.venue.lastTicks(market)
    const away = (sign: number): Price => this.price(market, last + sign * random.between(1, market.stepTicks * 10))
    const sign = action === 'BUY' ? 1 : -1
    const entry = action === 'BUY' || action === 'SELL'
    return {
      signalId: this.nextSignalId(),
      traderId: random.pick(TRADERS),
      strategy: 'simulated',
      symbol: market.symbol,
      action,
      quantity: random.chance(0.7) && entry ? quantityOf(market, this.lots(market, random.pick([20, 200, 800, 1_500, 6_000]))) : undefined,
      stopLoss: entry && random.chance(0.5) ? away(-sign) : undefined,
      takeProfit: entry && random.chance(0.4) ? away(sign) : undefined,
      expiresAt: random.chance(0.1) ? this.#world.wallClock() + random.between(-500, 2_000) : undefined,
      ts: this.#world.wallClock(),
    }
  }

  manualOrder(random: Random, change: Partial<ManualOrder> = {}): ManualOrder {
    const market = random.pick(MARKETS)
    const side: OrderSide = random.pick(['BUY', 'SELL'])
    const type = random.pick(['MARKET', 'LIMIT', 'LIMIT'] as const)
    const last = this.#world.venue.lastTicks(market)
    return {
      signalId: this.nextSignalId(),
      traderId: random.pick(TRADERS),
      strategy: 'manual',
      symbol: market.symbol,
      side,
      type,
      quantity: quantityOf(market, this.lots(market, random.pick([50, 300, 900, 2_500]))),
      price: type === 'LIMIT' ? this.price(market, last + this.#away(market, random)) : undefined,
      reduceOnly: random.chance(0.35),
      ...change,
    }
  }

  /** Mostly near the price; now and then so far that the collar must refuse it. */
  #away(market: Market, random: Random): number {
    if (random.chance(0.06)) return Math.floor((random.pick([-1, 1]) * random.between(80, 800) * market.startTicks) / 10_000)
    return random.between(-market.stepTicks * 8, market.stepTicks * 8)
  }

  /** A working order of ours, or one that has ended. */
  anyOrder(random: Random): ClientOrderId | undefined {
    const working = this.#world.watch.books.working()
    const all = random.chance(0.9) && working.length > 0 ? working : [...this.#world.watch.books.orders.values()].slice(-10)
    return all.length === 0 ? undefined : random.pick(all).submitted.clientOrderId
  }
}

type Act = (people: People, random: Random) => void

const ACTS = {
  signal: (people, random) => people.ask({ type: 'SubmitSignals', signals: [people.signal(random)] }),
  burst: (people, random) => {
    for (let n = random.between(3, 12); n > 0; n -= 1) {
      const signal = people.signal(random)
      people.ask({ type: 'SubmitSignals', signals: random.chance(0.1) ? [signal, signal] : [signal] })
    }
  },
  order: (people, random) => people.ask({ type: 'SubmitOrder', order: people.manualOrder(random) }),
  cancel: (people, random) => {
    const clientOrderId = people.anyOrder(random)
    if (clientOrderId !== undefined) people.ask({ type: 'CancelOrder', clientOrderId, by: 'person' })
  },
  closePosition: (people, random) => {
    const held = [...people.world.watch.books.positions.values()].filter(({ quantity }) => quantity !== 0n)
    if (held.length === 0) return
    const { traderId, symbol } = random.pick(held)
    people.ask({
      type: 'ClosePosition',
      traderId: traderId as TraderId,
      symbol: symbol as never,
      by: 'person',
      signalId: people.nextSignalId(),
    })
  },
  flaggedOrder: (people, random) => people.ask({ type: 'SubmitOrder', order: flaggedOrder(people, random) }),
  conditionalOrder: (people, random) => people.ask({ type: 'SubmitOrder', order: conditionalOrder(people, random) }),
  pair: askForPair,
  amend: askToAmend,
  protection: askForProtection,
  reconcile: (people) => people.world.ask({ type: 'Reconcile', trigger: 'PERSON', by: 'person' }),
  decide: (people, random) => decideDifference(people, random, TRADERS),
  again: (people) => people.askAgain(),
  halt: (people, random) => {
    people.ask({ type: 'Halt', by: 'person', reason: 'simulated', flatten: random.chance(0.5) })
    if (random.chance(0.85))
      people.world.scheduler.after(random.between(500, 15_000), 'resume', () =>
        people.world.ask({ type: 'Resume', by: 'person', reason: 'simulated' }),
      )
  },
  limits: (people, random) =>
    people.ask({ type: 'Record', facts: [{ type: 'RiskLimitsSet', ts: 0, by: 'person', limits: limitsOf(random) }] }),
  trader: (people, random) => {
    const traderId = random.pick(TRADERS)
    const state = random.pick(['running', 'running', 'running', 'paused', 'stopped'] as const)
    people.ask({ type: 'Record', facts: [{ type: 'TraderChanged', ts: 0, traderId, config: configOf(traderId, random), state }] })
  },
} as const satisfies Readonly<Record<string, Act>>

export type ActKind = keyof typeof ACTS

const WEIGHTS: readonly (readonly [number, ActKind])[] = [
  [10, 'signal'],
  [3, 'burst'],
  [6, 'order'],
  [5, 'flaggedOrder'],
  [5, 'conditionalOrder'],
  [2.5, 'pair'],
  [4, 'amend'],
  [3, 'protection'],
  [0.5, 'reconcile'],
  [2, 'decide'],
  [5, 'cancel'],
  [2, 'closePosition'],
  [3, 'again'],
  [0.7, 'halt'],
  [0.5, 'limits'],
  [0.5, 'trader'],
]

/** Spreads the acts of a seed over its active time. */
export function startPeople(world: World): People {
  const people = new People(world)
  const dice = world.random.split('acts')
  people.setUp()
  for (let n = 0; n < world.plan.acts; n += 1) {
    const [at, kind] = [dice.between(2_500, Math.max(3_000, world.plan.activeMs)), dice.weighted(WEIGHTS)]
    world.scheduler.after(at, `act ${kind}`, () => people.act(kind))
  }
  return people
}
