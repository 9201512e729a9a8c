import * as fixed from '#domain/money/fixed.ts'
import { isWorking } from '#domain/order.ts'
import type { EngineState } from '#engine/state.ts'
import { decOf, show } from '../core/decimal.ts'
import { MARKETS, quantityOf } from '../venue/market.ts'
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
}

function checkOpen(state: EngineState): void {
  demand(state.connected, 'L6', () => 'not connected')
  demand(state.reconciled, 'L6', () => `not reconciled; unanswered: ${[...state.queries.keys()].join(' ')}`)
}

/** L2. */
function checkNothingUnknown(state: EngineState): void {
  for (const order of state.orders.values())
    demand(!['UNKNOWN', 'SUBMITTED', 'PENDING_CANCEL'].includes(order.status), 'L2', () => `${order.clientOrderId} is still ${order.status}`)
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
    demand(read(order.filledQuantity) === filled, 'L1', () => `${id} filled ${fixed.format(order.filledQuantity)}, at the venue ${show(filled)}`)
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
    const isNamed = [...watch.books.differences.values()].some(({ kind, symbol }) => kind === 'POSITION' && symbol === market.symbol)
    demand(ours === theirs || isNamed, 'L1', () => `${market.symbol}: ours ${show(ours)}, the venue's ${show(theirs)}`)
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
  demand(replica.lag <= 3, 'L3', () => `Postgres lacks ${replica.lag} facts`)
}

/** L4: a halt ends with nothing open at the venue; with flatten, flat or said aloud. */
function checkHaltFinished({ venue, watch }: World, state: EngineState): void {
  if (state.halt === null) return
  for (const { clientOrderId: id } of venue.open) {
    const submitted = id === undefined ? undefined : watch.books.orders.get(id)?.submitted
    // What a person closes while halted may wait for its price.
    const isPersons = submitted?.purpose === 'EXIT' && submitted.ts >= (watch.books.halt?.since ?? 0)
    demand(submitted === undefined || isPersons, 'L4', () => `${id} is open at the venue after a halt`)
  }
  if (!state.halt.flatten || watch.books.alerts.has('FLATTEN_GIVING_UP') || watch.books.alerts.has('PROTECTION_NOT_SENT')) return
  for (const [key, position] of state.positions)
    demand(position.quantity.units === 0n, 'L4', () => `${key} holds ${fixed.format(position.quantity)} after a flattening halt`)
}
