import Database from 'better-sqlite3'
import { add, decimal, negate, show, ZERO, type Decimal } from '../replay/decimal.ts'
import { brokenLink, factsOf, readJournal } from '../replay/journal-file.ts'

/** An order as the journal tells its life, read from the text of the facts by nothing but this file. */
export interface JournalOrder {
  readonly id: string
  readonly symbol: string
  readonly submits: number
  readonly statuses: readonly string[]
  readonly status: string
  readonly exchangeOrderId: string | undefined
  readonly quantity: string
  readonly price: string | undefined
  readonly filled: string
  readonly isAmending: boolean
}

export interface JournalFill {
  readonly tradeId: string
  readonly orderId: string
  readonly symbol: string
  readonly side: string
  readonly price: string
  readonly quantity: string
  readonly fee: string
}

export interface JournalAccount {
  readonly instance: string
  readonly head: number
  readonly orders: ReadonlyMap<string, JournalOrder>
  readonly fills: readonly JournalFill[]
  /** Signed, per symbol. */
  readonly positions: ReadonlyMap<string, string>
  /** Cash at the start. */
  readonly start: string | undefined
  /** Cash after the last fill, or at the start. */
  readonly cash: string | undefined
  readonly isHalted: boolean
  readonly openDifferences: readonly string[]
  readonly criticalAlerts: readonly string[]
  readonly snapshots: number
  readonly brokenLink: string | undefined
}

interface FactText {
  readonly type: string
  readonly clientOrderId?: string
  readonly exchangeOrderId?: string
  readonly symbol?: string
  readonly side?: string
  readonly status?: string
  readonly orderStatus?: string
  readonly orderFilledQuantity?: string
  readonly quantity?: string
  readonly price?: string
  readonly tradeId?: string
  readonly fee?: string
  readonly cash?: string
  readonly balance?: string
  readonly severity?: string
  readonly code?: string
  readonly message?: string
  readonly difference?: { readonly differenceId: string; readonly kind: string; readonly ours: string; readonly theirs: string }
  readonly differenceId?: string
}

type Draft = { -readonly [K in keyof JournalOrder]: JournalOrder[K] } & { statuses: string[] }

export function readJournalAccount(path: string): JournalAccount {
  const pages = readJournal(path)
  const rows = factsOf(pages)
  const orders = new Map<string, Draft>()
  const fills: JournalFill[] = []
  const positions = new Map<string, Decimal>()
  const differences = new Map<string, string>()
  const criticalAlerts: string[] = []
  let start: string | undefined
  let cash: string | undefined
  let isHalted = false
  for (const { body } of rows) {
    const fact = JSON.parse(body) as FactText
    takeOrderFact(orders, fact)
    if (fact.type === 'OrderFilled') {
      const { tradeId = '', clientOrderId = '', symbol = '', side = '', price = '', quantity = '', fee = '' } = fact
      fills.push({ tradeId, orderId: clientOrderId, symbol, side, price, quantity, fee })
      const signed = side === 'BUY' ? decimal(quantity) : negate(decimal(quantity))
      positions.set(symbol, add(positions.get(symbol) ?? ZERO, signed))
      cash = fact.cash
    }
    if (fact.type === 'AccountOpened') {
      start ??= fact.balance
      cash ??= fact.balance
    }
    if (fact.type === 'TradingHalted') isHalted = true
    if (fact.type === 'TradingResumed') isHalted = false
    if (fact.type === 'DifferenceFound' && fact.difference !== undefined)
      differences.set(
        fact.difference.differenceId,
        `${fact.difference.kind}: ours ${fact.difference.ours}, theirs ${fact.difference.theirs}`,
      )
    if (fact.type === 'DifferenceClosed') differences.delete(fact.differenceId ?? '')
    if (fact.type === 'AlertRaised' && fact.severity === 'critical') criticalAlerts.push(`${fact.code}: ${fact.message}`)
  }
  return {
    ...readMeta(path),
    head: rows.at(-1)?.seq ?? 0,
    orders,
    fills,
    positions: new Map([...positions].map(([symbol, quantity]) => [symbol, show(quantity)])),
    start,
    cash,
    isHalted,
    openDifferences: [...differences.values()],
    criticalAlerts,
    brokenLink: brokenLink(pages),
  }
}

function takeOrderFact(orders: Map<string, Draft>, fact: FactText): void {
  const id = fact.clientOrderId ?? ''
  const known = orders.get(id)
  if (fact.type === 'OrderSubmitted') {
    const { symbol = '', quantity = '', price } = fact
    const fresh = { id, symbol, quantity, price, exchangeOrderId: undefined, filled: '0', isAmending: false }
    orders.set(id, { ...fresh, submits: (known?.submits ?? 0) + 1, statuses: ['SUBMITTED'], status: 'SUBMITTED' })
    return
  }
  if (known === undefined) return
  const status = fact.type === 'OrderStatusChanged' ? fact.status : fact.type === 'OrderFilled' ? fact.orderStatus : undefined
  if (status !== undefined) {
    known.statuses.push(status)
    known.status = status
  }
  if (fact.type === 'OrderStatusChanged' || fact.type === 'OrderFilled')
    known.exchangeOrderId = fact.exchangeOrderId ?? known.exchangeOrderId
  if (fact.type === 'OrderFilled') known.filled = fact.orderFilledQuantity ?? known.filled
  if (fact.type === 'OrderAmendRequested') known.isAmending = true
  if (fact.type === 'OrderAmended') {
    known.isAmending = false
    known.quantity = fact.quantity ?? known.quantity
    known.price = fact.price ?? known.price
  }
}

function readMeta(path: string): { readonly instance: string; readonly snapshots: number } {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  try {
    const instance = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'instance'").get()?.value ?? ''
    const snapshots = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM snapshots').get()?.n ?? 0
    return { instance, snapshots }
  } finally {
    db.close()
  }
}
