import type { RiskLimits } from '#domain/risk.ts'
import { DEFAULT_RISK_LIMITS } from '#domain/risk.ts'
import { Random } from '../core/random.ts'
import { ONE } from '../core/decimal.ts'
import { GateBench, PERPETUALS, randomAsked, textOfOrder } from './gate-bench.ts'
import type { LedgerOrder } from './ledger.ts'

export interface LimitsOutcome {
  readonly seed: number
  readonly orders: number
  readonly admitted: number
  /** Admitted although a rule was broken. */
  readonly leaks: readonly string[]
  /** Refused although none was. */
  readonly wrongRefusals: readonly string[]
}

function limitsOf(random: Random): RiskLimits {
  return {
    ...DEFAULT_RISK_LIMITS,
    maxOrderNotional: random.pick(['500', '1234.56', '5000']),
    maxPositionNotional: random.pick(['800', '2500.01', '10000']),
    maxOpenPositions: random.between(1, 6),
    maxDailyLoss: random.pick(['2', '25.5', '1000']),
    maxOrdersPerSecond: random.pick([1, 3, 10, 100]),
    priceCollarBps: random.pick(['25', '99.5', '500']),
    referenceMaxAgeMs: random.pick([1_000, 10_000]),
    maxOpenOrders: random.pick([2, 5, 30]),
  }
}

/**
 * C6, G15, G16: orders race the limits in bursts, with answers, fills and prices in between. Each order is judged by the gate and
 * by the oracle; both must say the same.
 */
export function runLimits(seed: number, orders: number, burstMax: number): LimitsOutcome {
  const random = new Random(`limits ${seed}`)
  const bench = new GateBench(limitsOf(random), random.pick([500, 2_000, 20_000]))
  const [leaks, wrongRefusals]: [string[], string[]] = [[], []]
  let [asked, admitted] = [0, 0]
  while (asked < orders) {
    for (let n = random.between(1, burstMax); n > 0 && asked < orders; n -= 1) {
      const order = randomAsked(bench, random)
      const { decision, broken } = bench.ask(order)
      asked += 1
      if (decision.outcome === 'ACCEPTED') admitted += 1
      const said = `seed ${seed}, order ${asked}: ${textOfOrder(order)}: the gate says ${decision.reason} ${decision.value ?? ''} ${decision.limit ?? ''}, the oracle ${broken.join(' ') || 'yes'}`
      if (decision.outcome === 'ACCEPTED' && broken.length > 0) leaks.push(said)
      if (decision.outcome !== 'ACCEPTED' && broken.length === 0) wrongRefusals.push(said)
      if (leaks.length + wrongRefusals.length > 0) return { seed, orders: asked, admitted, leaks, wrongRefusals }
    }
    befall(bench, random)
  }
  return { seed, orders: asked, admitted, leaks, wrongRefusals }
}

/** Between two bursts: answers in any order, prices, time. */
function befall(bench: GateBench, random: Random): void {
  for (let n = random.below(6); n > 0; n -= 1) {
    const working = bench.ledger.working()
    if (working.length === 0) break
    answer(bench, random.pick(working), random)
  }
  if (random.chance(0.6)) {
    const market = random.pick(PERPETUALS)
    const ticks = bench.ticks.get(market.symbol) ?? 0
    bench.price(market, Math.max(1, ticks + random.between(-market.stepTicks, market.stepTicks)))
  }
  bench.pass(random.pick([0, 1, 100, 999, 1_000, 1_001, 5_000]))
  if (random.chance(0.7)) for (const market of PERPETUALS) bench.price(market, bench.ticks.get(market.symbol) ?? 0)
}

function answer(bench: GateBench, order: LedgerOrder, random: Random): void {
  const market = PERPETUALS.find(({ symbol }) => symbol === order.symbol)
  if (market === undefined) return
  const kind = random.pick(['accept', 'fill', 'fill', 'part', 'cancel', 'reject'] as const)
  const lot = (BigInt(market.lotUnits) * ONE) / 10n ** BigInt(market.lotScale)
  const open = bench.ledger.open(order)
  const ticks = (bench.ticks.get(market.symbol) ?? 0) + random.between(-3, 3)
  if (kind === 'accept') bench.accept(order)
  else if (kind === 'fill') bench.fill(order, open, ticks, market)
  else if (kind === 'part') bench.fill(order, open / lot > 1n ? (open / lot / 2n) * lot : open, ticks, market)
  else if (kind === 'cancel') bench.cancel(order)
  else if (order.filled === 0n) bench.reject(order)
}
