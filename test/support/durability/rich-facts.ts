import { DIFFERENCE_DECISIONS, DIFFERENCE_KINDS, RECONCILE_TRIGGERS } from '#domain/difference.ts'
import type { Fact, OrderFilled, OrderSubmitted } from '#domain/facts.ts'
import { parseClientOrderId, parseTraderId } from '#domain/ids.ts'
import { ORDER_TYPES, TIMES_IN_FORCE } from '#domain/order.ts'
import { PROTECTION_CAUSES, type ProtectionPlan } from '#domain/protection.ts'
import { DEFAULT_RISK_LIMITS } from '#domain/risk.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { seeded } from '#test/support/replay/seeded.ts'

const DIFFERENCE_IDS = 5

/**
 * The believable life of `syntheticFacts`, and between its facts all the others there are: orders of every kind, amended
 * and canceled, plans set, moved and taken away, positions taken over, differences that come, go and come again.
 */
export function richFacts(count: number, seed = 1): readonly Fact[] {
  const random = seeded(seed)
  const facts: Fact[] = []
  for (const fact of syntheticFacts(count, seed)) {
    if (facts.length >= count) break
    if (fact.type === 'OrderSubmitted') facts.push(submitted(fact, random))
    else facts.push(fact)
    if (fact.type === 'OrderStatusChanged') facts.push(...amendments(fact, random))
    if (fact.type === 'OrderFilled') facts.push(...guarded(fact, random))
    if (fact.type === 'EquityMarked') facts.push(...disagreements(fact.ts, random), ...acts(fact.ts, random))
  }
  return facts
}

