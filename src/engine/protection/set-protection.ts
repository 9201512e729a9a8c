import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import type { EngineAnswer, EngineCommand } from '../ports.ts'
import { newestCandle, positionKey, type HeldPosition, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { exitSide } from './close-position.ts'
import { advantage, further, isLong } from './levels.ts'
import { planWith, readPlan, wantedProtection } from './plan.ts'
import { watchPositions } from './watch-positions.ts'

type SetProtection = Extract<EngineCommand, { readonly type: 'SetProtection' }>

/** A person's plan for a position. Its stop may be nearer than the one in force, never further: to loosen it, take it away first. */
export function setProtection(tx: Transaction, command: SetProtection): EngineAnswer {
  const { traderId, symbol, plan } = command
  const position = tx.state.positions.get(positionKey(traderId, symbol))
  if (position === undefined || position.quantity.units === 0n) {
    return { type: 'Refused', code: 'NOT_FOUND', message: `${traderId} holds no ${symbol}. Nothing was changed.` }
  }
  const refused = plan === null ? undefined : refusePlan(tx, position, plan)
  if (refused !== undefined) return refused
  tx.record({
    type: 'ActionAudited',
    ts: tx.ts,
    actor: command.by,
    action: 'set-protection',
    target: `${traderId} ${symbol}`,
    before: wordsOf(tx, position),
    after: plan === null ? 'none' : JSON.stringify(plan),
  })
  recordPlan(tx, position, plan, command.by)
  const last = priceOf(tx, symbol)
  if (last !== undefined) watchPositions(tx, { symbol, low: last, high: last, last })
  return { type: 'Done', seq: 0 }
}

function refusePlan(tx: Transaction, position: HeldPosition, plan: ProtectionPlan): EngineAnswer | undefined {
  const reference = priceOf(tx, position.symbol)
  if (reference === undefined) {
    return {
      type: 'Refused',
      code: 'REFUSED',
      reason: 'NO_REFERENCE_PRICE',
      message: `There is no price for ${position.symbol} yet. Nothing was changed.`,
    }
  }
  const side = isLong(position) ? 'BUY' : 'SELL'
  const checked = wantedProtection({ protection: plan }, side, reference)
  if ('refusal' in checked) {
    const { reason, value = '', limit = '' } = checked.refusal
    return { type: 'Refused', code: 'REFUSED', ...checked.refusal, message: `${reason}: ${value} against ${limit}. Nothing was changed.` }
  }
  const { stopLoss } = checked.wanted
  const inForce = position.stopLoss
  const isAsBefore = plan.stopLoss === tx.state.guards.get(positionKey(position.traderId, position.symbol))?.plan?.stopLoss
  if (stopLoss === undefined || inForce === undefined || isAsBefore || advantage({ isLong: isLong(position) }, stopLoss, inForce) >= 0)
    return undefined
  return {
    type: 'Refused',
    code: 'REFUSED',
    reason: 'PROTECTION_WRONG_SIDE',
    value: `stop ${Price.format(stopLoss)}`,
    limit: `stop in force ${Price.format(inForce)}`,
    message: `The stop of ${position.symbol} stands at ${Price.format(inForce)} and only moves in favour of the position. Nothing was changed. To loosen it, remove the protection first.`,
  }
}

function wordsOf(tx: Transaction, { traderId, symbol, stopLoss, takeProfit }: HeldPosition): string {
  const plan = tx.state.guards.get(positionKey(traderId, symbol))?.plan
  if (plan === undefined && stopLoss === undefined && takeProfit === undefined) return 'none'
  return JSON.stringify(planWith(plan ?? {}, { stopLoss, takeProfit }))
}

function priceOf(tx: Transaction, symbol: InstrumentSymbol): Price | undefined {
  return tx.state.marks.get(symbol)?.price ?? newestCandle(tx.state, symbol)?.close
}

/** Records a plan with the stop that is then in force: the better of its own and the present one. */
function recordPlan(tx: Transaction, position: HeldPosition, plan: ProtectionPlan | null, by: string): void {
  const { traderId, symbol } = position
  tx.record({ type: 'ProtectionSet', ts: tx.ts, traderId, symbol, plan: plan === null ? null : withBetterStop(position, plan), by })
}

function withBetterStop(position: HeldPosition, plan: ProtectionPlan): ProtectionPlan {
  const read = readPlan(plan)
  if ('problem' in read) return plan
  const { stopLoss, takeProfit } = read.plan
  const better = position.stopLoss === undefined ? stopLoss : further({ isLong: isLong(position) }, stopLoss, position.stopLoss)
  return planWith(plan, { stopLoss: better, takeProfit })
}

/** A fill of an entry that brings a whole plan: the position takes it over. */
export function adoptPlan(tx: Transaction, order: TrackedOrder): void {
  const key = positionKey(order.traderId, order.symbol)
  const position = tx.state.positions.get(key)
  if (order.protection === undefined || position === undefined || position.quantity.units === 0n || exitSide(position) === order.side)
    return
  const present = tx.state.guards.get(key)?.plan
  const plan = withBetterStop(position, order.protection)
  const isSame = present !== undefined && JSON.stringify(withBetterStop(position, present)) === JSON.stringify(plan)
  if (!isSame) recordPlan(tx, position, plan, entryOf(order.traderId, order.strategy))
}

const entryOf = (traderId: TraderId, strategy: string): string => `${traderId} (${strategy})`
