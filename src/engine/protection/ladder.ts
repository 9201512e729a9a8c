import * as fixed from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { exitRoom } from '../orders/exit-room.ts'
import { openQuantity } from '../orders/exposure.ts'
import type { EngineState, Guard, HeldPosition, PositionKey } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { exitSide, sendExit } from './close-position.ts'
import { advantage, profitLevel, type Sight } from './levels.ts'
import type { ParsedPlan } from './plan.ts'

export interface LadderAt {
  readonly key: PositionKey
  readonly position: HeldPosition
  readonly guard: Guard
  readonly plan: ParsedPlan
  readonly sight: Sight
  readonly entry: Price
  /** Most profitable price seen. */
  readonly extreme: Price
  /** Steps beyond this price are left to the target, which was met as well. */
  readonly before?: Price | undefined
}

/**
 * Sells the steps of the ladder that the price has reached, nearest first, one order each. How far the ladder has got is counted
 * from fills alone. A step whose size the exchange would not take, or that would leave such a size, is merged into the next.
 */
export function takeLadder(tx: Transaction, at: LadderAt): void {
  const { plan, guard, sight } = at
  plan.ladder.forEach((step, level) => {
    if (level < guard.ladderDone) return
    const price = profitLevel(sight, at.entry, step.at)
    if (advantage(sight, at.extreme, price) < 0) return
    if (at.before !== undefined && advantage(sight, price, at.before) > 0) return
    takeStep(tx, at, level)
  })
}

function takeStep(tx: Transaction, { key, position, guard, plan }: LadderAt, level: number): void {
  const { state } = tx
  const working = ladderOrders(state, key)
  if (working.levels.has(level)) return
  const held = SignedQuantity.magnitude(position.quantity)
  const room = exitRoom(state, position, exitSide(position), held)
  const isLast = level === plan.ladder.length - 1
  const quantity = isLast ? room : Quantity.min(room, dueAt(tx, { position, guard, plan }, level, working.open))
  if (Quantity.isZero(quantity)) return
  const least = state.instruments.get(position.symbol)?.minQuantity ?? Quantity.ZERO
  const rest = Quantity.subtract(room, quantity)
  const isDust = Quantity.compare(quantity, least) < 0 || (!Quantity.isZero(rest) && Quantity.compare(rest, least) < 0)
  if (isDust && !isLast) return
  sendExit(tx, key, { purpose: 'TAKE_PROFIT', quantity, ladderLevel: level })
}

/** What is still to be sold so that the steps up to this one are complete, in whole lots. */
function dueAt(
  tx: Transaction,
  { position, guard, plan }: Pick<LadderAt, 'position' | 'guard' | 'plan'>,
  level: number,
  onTheWay: Quantity,
): Quantity {
  const instrument = tx.state.instruments.get(position.symbol)
  if (instrument === undefined) return Quantity.ZERO
  const share = plan.ladder.slice(0, level + 1).reduce((sum, step) => fixed.add(sum, step.share), fixed.make<'BasisPoints'>(0n, 0))
  const exact = fixed.multiply<'Quantity'>(guard.originalQuantity, fixed.make(share.units, share.scale + 4))
  const due = Quantity.roundToLot(exact, instrument.lotSize, 'floor')
  const taken = Quantity.add(guard.ladderSold, onTheWay)
  return Quantity.subtract(due, Quantity.min(due, taken))
}

function ladderOrders(state: EngineState, key: PositionKey): { readonly levels: ReadonlySet<number>; readonly open: Quantity } {
  const levels = new Set<number>()
  let open = Quantity.ZERO
  for (const id of state.workingByKey.get(key) ?? []) {
    const order = state.orders.get(id)
    if (order?.ladderLevel === undefined) continue
    levels.add(order.ladderLevel)
    open = Quantity.add(open, openQuantity(order))
  }
  return { levels, open }
}
