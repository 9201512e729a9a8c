import type { RiskLimits } from '#domain/risk.ts'
import { abs, mul } from '../core/decimal.ts'

/** One order as the ledger counts it. Amounts are exact decimals of `core/decimal`. */
export interface LedgerOrder {
  readonly id: string
  readonly key: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly isExit: boolean
  readonly limit: bigint | undefined
  readonly reference: bigint
  readonly quantity: bigint
  filled: bigint
  isWorking: boolean
  /** The exchange has said that it has the order. */
  isConfirmed: boolean
  isCancelAsked: boolean
}

/** The books of one account for the oracle: filled by what is told, never by looking into the engine. */
export class Ledger {
  readonly orders = new Map<string, LedgerOrder>()
  readonly positions = new Map<string, bigint>()
  readonly marks = new Map<string, { readonly price: bigint; readonly ts: number }>()
  readonly sendTimes: number[] = []
  cash: bigint
  dayStart: bigint
  now = 0
  limits: RiskLimits

  constructor(balance: bigint, limits: RiskLimits) {
    this.cash = balance
    this.dayStart = balance
    this.limits = limits
  }

  send(order: LedgerOrder): void {
    this.orders.set(order.id, order)
    this.sendTimes.push(this.now)
  }

  fill(id: string, quantity: bigint, price: bigint, fee: bigint): void {
    const order = this.orders.get(id) as LedgerOrder
    order.filled += quantity
    order.isConfirmed = true
    if (order.filled >= order.quantity) order.isWorking = false
    const signed = order.side === 'BUY' ? quantity : -quantity
    this.positions.set(order.key, (this.positions.get(order.key) ?? 0n) + signed)
    this.cash -= mul(price, signed) + fee
  }

  end(id: string): void {
    ;(this.orders.get(id) as LedgerOrder).isWorking = false
  }

  working(): LedgerOrder[] {
    return [...this.orders.values()].filter(({ isWorking }) => isWorking)
  }

  open(order: LedgerOrder): bigint {
    return order.quantity - order.filled
  }

  /** Of working orders of one kind. */
  openSum(which: (order: LedgerOrder) => boolean): bigint {
    let sum = 0n
    for (const order of this.orders.values()) if (order.isWorking && which(order)) sum += this.open(order)
    return sum
  }

  /** Cash and positions at the marks; and the positions' size in money. */
  worth(): { readonly equity: bigint; readonly exposure: bigint } {
    let [equity, exposure] = [this.cash, 0n]
    for (const [key, quantity] of this.positions) {
      const mark = this.marks.get(key.split('|')[1] ?? '')?.price ?? 0n
      equity += mul(mark, quantity)
      exposure += mul(mark, abs(quantity))
    }
    return { equity, exposure }
  }

  reserved(): bigint {
    let sum = 0n
    for (const order of this.orders.values())
      if (order.isWorking && !order.isExit) sum += mul(order.limit ?? order.reference, this.open(order))
    return sum
  }
}
