import { settleTrades } from '../replay/average-cost.ts'
import { decimal, isSame, show, subtract, type Decimal } from '../replay/decimal.ts'
import type { PostgresTables, TextRow } from '../replay/postgres-tables.ts'
import { VENUE_INSTRUMENTS, priceText } from '../loopback-venue/venue-market.ts'
import { isOpen, type OrderRecord, type VenueTruth } from '../loopback-venue/venue-records.ts'
import type { JournalAccount, JournalOrder } from './journal-account.ts'

const SYMBOLS: Readonly<Record<string, string>> = { BTCUSDT: 'BTC/USDT:USDT', ETHUSDT: 'ETH/USDT:USDT' }
const OPEN: ReadonlySet<string> = new Set(['ACCEPTED', 'PARTIALLY_FILLED'])
const GONE: ReadonlySet<string> = new Set(['CANCELED', 'EXPIRED', 'REJECTED'])

/** What a comparison counted; every list of problems is empty when both sides tell one story. */
export interface Comparison {
  readonly problems: readonly string[]
  readonly intents: number
  readonly venueOrders: number
  readonly fills: number
  /** Orders that the program sent more than once, always under one id. */
  readonly resent: number
}

const stepsOf = (symbol: string) => {
  const found = VENUE_INSTRUMENTS.find((each) => each.symbol === symbol)
  if (found === undefined) throw new Error(`no ${symbol}`)
  return found
}
const lots = (symbol: string, count: number): Decimal => {
  const { lot } = stepsOf(symbol)
  return { units: lot.units * BigInt(count), scale: lot.scale }
}

/** The venue's truth against the journal: nothing lost, nothing twice, nothing without an owner, to the last digit. */
export function compareWithVenue(journal: JournalAccount, truth: VenueTruth): Comparison {
  const problems: string[] = []
  const ours = truth.orders.filter(({ orderLinkId }) => orderLinkId.startsWith(journal.instance))
  const byLink = new Map<string, OrderRecord>()
  for (const order of ours) {
    if (byLink.has(order.orderLinkId)) problems.push(`doubled: ${order.orderLinkId} twice at the venue`)
    byLink.set(order.orderLinkId, order)
    if (!journal.orders.has(order.orderLinkId)) problems.push(`orphaned: ${order.orderLinkId} is at the venue and not in the journal`)
  }
  for (const order of journal.orders.values()) {
    if (order.submits !== 1) problems.push(`${order.id} was submitted ${order.submits} times in the journal`)
    problems.push(...compareOrder(order, byLink.get(order.id)))
  }
  problems.push(...compareFills(journal, truth), ...comparePositions(journal, truth), ...compareCash(journal, truth))
  if (journal.brokenLink !== undefined) problems.push(`journal: ${journal.brokenLink}`)
  problems.push(...journal.openDifferences.map((text) => `a difference is open: ${text}`))
  problems.push(...journal.criticalAlerts.filter((text) => /UNKNOWN_ORDER_REPORTED|UNEXPECTED_FILL/.test(text)))
  const resent = Object.values(truth.creates).filter((count) => count > 1).length
  return { problems, intents: journal.orders.size, venueOrders: ours.length, fills: journal.fills.length, resent }
}

function compareOrder(order: JournalOrder, there: OrderRecord | undefined): readonly string[] {
  const about = `${order.id} (${order.statuses.join(' ')})`
  if (there === undefined) {
    const isOver = GONE.has(order.status) && isSame(decimal(order.filled), decimal('0'))
    return isOver ? [] : [`lost: ${about} is not at the venue and was not given up`]
  }
  const problems: string[] = []
  const { symbol } = there
  if (!isSame(decimal(order.filled), lots(symbol, there.filledLots)))
    problems.push(`${about}: filled ${order.filled}, at the venue ${show(lots(symbol, there.filledLots))}`)
  const isRight = isOpen(there) ? OPEN.has(order.status) : there.status === 'Filled' ? order.status === 'FILLED' : GONE.has(order.status)
  if (!isRight) problems.push(`${about} is ${there.status} at the venue (${there.cancelType} ${there.rejectReason})`)
  if (!isOpen(there)) return problems
  if (!isSame(decimal(order.quantity), lots(symbol, there.lots)))
    problems.push(`${about}: quantity ${order.quantity} here, ${there.lots} lots there`)
  const price = there.ticks === undefined ? undefined : priceText(stepsOf(symbol), there.ticks)
  if (
    (price === undefined) !== (order.price === undefined) ||
    (price !== undefined && !isSame(decimal(order.price ?? '0'), decimal(price)))
  )
    problems.push(`${about}: price ${order.price} here, ${price} there`)
  return problems
}