function pick<T>(list: readonly T[], random: () => number): T {
  const item = list[Math.floor(random() * list.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

const price = (random: () => number): string => (500 + random() * 1_000).toFixed(2)

function submitted(fact: OrderSubmitted, random: () => number): OrderSubmitted {
  if (random() < 0.5) return fact
  const orderType = pick(ORDER_TYPES, random)
  return {
    ...fact,
    orderType,
    timeInForce: pick(TIMES_IN_FORCE, random),
    ...(orderType.endsWith('LIMIT') ? { price: price(random), postOnly: random() < 0.5 } : {}),
    ...(orderType === 'TRAILING_STOP' ? { trailing: { by: 'BPS', distance: '25.5' }, highWater: price(random) } : {}),
    ...(orderType === 'MARKET' || orderType === 'LIMIT'
      ? {}
      : { triggerPrice: price(random), execution: pick(['NATIVE', 'EMULATED'], random) }),
    ...(random() < 0.3 ? { ocoGroup: `group-${Math.floor(random() * 9)}` } : {}),
    ...(random() < 0.2 ? { ladderLevel: Math.floor(random() * 4), replaces: parseClientOrderId('r'.repeat(26)) } : {}),
    ...(random() < 0.4 ? { stopLoss: price(random), takeProfit: price(random), protection: plan(random) } : {}),
  }
}

function plan(random: () => number): ProtectionPlan {
  return {
    ...(random() < 0.7 ? { stopLoss: price(random) } : {}),
    ...(random() < 0.5 ? { takeProfit: price(random) } : {}),
    ...(random() < 0.5 ? { trailing: { by: 'ATR', distance: '2.5', activationBps: '100' } } : {}),
    ...(random() < 0.3 ? { ladder: [{ atBps: '100', shareBps: '5000' }] } : {}),
  }
}

function amendments(fact: Extract<Fact, { readonly type: 'OrderStatusChanged' }>, random: () => number): readonly Fact[] {
  const { ts, clientOrderId, symbol, traderId } = fact
  const order = { ts, clientOrderId, symbol, traderId }
  const facts: Fact[] = []
  if (random() < 0.3)
    facts.push({ type: 'OrderAmendRequested', ...order, quantity: '0.5', ...(random() < 0.5 ? { price: price(random) } : {}) })
  if (random() < 0.3)
    facts.push({
      type: 'OrderAmended',
      ...order,
      quantity: (0.1 + random()).toFixed(4),
      ...(random() < 0.6 ? { price: price(random) } : {}),
      ...(random() < 0.3 ? { triggerPrice: price(random), highWater: price(random), triggered: true } : {}),
      ...(random() < 0.3 ? { reason: 'the exchange gave less' } : {}),
    })
  if (random() < 0.1) facts.push({ type: 'OrderStatusChanged', ...order, status: 'PENDING_CANCEL', reason: 'a person asked for it' })
  if (random() < 0.1) facts.push({ type: 'OrderStatusChanged', ...order, status: 'CANCELED' })
  return facts
}

function guarded(fact: OrderFilled, random: () => number): readonly Fact[] {
  const { ts, traderId, symbol } = fact
  const where = { ts, traderId, symbol }
  const facts: Fact[] = []
  if (random() < 0.4) facts.push({ type: 'ProtectionSet', ...where, plan: random() < 0.2 ? null : plan(random), by: 'test' })
  while (random() < 0.5)
    facts.push({
      type: 'ProtectionMoved',
      ...where,
      cause: pick(PROTECTION_CAUSES, random),
      ...(random() < 0.7 ? { stopLoss: price(random) } : {}),
      ...(random() < 0.7 ? { highWater: price(random) } : {}),
      ...(random() < 0.1 ? { closing: 'STOP_LOSS' } : {}),
    })
  if (random() < 0.05)
    facts.push({
      type: 'PositionAssigned',
      ...where,
      differenceId: 'POSITION:paper',
      exchange: fact.exchange,
      quantity: '0.25',
      price: price(random),
      position: { ...fact.position, ...(random() < 0.5 ? { quantity: '0' } : { stopLoss: price(random) }) },
      by: 'test',
    })
  return facts
}

function disagreements(ts: number, random: () => number): readonly Fact[] {
  if (random() < 0.6) return []
  const differenceId = `difference-${Math.floor(random() * DIFFERENCE_IDS)}`
  if (random() < 0.4) {
    const decision = pick([...DIFFERENCE_DECISIONS, 'GONE'] as const, random)
    return [
      {
        type: 'DifferenceClosed',
        ts,
        differenceId,
        decision,
        by: 'test',
        ...(random() < 0.5 ? { reason: 'seen', traderId: parseTraderId('alpha') } : {}),
      },
    ]
  }
  const kind = pick(DIFFERENCE_KINDS, random)
  const found: Fact = {
    type: 'DifferenceFound',
    ts,
    difference: {
      differenceId,
      kind,
      exchange: 'paper',
      ...(kind === 'BALANCE' ? { currency: 'USDT' } : { symbol: pick(syntheticSymbols, random) }),
      ours: price(random),
      theirs: price(random),
      cause: 'somebody traded by hand',
      suggestion: pick(DIFFERENCE_DECISIONS, random),
      blocking: random() < 0.5,
    },
  }
  const done: Fact = {
    type: 'ReconciliationDone',
    ts,
    exchange: 'paper',
    trigger: pick(RECONCILE_TRIGGERS, random),
    orders: 3,
    positions: 2,
    fills: 1,
    recoveredFills: 0,
    openDifferences: 1,
  }
  return [found, done]
}

const syntheticSymbols = syntheticFacts(0).flatMap((fact) => (fact.type === 'InstrumentListed' ? [fact.symbol] : []))
const traderFacts = syntheticFacts(0).filter((fact) => fact.type === 'TraderChanged')

function acts(ts: number, random: () => number): readonly Fact[] {
  const facts: Fact[] = []
  if (random() < 0.03) facts.push({ type: 'TraderRemoved', ts, traderId: parseTraderId('alpha') })
  if (random() < 0.05) facts.push({ ...pick(traderFacts, random), ts, state: 'paused', reason: 'lunch' })
  if (random() < 0.03) facts.push({ type: 'TradingHalted', ts, by: 'test', reason: 'storm', flatten: random() < 0.5 })
  if (random() < 0.03) facts.push({ type: 'TradingResumed', ts, by: 'test', reason: 'calm' })
  if (random() < 0.03)
    facts.push({ type: 'RiskLimitsSet', ts, by: 'test', limits: { ...DEFAULT_RISK_LIMITS, maxOrderNotional: price(random) } })
  return facts
}
