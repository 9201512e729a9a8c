import * as fixed from '#domain/money/fixed.ts'
import { isWorking } from '#domain/order.ts'
import type { EngineState } from '#engine/state.ts'
import { decOf, show } from '../core/decimal.ts'
import { MARKETS, marketOf, priceOf, quantityOf } from '../venue/market.ts'
import type { World } from '../run/world.ts'
import { isOpen } from './books.ts'
import { demand } from './violation.ts'

const read = decOf

/** Two-phase form: safety all the time, and after the faults have stopped everything must come together. */
export function checkConverged(world: World): void {
  const { shell, watch } = world
  demand(shell !== undefined && shell.isRunning, 'L5', () => 'the engine is not running')
  const { state } = shell.engine
  watch.checkNow(state)
  checkOpen(state)
  checkNothingUnknown(state)
  checkOrdersAgree(world, state)
  checkPositionsAgree(world, state)
  checkMoneyAgrees(world)
  checkBacklogEmpty(world)
  checkHaltFinished(world, state)
  checkExternalNamed(world)
  checkNoFalseAlarm(world)
  checkPairsSettled(world)
  checkNoOrphanExits(world, state)
  if (state.halt !== null) return
  checkStopsHeld(world, state)
  checkTriggersHeld(world, state)
}

function checkOpen(state: EngineState): void {
  demand(state.connected, 'L6', () => 'not connected')
  demand(state.reconciled, 'L6', () => `not reconciled; unanswered: ${[...state.queries.keys()].join(' ')}`)
}

/** L2. */
function checkNothingUnknown(state: EngineState): void {
  for (const order of state.orders.values())
    demand(
      !['UNKNOWN', 'SUBMITTED', 'PENDING_CANCEL'].includes(order.status),
      'L2',
      () => `${order.clientOrderId} is still ${order.status}`,
    )
}

/** L1: the same orders are open on both sides, filled alike, and every end is the same end. */
function checkOrdersAgree({ venue, watch }: World, state: EngineState): void {
  for (const order of state.orders.values()) {
    const atVenue = venue.byClientId.get(order.clientOrderId)
    const id = order.clientOrderId
    if (atVenue === undefined) {
      demand(order.status === 'EMULATED' || !isWorking(order.status), 'L1', () => `${id} is ${order.status}; the venue never had it`)
      continue
    }
    demand(isWorking(order.status) === (atVenue.status === 'OPEN'), 'L1', () => `${id} is ${order.status}, at the venue ${atVenue.status}`)
    const filled = read(quantityOf(atVenue.market, atVenue.filledLots))
    demand(
      read(order.filledQuantity) === filled,
      'L1',
      () => `${id} filled ${fixed.format(order.filledQuantity)}, at the venue ${show(filled)}`,
    )
    if (atVenue.status !== 'OPEN') continue
    const quantity = read(quantityOf(atVenue.market, atVenue.lots))
    demand(read(order.quantity) === quantity, 'L1', () => `${id} is of ${fixed.format(order.quantity)}, at the venue ${show(quantity)}`)
  }
  for (const [id, order] of watch.books.orders) {
    const atVenue = venue.byClientId.get(id)
    if (atVenue === undefined) continue
    demand(isOpen(order.status) === (atVenue.status === 'OPEN'), 'L1', () => `${id} is ${order.status}, at the venue ${atVenue.status}`)
  }
}

/** L1: all traders together hold what the venue shows, but for what a person traded there and the engine has named. */
function checkPositionsAgree({ venue, watch }: World, state: EngineState): void {
  for (const market of MARKETS) {
    let ours = 0n
    for (const position of state.positions.values()) if (position.symbol === market.symbol) ours += read(position.quantity)
    const lots = venue.positions.get(market.symbol) ?? 0
    const theirs = lots < 0 ? -read(quantityOf(market, -lots)) : read(quantityOf(market, lots))
    // An exchange without an answer about the account cannot be compared.
    const { books } = watch
    const isNamed =
      !venue.personality.accountQuery ||
      [...books.differences.values(), ...books.ignored.values()].some(({ kind, symbol }) => kind === 'POSITION' && symbol === market.symbol)
    const byHand = venue.orders.some((order) => order.clientOrderId === undefined && order.market === market)
    demand(ours === theirs || (byHand && isNamed), 'L1', () => `${market.symbol}: ours ${show(ours)}, the venue's ${show(theirs)}`)
  }
}

/** I16, G37: what fills and fees did to the cash is the same on both sides, to the last digit. */
function checkMoneyAgrees({ venue, watch }: World): void {
  if (venue.orders.some(({ clientOrderId }) => clientOrderId === undefined)) return
  const { books } = watch
  const theirs = venue.cash * 10n ** 12n
  demand(books.flow - books.fees === theirs, 'I16', () => `cash moved by ${show(books.flow - books.fees)}, at the venue by ${show(theirs)}`)
}

/** L3. */
function checkBacklogEmpty({ shell, replica }: World): void {
  demand(shell !== undefined && shell.waiting < 10, 'L3', () => `the engine has ${shell?.waiting ?? 0} inputs waiting`)
  demand(replica.lag <= 20, 'L3', () => `Postgres lacks ${replica.lag} facts`)
}

/** L7: where nobody else has touched the account nothing differs in the end. */
function checkNoFalseAlarm({ venue, watch }: World): void {
  if (venue.orders.some(({ clientOrderId }) => clientOrderId === undefined)) return
  for (const { differenceId, ours, theirs } of [...watch.books.differences.values(), ...watch.books.ignored.values()])
    demand(
      differenceId.includes('fees in'),
      'L7',
      () => `difference ${differenceId} (ours ${ours}, theirs ${theirs}) although nobody else traded`,
    )
}

