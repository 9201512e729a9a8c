import type { FaultKind } from '../core/faults.ts'
import { MARKETS } from '../venue/market.ts'
import type { World } from './world.ts'
import { disconnect } from './world-parts.ts'

const LOOK_EVERY_MS = 1_000

/** What can befall the machine, the lines and the exchange, once a second. Each has its own small function. */
const BLOWS: Readonly<Partial<Record<FaultKind, (world: World) => void>>> = {
  streamSilent: silenceStream,
  disconnect: (world) => disconnect(world, world.faults.dice('disconnect').between(200, 15_000)),
  restOutage: (world) => {
    world.network.restDownUntil = world.scheduler.now + world.faults.dice('restOutage').between(1_000, 20_000)
  },
  maintenance: (world) => {
    world.network.maintenanceUntil = world.scheduler.now + world.faults.dice('maintenance').between(5_000, 20_000)
  },
  exchangeThreadDies: (world) => world.exchangeThreadDies(),
  clockStep: stepClock,
  stall: (world) => world.scheduler.freeze(world.scheduler.now + world.faults.dice('stall').between(1_000, 60_000)),
  suspend,
  crash,
  diskFull: (world) => {
    world.journal.isFull = true
  },
  externalOrder: tradeByHand,
}

export function startNemesis(world: World, until: number): void {
  const look = (): void => {
    if (world.scheduler.now >= until) return
    for (const kind of Object.keys(BLOWS) as FaultKind[]) if (world.faults.happens(kind)) BLOWS[kind]?.(world)
    world.scheduler.after(LOOK_EVERY_MS, 'nemesis', look)
  }
  world.scheduler.after(LOOK_EVERY_MS, 'nemesis', look)
}

/** Heartbeats go on, events do not (11, 28); after a while the connector's watch notices and connects anew. */
function silenceStream(world: World): void {
  const silentMs = world.faults.dice('streamSilent').between(5_000, 30_000)
  world.stream.silentUntil = world.scheduler.now + silentMs
  world.scheduler.machine(silentMs, 'stale stream noticed', () => disconnect(world, 500))
}

/** By up to five seconds, or back by an hour. */
function stepClock(world: World): void {
  const dice = world.faults.dice('clockStep')
  world.wallOffsetMs = dice.chance(0.2) ? -3_600_000 : dice.between(-5_000, 5_000)
}

/** The lid is shut: nothing of ours runs, the exchange goes on. The sockets are dead afterwards. */
function suspend(world: World): void {
  const dice = world.faults.dice('suspend')
  const forMs = dice.chance(0.7) ? dice.between(60_000, 600_000) : dice.between(600_000, 43_200_000)
  world.scheduler.freeze(world.scheduler.now + forMs)
  world.scheduler.machine(forMs, 'wake', () => disconnect(world, dice.between(200, 3_000)))
}

function crash(world: World): void {
  const again = world.faults.happens('crashInRecovery') ? (world.faults.happens('crashInRecovery') ? 2 : 1) : 0
  world.crash(world.faults.happens('tornRecord'), again)
}

/** A person on the exchange's own page. */
function tradeByHand(world: World): void {
  const dice = world.faults.dice('externalOrder')
  const market = dice.pick(MARKETS)
  const held = world.venue.positions.get(market.symbol) ?? 0
  const side = dice.chance(0.5) || (market.kind === 'spot' && held <= 0) ? 'BUY' : 'SELL'
  const lots = market.kind === 'spot' && side === 'SELL' ? dice.between(1, held) : dice.between(market.minLots, market.minLots * 40)
  const last = world.venue.lastTicks(market)
  const priceTicks = dice.chance(0.5) ? undefined : last - (side === 'BUY' ? 1 : -1) * dice.between(1, market.stepTicks * 6)
  world.venue.now = world.scheduler.now
  world.venue.submitByHand({ market, side, lots, priceTicks })
}
