import type { AlertRaised, Fact, OrderFilled, OrderSubmitted, SignalDecided } from '#domain/facts.ts'
import type { OrderStatus } from '#domain/order.ts'
import { dec, mul, show } from '../core/decimal.ts'
import { marketOf } from '../venue/market.ts'
import { isOpen, keyOf, type Books } from './books.ts'
import { checkTrailingTrigger } from './exit-checks.ts'
import { demand } from './violation.ts'

/** What must be true of each fact before the books take it. Each check names its invariant. */
export function checkFact(books: Books, fact: Fact): void {
  switch (fact.type) {
    case 'OrderSubmitted':
      checkNewId(books, fact)
      return
    case 'OrderStatusChanged':
      checkTransition(books, fact.clientOrderId, fact.status)
      checkReleasedByPrice(books, fact.clientOrderId, fact.status)
      return
    case 'PositionAssigned':
      checkAssignedAsSeen(books, fact)
      return
    case 'OrderFilled':
      checkTradeOnce(books, fact)
      checkFilledQuantity(books, fact)
      checkPositionIsSumOfFills(books, fact)
      checkMoney(books, fact)
      return
    case 'SignalDecided':
      checkOneOutcome(books, fact)
      return
    case 'ProtectionMoved':
      checkStopMovesInFavour(books, fact)
      return
    case 'OrderAmended':
      checkTrailingTrigger(books, fact)
      return
    case 'EquityMarked':
      checkEquity(fact)
      return
    case 'AlertRaised':
      checkLockedIsSpot(fact)
      return
    default:
  }
}

/** Only on spot can somebody's order lock what is to be closed: elsewhere the engine has only to wait for its own. */
function checkLockedIsSpot({ code, symbol, message }: AlertRaised): void {
  if (code !== 'PROTECTION_NOT_SENT' || symbol === undefined || !message.includes('locked by orders of others')) return
  demand(marketOf(symbol).kind === 'spot', 'false-alarm', () => message)
}

/** I1, on our side: an id is made once. */
function checkNewId(books: Books, fact: OrderSubmitted): void {
  demand(!books.orders.has(fact.clientOrderId), 'I1', () => `the id ${fact.clientOrderId} was made twice`)
}

const ENDS: readonly OrderStatus[] = ['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']
/** I6, I7: what an order may become, written by hand from the study, not from the code. A filled part is not forgotten. */
const NEXT: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  EMULATED: ['EMULATED', 'SUBMITTED', 'REJECTED', 'CANCELED', 'EXPIRED'],
  SUBMITTED: ['SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', ...ENDS],
  UNKNOWN: ['UNKNOWN', 'SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', ...ENDS],
  ACCEPTED: ['ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', ...ENDS],
  PARTIALLY_FILLED: ['PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'],
  PENDING_CANCEL: ['PENDING_CANCEL', 'ACCEPTED', 'PARTIALLY_FILLED', 'UNKNOWN', ...ENDS],
  FILLED: ['FILLED'],
  CANCELED: ['CANCELED', 'FILLED'],
  EXPIRED: ['EXPIRED', 'FILLED'],
  REJECTED: ['REJECTED', 'FILLED'],
}

function checkTransition(books: Books, id: string, status: OrderStatus): void {
  const order = books.orders.get(id)
  demand(order !== undefined, 'I2', () => `${status} of ${id}, which was never submitted`)
  demand(NEXT[order.status].includes(status), 'I7', () => `${id}: ${order.status} → ${status}`)
  demand(isOpen(order.status) || !isOpen(status), 'I6', () => `${id} was ${order.status} and is ${status} again`)
}

/** An order that is watched here leaves only when a price has met its trigger. A trailing one moves its own within a bar. */
function checkReleasedByPrice(books: Books, id: string, status: OrderStatus): void {
  const order = books.orders.get(id)
  if (order?.status !== 'EMULATED' || status !== 'SUBMITTED' || order.submitted.orderType === 'TRAILING_STOP') return
  // An exit that waits for others of its position to be canceled.
  if (order.trigger === undefined && order.submitted.reduceOnly) return
  demand(order.isTriggerMet, 'trigger', () => `${id} waits for ${show(order.trigger ?? 0n)} and left before the price was there`)
}

/** A decision about a position goes by what the person saw: our side must still be that. */
function checkAssignedAsSeen(books: Books, fact: Extract<Fact, { readonly type: 'PositionAssigned' }>): void {
  const seen = books.differences.get(fact.differenceId) ?? books.ignored.get(fact.differenceId)
  let ours = 0n
  for (const position of books.positions.values()) if (position.symbol === fact.symbol) ours += position.quantity
  demand(
    seen === undefined || dec(seen.ours) === ours,
    'stale-decision',
    () => `${fact.quantity} of ${fact.symbol} was assigned, seen was ${seen?.ours}, held is ${show(ours)}`,
  )
}

