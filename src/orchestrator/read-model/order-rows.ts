import type { OrderView } from '#contract/views.ts'
import type { OrderAmended, OrderAmendRequested, OrderFilled, OrderStatusChanged, OrderSubmitted } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { isWorking } from '#domain/order.ts'
import { planOfLevels, planViewOf } from './protection-views.ts'
import { matches, takePage, type MemoryPage, type RowFilter } from './page.ts'

export interface OrderListQuery extends RowFilter {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly status?: OrderView['status'] | 'OPEN' | undefined
}

export interface OrderRowsState {
  readonly byId: ReadonlyMap<string, OrderView>
  readonly working: ReadonlySet<string>
  readonly closed: readonly string[]
  readonly nextEvicted: number
  readonly floorSeq: number
}

/** Every working order, and the orders that closed last. `seq` is the place of `OrderSubmitted`, so pages do not shift. */
export class OrderRows {
  readonly #closedMax: number
  /** In the order of submission: a map keeps a key's place when its value is replaced. */
  readonly #byId: Map<string, OrderView>
  readonly #working: Set<string>
  /** Ids in the order they closed; a ring once it is full. */
  readonly #closed: string[]
  #nextEvicted: number
  #floorSeq: number

  constructor(closedMax: number, saved?: OrderRowsState) {
    this.#closedMax = closedMax
    this.#byId = new Map(saved?.byId)
    this.#working = new Set(saved?.working)
    this.#closed = [...(saved?.closed ?? [])]
    this.#nextEvicted = saved?.nextEvicted ?? 0
    this.#floorSeq = saved?.floorSeq ?? 0
  }

  save(): OrderRowsState {
    return {
      byId: this.#byId,
      working: this.#working,
      closed: this.#closed,
      nextEvicted: this.#nextEvicted,
      floorSeq: this.#floorSeq,
    }
  }

  submitted(fact: OrderSubmitted, seq: number): OrderView {
    const plan = fact.protection ?? planOfLevels(fact)
    const order: OrderView = {
      id: fact.clientOrderId,
      exchange_order_id: null,
      trader_id: fact.traderId,
      strategy: fact.strategy,
      signal_id: fact.signalId ?? null,
      exchange: fact.exchange,
      symbol: fact.symbol,
      side: fact.side,
      type: fact.orderType,
      purpose: fact.purpose,
      quantity: fact.quantity,
      price: fact.price ?? null,
      time_in_force: fact.timeInForce ?? 'GTC',
      post_only: fact.postOnly ?? false,
      trigger_price: fact.triggerPrice ?? null,
      trailing: fact.trailing === undefined ? null : { ...fact.trailing },
      high_water: fact.highWater ?? null,
      execution: fact.execution ?? 'NATIVE',
      oco_group: fact.ocoGroup ?? null,
      ladder_level: fact.ladderLevel ?? null,
      protection: plan === null ? null : planViewOf(plan),
      amending: null,
      triggered: false,
      replaces: fact.replaces ?? null,
      status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
      filled_quantity: '0',
      average_price: null,
      reduce_only: fact.reduceOnly,
      reason: null,
      created_at: fact.ts,
      updated_at: fact.ts,
      seq,
    }
    this.#byId.set(order.id, order)
    this.#working.add(order.id)
    return order
  }

