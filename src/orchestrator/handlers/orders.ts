import { parseClientOrderId, parseSymbol, type ClientOrderId } from '#domain/ids.ts'
import type { ManualOrder } from '#engine/ports.ts'
import { isWorking } from '#domain/order.ts'
import { readOptional, readPrice, readQuantity } from './amounts.ts'
import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import { traderFor } from './default-trader.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer, expectTaken, toSignalAnswer, toSignalAnswers } from './engine-answers.ts'
import type { OrderFields, SignalAnswer } from '#contract/requests.ts'
import { planOf } from '../read-model/protection-views.ts'
import { paged } from './paged.ts'
import { problem } from './problems.ts'
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
      await recordAudit(dependencies, {
        actor: context.actor,
        action: 'submit-order',
        target: answer.order_id ?? answer.signal_id,
        after: outcomeInWords(answer),
        reason: inWords(input),
      })
      return answer
    }),

    createOco: base.orders.createOco.handler(async ({ input, context }) => {
      const [first, second] = input.orders
      const orders = [
        toManualOrder(first, signalIdFor(undefined, context, 0), 'orders[0].'),
        toManualOrder(second, signalIdFor(undefined, context, 1), 'orders[1].'),
      ] as const
      const answers = toSignalAnswers(await engine.request({ type: 'SubmitOcoOrders', orders }))
      await recordAudit(dependencies, {
        actor: context.actor,
        action: 'submit-oco-orders',
        target: answers.map((answer) => answer.order_id ?? answer.signal_id).join(' '),
        after: answers.map(outcomeInWords).join(', '),
        reason: input.orders.map(inWords).join(', or '),
      })
      return { orders: answers }
    }),

    amend: base.orders.amend.handler(async ({ input, context }) => {
      const { id } = input
      const order = readModel.order(id)
      if (order === undefined) throw problem('NOT_FOUND', `There is no open order ${id}. Nothing was changed; GET /orders lists them.`)
      if (!isWorking(order.status)) throw problem('CONFLICT', `Order ${id} is ${order.status}. Nothing was changed.`)
      const answer = await engine.request({
        type: 'AmendOrder',
        clientOrderId: readOrderId(id),
        quantity: readOptional(readQuantity, 'quantity', input.quantity),
        price: readOptional(readPrice, 'price', input.price),
        triggerPrice: readOptional(readPrice, 'trigger_price', input.trigger_price),
        by: context.actor,
      })
      expectTaken(answer, `Order ${id} was not changed`)
      return readModel.order(id) ?? order
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
    throw problem('NOT_FOUND', `${id} is not an id of an order; nothing was done`)
  }
}

function outcomeInWords({ outcome, reason }: SignalAnswer): string {
  return reason === undefined || reason === outcome ? outcome : `${outcome} ${reason}`
}

function inWords(order: OrderFields): string {
  const at = order.price === undefined ? '' : ` at ${order.price}`
  const when = order.trigger_price === undefined ? '' : ` when ${order.trigger_price}`
  const behind = order.trailing === undefined ? '' : ` ${order.trailing.distance} ${order.trailing.by} behind`
  return `${order.side} ${order.quantity} ${order.symbol} ${order.type}${at}${when}${behind}`
}

function toManualOrder(request: OrderFields, signalId: ManualOrder['signalId'], path = ''): ManualOrder {
  return {
    signalId,
    traderId: traderFor(request.trader_id),
    strategy: MANUAL_STRATEGY,
    symbol: parseSymbol(request.symbol),
    side: request.side,
    type: request.type,
    quantity: readQuantity(`${path}quantity`, request.quantity),
    price: readOptional(readPrice, `${path}price`, request.price),
    triggerPrice: readOptional(readPrice, `${path}trigger_price`, request.trigger_price),
    trailing: request.trailing,
    timeInForce: request.time_in_force,
    postOnly: request.post_only,
    reduceOnly: request.reduce_only,
    stopLoss: readOptional(readPrice, `${path}stop_loss`, request.stop_loss),
    takeProfit: readOptional(readPrice, `${path}take_profit`, request.take_profit),
    protection: request.protection === undefined ? undefined : planOf(request.protection),
  }
}
