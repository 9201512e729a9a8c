import { isWorking, nextStatus } from '#domain/order.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { Position } from '#domain/position.ts'
import { assertNever } from '#domain/errors.ts'
import type { ExchangeReport } from '../ports.ts'
import { levelsAfterFill } from '../protection/levels-after-fill.ts'
import { positionKey, type HeldPosition, type TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { amendRefused, amendReported } from './amend-reports.ts'
import { transition } from './transition.ts'
import { reportForeignFee } from '../reconcile/foreign-fees.ts'
import { finishEnd } from '../reconcile/missing-fills.ts'
import { found, notFound, outcomeUnknown, rejected, throttled } from '../reconcile/outcomes.ts'
import { answered, ask } from '../reconcile/questions.ts'
import { readReport } from '../reconcile/report-door.ts'

type Fill = Extract<ExchangeReport, { readonly type: 'OrderFill' }>

/** Takes what the exchange says about one order. Only the exchange's word closes an order. */
export function handleReport(tx: Transaction, raw: ExchangeReport): void {
  const order = tx.state.orders.get(raw.clientOrderId)
  if (order === undefined) {
    tx.record({
      type: 'AlertRaised',
      ts: tx.ts,
      severity: 'critical',
      code: 'UNKNOWN_ORDER_REPORTED',
      symbol: raw.symbol,
      message: `The exchange reports ${raw.type} for order ${raw.clientOrderId}, which is not in the journal. Nothing was booked; look at the account on the exchange.`,
    })
    return
  }
  const report = readReport(tx, order, raw)
  if (report === undefined) return
  // That an answer did not come is no answer.
  if (report.type !== 'OrderOutcomeUnknown') answered(tx, report.clientOrderId)
  switch (report.type) {
    case 'OrderAccepted':
      return transition(tx, order, 'ACCEPT', { ts: report.ts, exchangeOrderId: report.exchangeOrderId })
    case 'OrderRejected':
      return rejected(tx, order, report)
    case 'OrderThrottled':
      return throttled(tx, order, report)
    case 'OrderFill':
      return fill(tx, order, report)
    case 'OrderCanceled':
      return transition(tx, order, 'CANCEL', { ts: report.ts, reason: report.reason })
    case 'OrderExpired':
      return transition(tx, order, 'EXPIRE', { ts: report.ts, reason: report.reason })
    case 'CancelRejected':
      return cancelRefused(tx, order, report)
    case 'OrderAmended':
      return amendReported(tx, order, report)
    case 'AmendRejected':
      return amendRefused(tx, order, report)
    case 'OrderOutcomeUnknown':
      return outcomeUnknown(tx, order, report)
    case 'OrderFound':
      return found(tx, order, report)
    case 'OrderNotFound':
      return notFound(tx, order, report)
    default:
      assertNever(report)
  }
}

function fill(tx: Transaction, order: TrackedOrder, raw: Fill): void {
  const { state } = tx
  if (state.tradeIds.has(`${order.symbol}|${raw.tradeId}`)) return
  const instrument = state.instruments.get(order.symbol)
  const account = instrument === undefined ? undefined : state.accounts.get(instrument.settle)
  if (instrument === undefined || account === undefined) throw new Error(`fill for ${order.symbol} without instrument or account`)
  const isForeign = raw.fee.currency !== instrument.settle
  const report = isForeign ? { ...raw, fee: Money.zero(instrument.settle) } : raw
  const filledQuantity = Quantity.add(order.filledQuantity, report.quantity)
  const full = Quantity.compare(filledQuantity, order.quantity) >= 0
  const status = nextStatus(order.status, full ? 'FILL_ALL' : 'FILL_PART') ?? order.status
  const held = state.positions.get(positionKey(order.traderId, order.symbol)) ?? Position.open(order.traderId, instrument, report.ts)
  const { position, realized } = Position.applyFill(held, { ...report, side: order.side }, instrument.settle)
  const settled = Money.subtract(Money.subtract(Money.add(Money.add(account.start, account.realized), realized), account.fees), report.fee)
  tx.record({
    type: 'OrderFilled',
    ts: report.ts,
    tradeId: report.tradeId,
    clientOrderId: order.clientOrderId,
    exchangeOrderId: report.exchangeOrderId,
    traderId: order.traderId,
    strategy: order.strategy,
    exchange: order.exchange,
    symbol: order.symbol,
    side: order.side,
    price: Price.format(report.price),
    quantity: Quantity.format(report.quantity),
    fee: text(report.fee),
    feeCurrency: instrument.settle,
    foreignFee: isForeign ? { amount: text(raw.fee), currency: raw.fee.currency } : undefined,
    liquidity: report.liquidity,
    realizedPnl: text(realized),
    orderStatus: status,
    orderFilledQuantity: Quantity.format(filledQuantity),
    orderFilledNotional: text(Money.add(order.filledNotional, notional(report.price, report.quantity, instrument.settle))),
    position: positionRecord(position, levelsAfterFill(held, order, position)),
    cash: text(settled),
  })
  if (Quantity.compare(filledQuantity, order.quantity) > 0 || !isWorking(order.status)) warnLateFill(tx, order, report, filledQuantity)
  if (isForeign) reportForeignFee(tx, order, raw.fee.currency)
  finishEnd(tx, order)
}

function positionRecord(position: Position, levels: Pick<HeldPosition, 'stopLoss' | 'takeProfit'>) {
  return {
    quantity: SignedQuantity.format(position.quantity),
    entryCost: text(position.entryCost),
    realizedPnl: text(position.realizedPnl),
    fees: text(position.fees),
    openedAt: position.openedAt,
    stopLoss: levels.stopLoss === undefined ? undefined : Price.format(levels.stopLoss),
    takeProfit: levels.takeProfit === undefined ? undefined : Price.format(levels.takeProfit),
  }
}

function warnLateFill(tx: Transaction, order: TrackedOrder, report: Fill, filled: Quantity): void {
  tx.record({
    type: 'AlertRaised',
    ts: report.ts,
    severity: 'critical',
    code: 'UNEXPECTED_FILL',
    symbol: order.symbol,
    traderId: order.traderId,
    message: `Order ${order.clientOrderId} was ${order.status} with ${Quantity.format(order.filledQuantity)} of ${Quantity.format(order.quantity)} filled; a fill of ${Quantity.format(report.quantity)} came after (${Quantity.format(filled)} in all). It is booked.`,
  })
}

/**
 * A refused cancel proves that an order lives only if the exchange ever confirmed it, and not even then: it may have ended
 * a moment ago. So the exchange is asked.
 */
function cancelRefused(tx: Transaction, order: TrackedOrder, report: Extract<ExchangeReport, { readonly type: 'CancelRejected' }>): void {
  if (!isWorking(order.status)) return
  if (order.status !== 'PENDING_CANCEL' || order.exchangeOrderId !== undefined)
    transition(tx, order, 'REFUSE_CANCEL', { ts: report.ts, reason: report.reason })
  ask(tx, order)
}

function text(amount: Money): string {
  return fixed.format(fixed.trim(amount))
}
