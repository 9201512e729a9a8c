import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { bookTrade, type Held } from '../replay/average-cost.ts'
import { absolute, add, decimal, divideHalfEven, multiply, roundUp, show, subtract, ZERO, type Decimal } from '../replay/decimal.ts'
import { VENUE_INSTRUMENTS, type VenueInstrument } from './venue-market.ts'
import { isOpen, type ExecutionRecord, type OrderRecord, type OrderState } from './venue-records.ts'

const FEE_DIGITS = 8
/** Closed orders that `realtime` still shows. */
const RECENT_CLOSED_MAX = 500

/** The venue's books: orders, executions, position and cash. Every change is a line of an append-only file before it is answered. */
export class VenueBook {
  readonly #file: string | undefined
  readonly orders = new Map<string, OrderRecord>()
  readonly byLink = new Map<string, OrderRecord>()
  readonly open = new Set<OrderRecord>()
  /** The last orders that ended, oldest first. */
  readonly recent = new Set<OrderRecord>()
  readonly executions: ExecutionRecord[] = []
  readonly #executionsOf = new Map<string, ExecutionRecord[]>()
  readonly #held = new Map<string, Held>()
  #wallet: Decimal
  #lastId = 0

  constructor(options: { readonly file?: string | undefined; readonly startBalance: string }) {
    this.#wallet = decimal(options.startBalance)
    this.#file = options.file
    if (options.file !== undefined && existsSync(options.file)) this.#load(options.file)
  }

  get wallet(): string {
    return show(this.#wallet)
  }

  positionLots(symbol: string): number {
    const { lot } = instrumentOf(symbol)
    const { quantity } = this.#of(symbol)
    return Number((quantity.units * 10n ** BigInt(lot.scale)) / (lot.units * 10n ** BigInt(quantity.scale)))
  }

  /** Average entry price with 8 digits; `0` when flat. */
  averagePrice(symbol: string): string {
    const { quantity, cost } = this.#of(symbol)
    return quantity.units === 0n ? '0' : show(divideHalfEven(absolute(cost), absolute(quantity), 8))
  }

  executionsOf(orderId: string): readonly ExecutionRecord[] {
    return this.#executionsOf.get(orderId) ?? []
  }

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  put(order: OrderRecord): void {
    this.#remember(order)
    this.#write({ order })
  }

  /** Notes a change of an order. */
  change(order: OrderRecord, now: number, change: Partial<OrderRecord>): void {
    Object.assign(order, change, { updatedTime: now })
    if (!isOpen(order)) this.#close(order)
    this.#write({ order })
  }

  execute(
    order: OrderRecord,
    trade: { readonly ticks: number; readonly lots: number; readonly isMaker: boolean; readonly now: number },
  ): void {
    const { ticks, lots, isMaker, now } = trade
    const instrument = instrumentOf(order.symbol)
    const value = multiply(scaled(instrument.tick, ticks), scaled(instrument.lot, lots))
    const rate = decimal(isMaker ? instrument.makerRate : instrument.takerRate)
    const fee = roundUp(multiply(value, rate), FEE_DIGITS)
    const seq = this.nextId()
    const { orderId, orderLinkId, symbol, side } = order
    const execId = `x${seq.toString(36).padStart(8, '0')}-${orderId}`
    const execution = { execId, orderId, orderLinkId, symbol, side, ticks, lots, fee: show(fee), isMaker, execTime: now, seq }
    const filledLots = order.filledLots + lots
    const status: OrderState = filledLots >= order.lots ? 'Filled' : 'PartiallyFilled'
    const filledValue = show(add(decimal(order.filledValue), value))
    Object.assign(order, { filledLots, filledValue, filledFee: show(add(decimal(order.filledFee), fee)), status, updatedTime: now })
    if (!isOpen(order)) this.#close(order)
    this.#book(execution)
    // One line for both: a venue that dies between them would hold a fill without its order.
    this.#write({ order, execution })
  }

  #of(symbol: string): Held {
    return this.#held.get(symbol) ?? { quantity: ZERO, cost: ZERO }
  }

  #remember(order: OrderRecord): void {
    this.orders.set(order.orderId, order)
    if (order.orderLinkId !== '') this.byLink.set(order.orderLinkId, order)
    if (isOpen(order)) this.open.add(order)
    else this.#close(order)
  }

  #close(order: OrderRecord): void {
    this.open.delete(order)
    this.recent.add(order)
    const [oldest] = this.recent
    if (this.recent.size > RECENT_CLOSED_MAX && oldest !== undefined) this.recent.delete(oldest)
  }

  #book(execution: ExecutionRecord): void {
    this.executions.push(execution)
    const known = this.#executionsOf.get(execution.orderId)
    if (known === undefined) this.#executionsOf.set(execution.orderId, [execution])
    else known.push(execution)
    const instrument = instrumentOf(execution.symbol)
    const held = this.#of(execution.symbol)
    this.#held.set(execution.symbol, held)
    const price = scaled(instrument.tick, execution.ticks)
    const quantity = scaled(instrument.lot, execution.lots)
    const realized = bookTrade(held, { isBuy: execution.side === 'Buy', price, quantity })
    this.#wallet = subtract(add(this.#wallet, realized), decimal(execution.fee))
  }

  #write(line: { readonly order: OrderRecord; readonly execution?: ExecutionRecord }): void {
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }

  #load(file: string): void {
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      if (text === '') continue
      const { order: read, execution } = JSON.parse(text) as { order: OrderRecord; execution?: ExecutionRecord }
      const order = Object.assign(this.orders.get(read.orderId) ?? read, read)
      this.#remember(order)
      if (execution !== undefined) this.#book(execution)
      this.#lastId = Math.max(this.#lastId, execution?.seq ?? 0, Number.parseInt(order.orderId.slice(1, 9), 36))
    }
  }
}

export function instrumentOf(symbol: string): VenueInstrument {
  const instrument = VENUE_INSTRUMENTS.find((each) => each.symbol === symbol)
  if (instrument === undefined) throw new Error(`the venue has no ${symbol}`)
  return instrument
}

export function scaled(step: Decimal, count: number): Decimal {
  return { units: step.units * BigInt(count), scale: step.scale }
}
