import type { DifferenceView } from '#contract/reconcile.ts'
import type { OrderView, PositionView } from '#contract/views.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { AccountDifference, ExchangeSide, V3Side } from '#v2-import/hand-over/sides.ts'
import type { ReadModel } from '../read-model/read-model.ts'

/** Instruments and orders of one account that can differ. */
const DIFFERENCES_MAX = 1_000

/** What our own books say is open. */
export function ourSide(readModel: ReadModel): V3Side {
  return {
    positions: readModel.positions().map((position) => ({
      traderId: position.trader_id,
      symbol: position.symbol,
      quantity: signed(position),
    })),
    orders: [...readModel.workingOrders()].map((order) => ({
      id: order.id,
      traderId: order.trader_id,
      exchangeOrderId: order.exchange_order_id,
      symbol: order.symbol,
      words: wordsOf(order),
    })),
  }
}

/**
 * What the exchange showed at the last comparison of the account. It is our own books and what they differ in: of a position only the
 * distance is recorded, since both sides move with our own trading.
 */
export function exchangeSide(readModel: ReadModel, exchange: string): ExchangeSide {
  const differences = openOrIgnored(readModel).filter((each) => each.exchange === exchange)
  const ours = ourSide(readModel)
  const missing = new Set(differences.filter(({ kind }) => kind === 'ORDER_MISSING').map((each) => each.order_id))
  const excess = differences.flatMap((each) =>
    each.kind === 'POSITION' && each.symbol !== null ? [{ symbol: each.symbol, quantity: distance(each) }] : [],
  )
  return {
    exchange,
    comparedAt: readModel.reconcile.compared_at,
    positions: [...ours.positions, ...excess],
    orders: [
      ...ours.orders.flatMap(({ id, exchangeOrderId, symbol, words }) =>
        exchangeOrderId === null || missing.has(id) ? [] : [{ exchangeOrderId, symbol, words }],
      ),
      ...readModel.differences
        .external()
        .flatMap(({ exchange_order_id: id, symbol, theirs }) =>
          id === null ? [] : [{ exchangeOrderId: id, symbol: symbol ?? '', words: theirs }],
        ),
    ],
    differences: differences.flatMap((each) => differenceOf(each) ?? []),
  }
}

/** Open ones, and those that are left as they are. */
function openOrIgnored(readModel: ReadModel): readonly DifferenceView[] {
  const { differences } = readModel.differences.page({ state: 'ALL', limit: DIFFERENCES_MAX })
  const ids = new Set([...differences.map(({ id }) => id), ...readModel.differences.external().map(({ id }) => id)])
  return [...ids].flatMap((id) => {
    const now = readModel.differences.get(id)
    if (now === undefined) return []
    const isLeft = now.closed?.decision === 'IGNORE' || (now.closed?.decision === 'ADOPT' && now.kind === 'ORDER_EXTERNAL')
    return now.state === 'OPEN' || isLeft ? [now] : []
  })
}

function differenceOf(view: DifferenceView): AccountDifference | undefined {
  const { id, kind, symbol, exchange_order_id: exchangeOrderId, order_id: orderId, cause, closed } = view
  if (kind === 'BALANCE') return undefined
  const decided = closed === null ? null : { decision: closed.decision, by: closed.by, reason: closed.reason, at: closed.at }
  return { id, kind, symbol: symbol ?? '', exchangeOrderId, orderId, cause, decided }
}

function signed({ side, quantity }: PositionView): string {
  return side === 'SHORT' ? `-${quantity}` : quantity
}

function distance({ ours, theirs }: DifferenceView): string {
  return fixed.format(fixed.trim(fixed.subtract(fixed.parse<'SignedQuantity'>(theirs), fixed.parse<'SignedQuantity'>(ours))))
}

function wordsOf({ type, side, quantity, symbol, price, trigger_price: trigger, status }: OrderView): string {
  const at = price === null ? '' : ` at ${price}`
  const from = trigger === null ? '' : ` from ${trigger}`
  return `${type} ${side} ${quantity} ${symbol}${at}${from} (${status})`
}
