import type { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { isConditional, releasedType } from '#domain/order.ts'
import { checkEntryDoors } from '../risk/doors.ts'
import { checkOrder } from '../risk/gate.ts'
import type { OrderIntent, Refusal } from '../risk/intent.ts'
import { newestCandle, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { exitRoom, heldAgainst, looseExit } from './exit-room.ts'
import { amendedPrices } from './exposure.ts'
import { place } from './submit.ts'
import { recordAmended } from './transition.ts'

/**
 * Sends the new orders for those that were canceled to be replaced. Called after every input: the wish is in the journal, so it
 * outlives a restart, and waits until the account is known again.
 */
export function continueReplacing(tx: Transaction): void {
  const { state } = tx
  if (state.replacing.size === 0) return
  for (const id of [...state.replacing].sort()) {
    const order = state.orders.get(id)
    if (order !== undefined) replace(tx, order)
  }
}

function replace(tx: Transaction, order: TrackedOrder): void {
  const { state } = tx
  if (state.halt !== null) return giveUp(tx, order, 'not sent again: trading is halted')
  if (!state.connected || !state.reconciled || state.shadow !== undefined) return
  if (!order.reduceOnly && looseExit(state, order.symbol) !== undefined) return
  const instrument = state.instruments.get(order.symbol)
  const market = state.marks.get(order.symbol)?.price ?? newestCandle(state, order.symbol)?.close
  if (instrument === undefined || market === undefined) return
  const intent = intentOfRest(tx, order, market)
  if (intent === undefined) return giveUp(tx, order, 'nothing is left of what was wanted')
  const refusal = (order.reduceOnly ? undefined : checkEntryDoors(state, order)) ?? checkOrder(state, instrument, intent)
  if (refusal === undefined) place(tx, instrument, intent, { strategy: order.strategy, signalId: order.signalId })
  else refuse(tx, order, refusal)
}

/** What is wanted without what has filled by now; an exit never more than is left to close. */
function intentOfRest(tx: Transaction, order: TrackedOrder, market: Price): OrderIntent | undefined {
  const { traderId, symbol, side, purpose, reduceOnly, timeInForce, postOnly, ocoGroup, ladderLevel, filledQuantity } = order
  const { stopLoss, takeProfit, protection } = order
  const amending = order.amending ?? {}
  const wanted = amending.quantity ?? order.quantity
  const rest = Quantity.subtract(wanted, Quantity.min(wanted, filledQuantity))
  const quantity = reduceOnly ? Quantity.min(rest, exitRoom(tx.state, order, side, heldAgainst(tx.state, order))) : rest
  if (Quantity.isZero(quantity)) return undefined
  const { price, triggerPrice } = amendedPrices(order, amending)
  const type = order.execution === 'EMULATED' ? releasedType(order.type) : order.type
  const trigger = isConditional(type) ? triggerPrice : undefined
  const same = {
    traderId,
    symbol,
    side,
    purpose,
    reduceOnly,
    timeInForce,
    postOnly,
    ocoGroup,
    ladderLevel,
    stopLoss,
    takeProfit,
    protection,
  }
  const terms = { type, quantity, price, triggerPrice: trigger, referencePrice: trigger ?? market, marketPrice: market }
  return { ...same, ...terms, replaces: order.clientOrderId }
}

function giveUp(tx: Transaction, order: TrackedOrder, reason: string): void {
  recordAmended(tx, order, {}, { ts: tx.ts, reason })
}

function refuse(tx: Transaction, order: TrackedOrder, { reason, value = '', limit = '' }: Refusal): void {
  const words = `${reason} ${value} against ${limit}`
  giveUp(tx, order, words)
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'warning',
    code: 'ORDER_NOT_REPLACED',
    symbol: order.symbol,
    traderId: order.traderId,
    message: `Order ${order.clientOrderId} was canceled to be replaced, and our own rules refused the new one: ${words}. Nothing works in its place.`,
  })
}