/** I3: a trade counts once; the same id in another instrument is another trade. */
function checkTradeOnce(books: Books, fact: OrderFilled): void {
  demand(!books.tradeKeys.has(`${fact.symbol}|${fact.tradeId}`), 'I3', () => `trade ${fact.tradeId} of ${fact.symbol} was counted twice`)
}

/** I4, I5: filled is the sum of the fills and never more than was ordered; the status agrees. */
function checkFilledQuantity(books: Books, fact: OrderFilled): void {
  const order = books.orders.get(fact.clientOrderId)
  demand(order !== undefined, 'I2', () => `a fill of ${fact.clientOrderId}, which was never submitted`)
  const quantity = dec(fact.quantity)
  const filled = order.filled + quantity
  demand(quantity > 0n && dec(fact.price) > 0n, 'garbled-fill', () => `a fill of ${fact.quantity} at ${fact.price} was booked`)
  demand(
    dec(fact.orderFilledQuantity) === filled,
    'I5',
    () => `${fact.clientOrderId} filled ${fact.orderFilledQuantity}, its fills are ${show(filled)}`,
  )
  const largest =
    order.amending?.quantity !== undefined && order.amending.quantity > order.quantity ? order.amending.quantity : order.quantity
  demand(filled <= largest, 'I4', () => `${fact.clientOrderId} filled ${show(filled)} of ${show(order.quantity)}`)
  checkTransition(books, fact.clientOrderId, fact.orderStatus)
  const isFull = filled >= order.quantity
  if (order.amending === undefined && isFull !== (fact.orderStatus === 'FILLED'))
    demand(false, 'I7', () => `${fact.clientOrderId} is ${fact.orderStatus} with ${show(filled)} of ${show(order.quantity)}`)
}

/** I8: a position is the sum of its fills. */
function checkPositionIsSumOfFills(books: Books, fact: OrderFilled): void {
  const before = books.positions.get(keyOf(fact))?.quantity ?? 0n
  const after = before + (fact.side === 'BUY' ? dec(fact.quantity) : -dec(fact.quantity))
  demand(dec(fact.position.quantity) === after, 'I8', () => `${keyOf(fact)} is ${fact.position.quantity}, its fills are ${show(after)}`)
}

/** I16: cash after a fill is start + realised − fees, to the last digit. */
function checkMoney(books: Books, fact: OrderFilled): void {
  const cash = books.start + books.realized + dec(fact.realizedPnl) - books.fees - dec(fact.fee)
  demand(dec(fact.cash) === cash, 'I16', () => `cash ${fact.cash} after trade ${fact.tradeId}, the books say ${show(cash)}`)
}

function checkEquity(fact: Extract<Fact, { readonly type: 'EquityMarked' }>): void {
  const sum = dec(fact.start) + dec(fact.realized) + dec(fact.unrealized) - dec(fact.fees)
  demand(dec(fact.equity) === sum, 'I16', () => `equity ${fact.equity} is not start + realised + unrealised − fees = ${show(sum)}`)
}

/** One signal, one outcome, also across restarts. */
function checkOneOutcome(books: Books, fact: SignalDecided): void {
  if (fact.outcome === 'DUPLICATE') return
  const known = books.outcomes.get(`${fact.traderId}|${fact.signalId}`)
  checkNotExpired(fact)
  checkSizedDown(books, fact)
  demand(known === undefined, 'one-outcome', () => `signal ${fact.signalId} was ${known} and is ${fact.outcome}`)
}

/** A signal whose time is over does not trade. */
function checkNotExpired(fact: SignalDecided): void {
  if (fact.outcome !== 'ACCEPTED' || fact.expiresAt === undefined) return
  demand(fact.ts < fact.expiresAt, 'expired-signal', () => `signal ${fact.signalId} of ${fact.expiresAt} was accepted at ${fact.ts}`)
}

/** An entry without a size of its own is worth at most what its trader may order. */
function checkSizedDown(books: Books, fact: SignalDecided): void {
  const order = fact.clientOrderId === undefined ? undefined : books.orders.get(fact.clientOrderId)
  const config = books.configs.get(fact.traderId)
  if (fact.quantity !== undefined || order === undefined || order.submitted.reduceOnly || config === undefined) return
  const value = mul(order.quantity, dec(order.submitted.referencePrice))
  demand(
    value <= dec(config.orderNotional),
    'sizing',
    () => `${order.submitted.clientOrderId} is worth ${show(value)}, ${fact.traderId} orders ${config.orderNotional}`,
  )
}

/** A stop moves in favour of its position only. */
function checkStopMovesInFavour(books: Books, fact: Extract<Fact, { readonly type: 'ProtectionMoved' }>): void {
  const position = books.positions.get(keyOf(fact))
  if (fact.cause === 'SET' || fact.stopLoss === undefined || position?.stop === undefined || position.quantity === 0n) return
  const moved = dec(fact.stopLoss) - position.stop
  demand(
    position.quantity > 0n ? moved >= 0n : moved <= 0n,
    'stop-in-favour',
    () => `the stop of ${keyOf(fact)} went from ${show(position.stop ?? 0n)} to ${fact.stopLoss}`,
  )
}