function compareFills(journal: JournalAccount, truth: VenueTruth): readonly string[] {
  const problems: string[] = []
  const booked = new Map<string, (typeof journal.fills)[number]>()
  for (const fill of journal.fills) {
    if (booked.has(fill.tradeId)) problems.push(`doubled: trade ${fill.tradeId} was booked twice`)
    booked.set(fill.tradeId, fill)
  }
  for (const execution of truth.executions) {
    if (!execution.orderLinkId.startsWith(journal.instance)) continue
    const fill = booked.get(execution.execId)
    booked.delete(execution.execId)
    if (fill === undefined) {
      problems.push(`lost: trade ${execution.execId} of ${execution.orderLinkId} is not in the journal`)
      continue
    }
    const isSameTrade =
      fill.orderId === execution.orderLinkId &&
      isSame(decimal(fill.price), decimal(priceText(stepsOf(execution.symbol), execution.ticks))) &&
      isSame(decimal(fill.quantity), lots(execution.symbol, execution.lots)) &&
      isSame(decimal(fill.fee), decimal(execution.fee)) &&
      (fill.side === 'BUY') === (execution.side === 'Buy')
    if (!isSameTrade)
      problems.push(`trade ${execution.execId} is told otherwise: ${JSON.stringify(fill)} here, ${JSON.stringify(execution)} there`)
  }
  for (const tradeId of booked.keys()) problems.push(`trade ${tradeId} is in the journal and not at the venue`)
  return problems
}

function comparePositions(journal: JournalAccount, truth: VenueTruth): readonly string[] {
  const problems: string[] = []
  for (const [symbol, count] of Object.entries(truth.positions)) {
    const here = decimal(journal.positions.get(SYMBOLS[symbol] ?? '') ?? '0')
    if (!isSame(here, lots(symbol, count))) problems.push(`position ${symbol}: ${show(here)} here, ${show(lots(symbol, count))} there`)
  }
  return problems
}

/**
 * What is settled and what is still open depends on the order of the fills, and fills of two orders may reach us in another one than
 * they were made in. So our cash must be that of our own order, and both sides must agree on what no order changes: the cash with the
 * cost of what is open taken out.
 */
export function compareCash(
  journal: Pick<JournalAccount, 'start' | 'cash' | 'fills'>,
  truth: Pick<VenueTruth, 'executions' | 'wallet'>,
): readonly string[] {
  const { start, cash = start } = journal
  if (start === undefined || cash === undefined) return ['cash: no account was opened']
  const ours = settleTrades(
    decimal(start),
    journal.fills.map(({ symbol, side, price, quantity, fee }) => ({
      symbol,
      isBuy: side === 'BUY',
      price: decimal(price),
      quantity: decimal(quantity),
      fee: decimal(fee),
    })),
  )
  const theirs = settleTrades(
    decimal(start),
    truth.executions.map(({ symbol, side, ticks, lots: count, fee }) => ({
      symbol,
      isBuy: side === 'Buy',
      price: decimal(priceText(stepsOf(symbol), ticks)),
      quantity: lots(symbol, count),
      fee: decimal(fee),
    })),
  )
  const problems: string[] = []
  if (!isSame(decimal(cash), ours.cash)) problems.push(`cash: ${cash} in the journal, ${show(ours.cash)} by its own fills`)
  const here = subtract(decimal(cash), ours.cost)
  const there = subtract(decimal(truth.wallet), theirs.cost)
  if (!isSame(here, there)) problems.push(`cash without what is open: ${show(here)} here, ${show(there)} there`)
  return problems
}

/** Postgres against the journal: every trade and order once, and the same positions. */
export async function compareWithPostgres(journal: JournalAccount, tables: PostgresTables): Promise<readonly string[]> {
  const problems: string[] = []
  const text = (row: TextRow, name: string): string => row[name] ?? ''
  const trades = await tables.rows('SELECT trade_id, client_order_id, price, quantity, fee FROM trades')
  const known = new Map(journal.fills.map((fill) => [fill.tradeId, fill]))
  if (trades.length !== journal.fills.length) problems.push(`${trades.length} trades in Postgres, ${journal.fills.length} in the journal`)
  for (const row of trades) {
    const fill = known.get(text(row, 'trade_id'))
    if (
      fill === undefined ||
      !isSame(decimal(fill.price), decimal(text(row, 'price'))) ||
      !isSame(decimal(fill.fee), decimal(text(row, 'fee')))
    )
      problems.push(`trade ${text(row, 'trade_id')} differs in Postgres`)
  }
  const orders = await tables.rows('SELECT client_order_id, status, filled_quantity FROM orders')
  if (orders.length !== journal.orders.size) problems.push(`${orders.length} orders in Postgres, ${journal.orders.size} in the journal`)
  for (const row of orders) {
    const order = journal.orders.get(text(row, 'client_order_id'))
    if (order?.status !== text(row, 'status') || !isSame(decimal(order.filled), decimal(text(row, 'filled_quantity'))))
      problems.push(`order ${text(row, 'client_order_id')} is ${text(row, 'status')} in Postgres, ${order?.status} in the journal`)
  }
  const positions = await tables.rows('SELECT symbol, sum(quantity)::text AS quantity FROM positions GROUP BY symbol')
  for (const row of positions) {
    const here = decimal(journal.positions.get(text(row, 'symbol')) ?? '0')
    if (!isSame(here, decimal(text(row, 'quantity'))))
      problems.push(`position ${text(row, 'symbol')}: ${text(row, 'quantity')} in Postgres, ${show(here)} in the journal`)
  }
  return problems
}
