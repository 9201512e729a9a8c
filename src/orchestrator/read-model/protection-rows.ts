import type { OrderView } from '#contract/views.ts'
import type { ProtectionView } from '#contract/protection.ts'
import type { PositionRecord, ProtectionMoved, ProtectionSet } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import { isWorking } from '#domain/order.ts'
import type { ProtectionCause, ProtectionPlan } from '#domain/protection.ts'
import { planOfLevels, planViewOf } from './protection-views.ts'

const ALL_BPS = fixed.make<'Factor'>(10_000n, 0)

interface Row {
  plan: ProtectionPlan
  stop: string | null
  cause: ProtectionCause | null
  highWater: string | null
  closing: ProtectionView['closing']
  readonly doneLevels: Set<number>
}

export interface ProtectionRowsState {
  readonly rows: ReadonlyMap<string, Row>
  readonly orders: ReadonlyMap<string, Map<string, OrderView['execution']>>
}

/** What the prices of a plan are counted from. */
export interface ProtectedPosition {
  readonly isLong: boolean
  readonly entryPrice: fixed.Fixed<string> | undefined
  readonly priceScale: number
}

/** What guards each open position, by position id, and which orders do it. */
export class ProtectionRows {
  readonly #rows: Map<string, Row>
  /** Working protective orders per position. */
  readonly #orders: Map<string, Map<string, OrderView['execution']>>

  constructor(saved?: ProtectionRowsState) {
    this.#rows = new Map(saved?.rows)
    this.#orders = new Map(saved?.orders)
  }

  save(): ProtectionRowsState {
    return { rows: this.#rows, orders: this.#orders }
  }

  /** Steps that are done stay done as long as the ladder is the same. */
  set(id: string, { plan }: ProtectionSet): void {
    const before = this.#rows.get(id)
    if (plan === null) {
      this.#rows.delete(id)
      return
    }
    const row = newRow(plan)
    if (before !== undefined && JSON.stringify(before.plan.ladder) === JSON.stringify(plan.ladder))
      for (const level of before.doneLevels) row.doneLevels.add(level)
    this.#rows.set(id, row)
  }

  moved(id: string, fact: ProtectionMoved): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    if (fact.stopLoss !== undefined) {
      row.stop = fact.stopLoss
      row.cause = fact.cause
    }
    row.highWater = fact.highWater ?? row.highWater
    row.closing = fact.closing ?? row.closing
  }

  /** The position is another one than before: nothing of what guarded the old one is left. */
  begin(id: string): void {
    this.#rows.delete(id)
  }

  /** A fill may bring levels of its own; with a plan it may bring the stop nearer. */
  filled(id: string, record: PositionRecord): void {
    const levels = planOfLevels(record)
    const row = this.#rows.get(id)
    if (row === undefined) {
      if (levels !== null) this.#rows.set(id, newRow(levels))
      return
    }
    row.stop = record.stopLoss ?? null
    row.plan = { ...row.plan, takeProfit: record.takeProfit }
  }

  /** True when the order has to do with the protection of the position. */
  orderChanged(id: string, order: OrderView): boolean {
    if (order.purpose !== 'STOP_LOSS' && order.purpose !== 'TAKE_PROFIT') return false
    const orders = this.#orders.get(id) ?? new Map<string, OrderView['execution']>()
    if (isWorking(order.status)) orders.set(order.id, order.execution)
    else orders.delete(order.id)
    if (orders.size === 0) this.#orders.delete(id)
    else this.#orders.set(id, orders)
    const row = this.#rows.get(id)
    if (order.status === 'FILLED' && order.ladder_level !== null) row?.doneLevels.add(order.ladder_level)
    // A market order for all that is left means that the position is being closed, until it is.
    if (row !== undefined && order.type === 'MARKET' && order.ladder_level === null) row.closing ??= order.purpose
    return true
  }

  forget(id: string): void {
    this.#rows.delete(id)
    this.#orders.delete(id)
  }

  view(id: string, position: ProtectedPosition): ProtectionView | null {
    const row = this.#rows.get(id)
    if (row === undefined) return null
    const orders = this.#orders.get(id) ?? new Map<string, OrderView['execution']>()
    return {
      plan: planViewOf(row.plan),
      stop: row.stop,
      stop_cause: row.cause,
      high_water: row.highWater,
      closing: row.closing,
      ladder: (row.plan.ladder ?? []).map((step, level) => ({
        at_bps: step.atBps,
        share_bps: step.shareBps,
        price: priceAt(position, step.atBps),
        done: row.doneLevels.has(level),
      })),
      watched_by: watcher([...orders.values()], movesByItself(row.plan)),
      order_ids: [...orders.keys()],
    }
  }
}

function newRow(plan: ProtectionPlan): Row {
  const stop = plan.stopLoss ?? null
  return { plan, stop, cause: stop === null ? null : 'SET', highWater: null, closing: null, doneLevels: new Set() }
}

/** What moves a stop is always this program; the exchange only keeps the orders it was given. */
function movesByItself(plan: ProtectionPlan): boolean {
  return plan.trailing !== undefined || plan.breakeven !== undefined || plan.locks !== undefined
}

function watcher(executions: readonly OrderView['execution'][], moves: boolean): ProtectionView['watched_by'] {
  const native = executions.filter((execution) => execution === 'NATIVE').length
  if (native === 0) return 'PROGRAM'
  return native < executions.length || moves ? 'BOTH' : 'EXCHANGE'
}

function priceAt({ entryPrice, isLong, priceScale }: ProtectedPosition, bps: string): string | null {
  if (entryPrice === undefined) return null
  const distance = fixed.divide<'Level'>(fixed.multiply(entryPrice, fixed.parse(bps)), ALL_BPS, priceScale, 'half-even')
  const entry = fixed.make<'Level'>(entryPrice.units, entryPrice.scale)
  return fixed.format(fixed.trim(isLong ? fixed.add(entry, distance) : fixed.subtract(entry, distance)))
}
