import { makeClientOrderId, type ClientOrderId, type SignalId } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { OrderRequest } from '../ports.ts'
import { approve } from '../risk/approve.ts'
import { checkOrder } from '../risk/gate.ts'
import type { OrderIntent, Refusal } from '../risk/intent.ts'
import { executionOf } from '../risk/order-shape.ts'
import { ordersInTheWay } from '../risk/self-trade.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { mustWait } from './exit-room.ts'
import { typeOnWire } from './exposure.ts'
import { recordAmended, requestCancel } from './transition.ts'

export interface Origin {
  readonly strategy: string
  readonly signalId?: SignalId | undefined
}

/** Takes an intent through the gate; if it passes, records the order and queues its send. */
export function submit(
  tx: Transaction,
  instrument: Instrument,
  intent: OrderIntent,
  origin: Origin,
): { readonly clientOrderId: ClientOrderId } | Refusal {
  if (tx.state.shadow !== undefined) return { reason: 'SHADOW_MODE', value: tx.state.shadow }
  const refusal = checkOrder(tx.state, instrument, intent)
  return refusal ?? { clientOrderId: place(tx, instrument, intent, origin) }
}

/**
 * Records an order the gate has passed and queues its send. One that is watched here is only recorded, and so is an exit until others
 * of its position that wait at the exchange are taken back: it counts as one whose trigger is met.
 */
export function place(tx: Transaction, instrument: Instrument, intent: OrderIntent, origin: Origin): ClientOrderId {
  const clientOrderId = nextId(tx, intent)
  const optional = <T>(value: T | undefined, write: (value: T) => string) => (value === undefined ? undefined : write(value))
  const isEarly = mustWait(tx.state, intent)
  const isEmulated = isEarly || executionOf(tx.state, intent) === 'EMULATED'
  tx.record({
    type: 'OrderSubmitted',
    ts: tx.ts,
    clientOrderId,
    traderId: intent.traderId,
    strategy: origin.strategy,
    signalId: origin.signalId,
    exchange: instrument.exchange,
    symbol: intent.symbol,
    side: intent.side,
    orderType: intent.type,
    purpose: intent.purpose,
    quantity: Quantity.format(intent.quantity),
    price: optional(intent.price, Price.format),
    referencePrice: Price.format(intent.referencePrice),
    reduceOnly: intent.reduceOnly,
    stopLoss: optional(intent.stopLoss, Price.format),
    takeProfit: optional(intent.takeProfit, Price.format),
    protection: intent.protection,
    timeInForce: intent.timeInForce === 'GTC' ? undefined : intent.timeInForce,
    postOnly: intent.postOnly === true ? true : undefined,
    triggerPrice: optional(intent.triggerPrice, Price.format),
    trailing: intent.trailing,
    highWater: optional(intent.highWater, Price.format),
    execution: isEmulated ? 'EMULATED' : undefined,
    ocoGroup: intent.ocoGroup,
    ladderLevel: intent.ladderLevel,
    replaces: intent.replaces,
  })
  const order = tx.state.orders.get(clientOrderId)
  if (order === undefined) throw new Error(`order ${clientOrderId} was recorded and is not there`)
  if (isEarly) recordAmended(tx, order, { triggered: true }, { ts: tx.ts, reason: EARLY })
  if (!isEmulated) {
    clearTheWay(tx, intent)
    send(tx, order)
  }
  return clientOrderId
}

const EARLY = 'waits until exits at the exchange that could trade as well are canceled'

/** The id the next order of a trader gets. */
export function nextId(tx: Transaction, { traderId }: Pick<OrderIntent, 'traderId'>, ahead = 1): ClientOrderId {
  const { instance, fence, orderCount } = tx.state
  return makeClientOrderId({ instance, traderId, fence, time: tx.ts, sequence: orderCount + ahead })
}

/** An exit would trade with entries of other traders that rest on the other side: it goes out, and they are canceled. */
export function clearTheWay(tx: Transaction, intent: OrderIntent): void {
  if (!intent.reduceOnly) return
  for (const id of ordersInTheWay(tx.state, intent)) if (tx.state.orders.get(id)?.reduceOnly === false) requestCancel(tx, id)
}

/** What the exchange is asked for. Also how it must know the order again after a restart. */
export function requestOf(order: TrackedOrder): OrderRequest {
  return {
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    type: typeOnWire(order),
    quantity: order.quantity,
    price: order.price,
    triggerPrice: order.execution === 'EMULATED' ? undefined : order.triggerPrice,
    timeInForce: order.timeInForce,
    postOnly: order.postOnly,
    reduceOnly: order.reduceOnlyOnWire,
    ts: order.sentAt,
  }
}

/** Queues the send of a recorded order: the first time, or again under the same id after proof that it never arrived. */
export function send(tx: Transaction, order: TrackedOrder): void {
  tx.send({ type: 'SubmitOrder', order: approve(requestOf(order)) })
}
