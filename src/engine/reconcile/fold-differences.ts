import type { DifferenceClosed, DifferenceFound, OrderFilled, PositionAssigned } from '#domain/facts.ts'
import type { Difference } from '#domain/difference.ts'
import { Money } from '#domain/money/money.ts'
import { SignedQuantity } from '#domain/money/quantity.ts'
import { putPosition } from '../portfolio/put-position.ts'
import { ALL_INSTRUMENTS, positionKey, type EngineState } from '../state.ts'

/** Differences folded from facts: the same code live and after a restart. */

export function applyDifferenceFound(state: EngineState, { difference }: DifferenceFound): void {
  const before = state.differences.get(difference.differenceId)
  if (before !== undefined) unblock(state, before)
  state.settledDifferences.delete(difference.differenceId)
  openDifference(state, difference)
}

export function applyDifferenceClosed(state: EngineState, { differenceId, decision, ts }: DifferenceClosed): void {
  const difference = state.differences.get(differenceId) ?? state.settledDifferences.get(differenceId)?.difference
  if (difference === undefined) return
  unblock(state, difference)
  state.differences.delete(differenceId)
  state.settledDifferences.delete(differenceId)
  const staysTrue = decision === 'IGNORE' || (difference.kind === 'ORDER_EXTERNAL' && decision !== 'GONE')
  if (staysTrue) state.settledDifferences.set(differenceId, { difference, decision, at: ts })
}

/** Of a snapshot as well. */
export function openDifference(state: EngineState, difference: Difference): void {
  state.differences.set(difference.differenceId, difference)
  if (!difference.blocking) return
  const key = difference.symbol ?? ALL_INSTRUMENTS
  const ids = state.blocks.get(key)
  if (ids === undefined) state.blocks.set(key, new Set([difference.differenceId]))
  else ids.add(difference.differenceId)
}

function unblock(state: EngineState, { differenceId, symbol }: Difference): void {
  const key = symbol ?? ALL_INSTRUMENTS
  const ids = state.blocks.get(key)
  if (ids?.delete(differenceId) === true && ids.size === 0) state.blocks.delete(key)
}

export function noteForeignFee(state: EngineState, { amount, currency }: NonNullable<OrderFilled['foreignFee']>): void {
  const fee = Money.parse(amount, currency)
  const before = state.foreignFees.get(currency)
  state.foreignFees.set(currency, before === undefined ? fee : Money.trim(Money.add(before, fee)))
}

/** No cash moves: only what is held, and what it is taken to have cost. */
export function applyPositionAssigned(state: EngineState, fact: PositionAssigned): void {
  const { traderId, symbol, exchange, position } = fact
  const held = state.positions.get(positionKey(traderId, symbol))
  const currency = state.instruments.get(symbol)?.settle
  if (currency === undefined) throw new Error(`fact about ${symbol}, which was never listed`)
  const quantity = SignedQuantity.parse(position.quantity)
  putPosition(state, {
    ...(SignedQuantity.isZero(quantity) ? {} : held),
    traderId,
    symbol,
    exchange,
    quantity,
    entryCost: Money.parse(position.entryCost, currency),
    realizedPnl: Money.parse(position.realizedPnl, currency),
    fees: Money.parse(position.fees, currency),
    openedAt: position.openedAt,
    updatedAt: fact.ts,
  })
}