  /** Undefined when the order closed so long ago that it is no longer in memory. */
  statusChanged(fact: OrderStatusChanged): OrderView | undefined {
    const order = this.#byId.get(fact.clientOrderId)
    return (
      order &&
      this.#replace({
        ...order,
        status: fact.status,
        amending: isWorking(fact.status) ? order.amending : null,
        exchange_order_id: fact.exchangeOrderId ?? order.exchange_order_id,
        reason: fact.reason ?? order.reason,
        updated_at: fact.ts,
      })
    )
  }

  amendRequested(fact: OrderAmendRequested): OrderView | undefined {
    const order = this.#byId.get(fact.clientOrderId)
    const amending = { quantity: fact.quantity ?? null, price: fact.price ?? null, trigger_price: fact.triggerPrice ?? null }
    return order && this.#replace({ ...order, amending, updated_at: fact.ts })
  }

  amended(fact: OrderAmended): OrderView | undefined {
    const order = this.#byId.get(fact.clientOrderId)
    return (
      order &&
      this.#replace({
        ...order,
        quantity: fact.quantity,
        price: fact.price ?? order.price,
        trigger_price: fact.triggerPrice ?? order.trigger_price,
        high_water: fact.highWater ?? order.high_water,
        triggered: fact.triggered ?? order.triggered,
        reason: fact.reason ?? order.reason,
        amending: null,
        updated_at: fact.ts,
      })
    )
  }

  /** Orders that changed after `ts` and no longer work, newest submission first. */
  *endedSince(ts: number): Generator<OrderView> {
    for (const order of [...this.#byId.values()].reverse()) if (order.updated_at > ts && !isWorking(order.status)) yield order
  }

  get floorSeq(): number {
    return this.#floorSeq
  }

  /** `priceScale`: digits of the average price. */
  filled(fact: OrderFilled, priceScale: number): OrderView | undefined {
    const order = this.#byId.get(fact.clientOrderId)
    return (
      order &&
      this.#replace({
        ...order,
        status: fact.orderStatus,
        exchange_order_id: fact.exchangeOrderId ?? order.exchange_order_id,
        filled_quantity: fact.orderFilledQuantity,
        average_price: averagePrice(fact, priceScale),
        updated_at: fact.ts,
      })
    )
  }

  get(id: string): OrderView | undefined {
    return this.#byId.get(id)
  }

  get workingCount(): number {
    return this.#working.size
  }

  /** Oldest first. */
  working(): OrderView[] {
    return [...this.#working].flatMap((id) => this.#byId.get(id) ?? [])
  }

  /** Working orders and the last `closedCount` others, oldest first. */
  recent(closedCount: number): OrderView[] {
    const all = [...this.#byId.values()]
    const closed = all.filter((order) => !isWorking(order.status))
    const firstKept = closed.at(-closedCount)?.seq ?? 0
    return all.filter((order) => isWorking(order.status) || order.seq >= firstKept)
  }

  /** `acrossFloor`: also rows from below the floor that happen to be here; for when nobody else can give them. */
  page(query: OrderListQuery, acrossFloor = false): MemoryPage<OrderView> {
    const open = query.status === 'OPEN'
    const rows = open ? this.working() : [...this.#byId.values()]
    return takePage(rows.reverse(), {
      limit: query.limit,
      cursor: query.cursor,
      floorSeq: open || acrossFloor ? 0 : this.#floorSeq,
      match: (order) => matches(query, order) && (open || query.status === undefined || query.status === order.status),
    })
  }

  #replace(order: OrderView): OrderView {
    this.#byId.set(order.id, order)
    if (!isWorking(order.status) && this.#working.delete(order.id)) this.#close(order.id)
    return order
  }

  #close(id: string): void {
    if (this.#closed.length < this.#closedMax) {
      this.#closed.push(id)
      return
    }
    const evicted = this.#closed[this.#nextEvicted] ?? id
    this.#floorSeq = Math.max(this.#floorSeq, this.#byId.get(evicted)?.seq ?? 0)
    this.#byId.delete(evicted)
    this.#closed[this.#nextEvicted] = id
    this.#nextEvicted = (this.#nextEvicted + 1) % this.#closedMax
  }
}

function averagePrice(fact: OrderFilled, scale: number): string | null {
  const quantity = fixed.parse(fact.orderFilledQuantity)
  if (quantity.units === 0n) return null
  return fixed.format(fixed.trim(fixed.divide(fixed.parse(fact.orderFilledNotional), quantity, scale, 'half-even')))
}
