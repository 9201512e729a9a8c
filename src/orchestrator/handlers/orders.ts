import { parseClientOrderId, parseSymbol, type ClientOrderId } from '#domain/ids.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { isWorking } from '#domain/order.ts'
import { readOptional, readPrice, readQuantity } from './amounts.ts'
import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import { traderFor } from './default-trader.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer, toSignalAnswer } from './engine-answers.ts'
import type { OrderRequest } from './inputs.ts'
import { paged } from './paged.ts'
import { fieldFault, problem } from './problems.ts'
import { signalIdFor } from './signal-ids.ts'

/** Recorded as the strategy of orders a person or program asked for directly. */
const MANUAL_STRATEGY = 'manual'

export function orderHandlers(base: Base, dependencies: HandlerDependencies) {
  const { readModel, engine, history } = dependencies
  return {
    list: base.orders.list.handler(({ input }) => paged(input, (acrossFloor) => readModel.orders(input, acrossFloor), history.orders)),

    get: base.orders.get.handler(({ input }) => {
      const order = readModel.order(input.id)
      if (order === undefined)
        throw problem('NOT_FOUND', `no order ${input.id} among the working and the last closed ones; GET /orders reaches further back`)
      return order
    }),

    create: base.orders.create.handler(async ({ input, context }) => {
      const order = toManualOrder(input, signalIdFor(undefined, context, 0))
      const answer = toSignalAnswer(await engine.request({ type: 'SubmitOrder', order }))
      const after = `${answer.outcome}${answer.reason === undefined ? '' : ` ${answer.reason}`}`
      await recordAudit(dependencies, {
        actor: context.actor,
        action: 'submit-order',
        target: answer.order_id ?? answer.signal_id,
        after,
        reason: `${input.side} ${input.quantity} ${input.symbol} ${input.type}${input.price === undefined ? '' : ` at ${input.price}`}`,
      })
      return answer
    }),

    cancel: base.orders.cancel.handler(async ({ input, context }) => {
      const order = readModel.order(input.id)
      if (order !== undefined && !isWorking(order.status)) {
        throw problem('CONFLICT', `order ${input.id} is ${order.status}; there is nothing to cancel`)
      }
      expectAnswer(await engine.request({ type: 'CancelOrder', clientOrderId: readOrderId(input.id), by: context.actor }), 'Done')
      const now = readModel.order(input.id)?.status ?? 'PENDING_CANCEL'
      return { id: input.id, status: isWorking(now) ? 'PENDING_CANCEL' : now }
    }),
  }
}

function readOrderId(id: string): ClientOrderId {
  try {
    return parseClientOrderId(id)
  } catch {
    throw problem('NOT_FOUND', `${id} is not an id of an order; nothing was canceled`)
  }
}

function toManualOrder(request: OrderRequest, signalId: ManualOrder['signalId']): ManualOrder {
  if (request.type === 'LIMIT' && request.price === undefined) throw fieldFault('price', 'a LIMIT order needs a price')
  if (request.type === 'MARKET' && request.price !== undefined) throw fieldFault('price', 'a MARKET order takes no price')
  return {
    signalId,
    traderId: traderFor(request.trader_id),
    strategy: MANUAL_STRATEGY,
    symbol: parseSymbol(request.symbol),
    side: request.side,
    type: request.type,
    quantity: readQuantity('quantity', request.quantity),
    price: readOptional(readPrice, 'price', request.price),
    reduceOnly: request.reduce_only,
    stopLoss: readOptional(readPrice, 'stop_loss', request.stop_loss),
    takeProfit: readOptional(readPrice, 'take_profit', request.take_profit),
  }
}
