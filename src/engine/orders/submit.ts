import { makeClientOrderId, type SignalId } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ClientOrderId } from '#domain/ids.ts'
import { approve } from '../risk/approve.ts'
import { checkOrder, type OrderIntent, type Refusal } from '../risk/gate.ts'
import type { TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'

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
  if (refusal !== undefined) return refusal
  const clientOrderId = makeClientOrderId({
    instance: tx.state.instance,
    traderId: intent.traderId,
    fence: tx.state.fence,
    time: tx.ts,
    sequence: tx.state.orderCount + 1,
  })
  const optional = <T>(value: T | undefined, write: (value: T) => string) => (value === undefined ? undefined : write(value))
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
  })
  const order = tx.state.orders.get(clientOrderId)
  if (order === undefined) throw new Error(`order ${clientOrderId} was recorded and is not there`)
  send(tx, order)
  return { clientOrderId }
}

/** Queues the send of a recorded order: the first time, or again under the same id after proof that it never arrived. */
export function send(tx: Transaction, order: TrackedOrder): void {
  tx.send({
    type: 'SubmitOrder',
    order: approve({
      clientOrderId: order.clientOrderId,
      symbol: order.symbol,
      side: order.side,
      type: order.type,
      quantity: order.quantity,
      price: order.price,
      triggerPrice: order.triggerPrice,
      timeInForce: order.timeInForce,
      postOnly: order.postOnly,
      reduceOnly: order.reduceOnly,
      ts: order.createdAt,
    }),
  })
}