/** T17: an order that is not ours is on record, where the exchange can show the account. */
function checkExternalNamed({ venue, watch }: World): void {
  if (!venue.personality.accountQuery) return
  for (const { clientOrderId, exchangeOrderId } of venue.open)
    demand(
      clientOrderId !== undefined || watch.books.namedOrders.has(exchangeOrderId),
      'L1',
      () => `order ${exchangeOrderId} by hand is open at the venue and nobody was told`,
    )
}

/** L8: once an order of a pair has traded, none of the others may still. */
function checkPairsSettled({ watch }: World): void {
  const orders = [...watch.books.orders.values()]
  const winners = new Set(orders.filter(({ filled }) => filled > 0n).map(({ submitted }) => submitted.ocoGroup))
  for (const { submitted, status, filled } of orders) {
    if (submitted.ocoGroup === undefined || !winners.has(submitted.ocoGroup) || filled > 0n || submitted.replaces !== undefined) continue
    demand(!isOpen(status), 'L8', () => `${submitted.clientOrderId} is ${status} although another of its pair has traded`)
  }
}

/** L8: no exit rests at the venue without a position of its trader: it would open one. */
function checkNoOrphanExits({ venue }: World, state: EngineState): void {
  for (const { clientOrderId } of venue.open) {
    const order = clientOrderId === undefined ? undefined : state.orders.get(clientOrderId as never)
    if (order === undefined || !order.reduceOnly) continue
    const held = state.positions.get(`${order.traderId}|${order.symbol}`)?.quantity.units ?? 0n
    demand(
      order.side === 'SELL' ? held > 0n : held < 0n,
      'L8',
      () => `${order.purpose} ${order.clientOrderId} rests at the venue, ${order.traderId} holds nothing that it closes`,
    )
  }
}

/** L8: no open position beyond its stop, unless it was said that closing it failed. */
function checkStopsHeld({ venue, watch }: World, state: EngineState): void {
  if (watch.books.alerts.has('PROTECTION_NOT_SENT')) return
  for (const [key, position] of state.positions) {
    const stop = watch.books.positions.get(key)?.stop
    if (position.quantity.units === 0n || stop === undefined || state.workingByKey.has(key)) continue
    const market = marketOf(position.symbol)
    const last = read(priceOf(market, venue.lastTicks(market)))
    const margin = read(priceOf(market, market.stepTicks * 10))
    const isBeyond = position.quantity.units > 0n ? last + margin < stop : last - margin > stop
    demand(!isBeyond, 'L8', () => `${key} is open at ${show(last)}, its stop is ${show(stop)}`)
  }
}

/** L8: no order waits here whose trigger lies far behind the price. */
function checkTriggersHeld({ venue, watch }: World, state: EngineState): void {
  for (const order of watch.books.working()) {
    const { submitted, trigger } = order
    if (order.status !== 'EMULATED' || trigger === undefined || state.orders.get(submitted.clientOrderId)?.triggered === true) continue
    const market = marketOf(submitted.symbol)
    const last = read(priceOf(market, venue.lastTicks(market)))
    const margin = read(priceOf(market, market.stepTicks * 10))
    const above = submitted.orderType.startsWith('TAKE_PROFIT') ? submitted.side === 'SELL' : submitted.side === 'BUY'
    demand(
      above ? last - margin <= trigger : last + margin >= trigger,
      'L8',
      () => `${submitted.clientOrderId} waits for ${show(trigger)}, the price is ${show(last)}`,
    )
  }
}

/** L7, G36: a comparison of what agrees changes nothing. */
export function checkReconcileIdempotent(world: World, run: (ms: number) => void): void {
  const ask = (): void => world.ask({ type: 'Reconcile', trigger: 'PERSON', by: 'person' })
  ask()
  run(15_000)
  const before = world.journal.head
  ask()
  run(15_000)
  for (const { fact } of world.journal.entries(before, world.journal.head)) {
    const isComparison = fact.type === 'DifferenceFound' || fact.type === 'DifferenceClosed' || fact.type === 'PositionAssigned'
    demand(!isComparison, 'L7', () => `the second comparison recorded ${JSON.stringify(fact)}`)
    if (fact.type === 'ReconciliationDone')
      demand(fact.recoveredFills === 0, 'L7', () => `the second comparison found ${fact.recoveredFills} fills`)
  }
}

/** L4: a halt ends with nothing open at the venue; with flatten, flat or said aloud. */
function checkHaltFinished({ venue, watch }: World, state: EngineState): void {
  if (state.halt === null) return
  const isSaid = watch.books.alerts.has('FLATTEN_GIVING_UP') || watch.books.alerts.has('PROTECTION_NOT_SENT')
  for (const { clientOrderId: id } of venue.open) {
    const submitted = id === undefined ? undefined : watch.books.orders.get(id)?.submitted
    // What a person closes while halted may wait for its price, unless the stop itself is closing it.
    const mayWait = !state.halt.flatten || isSaid
    const isPersons = mayWait && submitted?.purpose === 'EXIT' && submitted.ts >= (watch.books.halt?.since ?? 0)
    const isStop = submitted?.purpose === 'STOP_LOSS' && !state.halt.flatten
    demand(submitted === undefined || isPersons || isStop, 'L4', () => `${id} is open at the venue after a halt`)
  }
  if (!state.halt.flatten || isSaid) return
  for (const [key, position] of state.positions)
    demand(position.quantity.units === 0n, 'L4', () => `${key} holds ${fixed.format(position.quantity)} after a flattening halt`)
}
