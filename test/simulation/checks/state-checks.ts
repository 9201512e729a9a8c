import * as fixed from '#domain/money/fixed.ts'
import type { EngineState } from '#engine/state.ts'
import { dec, decOf, min, mul, show } from '../core/decimal.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'
import { quantityOf } from '../venue/market.ts'
import { openLotsOf } from '../venue/venue-order.ts'
import { isOpen, keyOf, openOf, type Books } from './books.ts'
import { demand } from './violation.ts'

const read = decOf

/** The engine's memory says what the durable facts say: checked whenever nothing is on its way to the disk. */
export function checkState(books: Books, state: EngineState): void {
  checkOrders(books, state)
  checkPositions(books, state)
  checkMoneyIsWhereFillsPutIt(books, state)
  checkReserved(books, state)
  demand(
    (state.halt !== null) === (books.halt !== undefined),
    'halt-durable',
    () => `halted: ${state.halt !== null}, by the journal: ${books.halt !== undefined}`,
  )
}

function checkOrders(books: Books, state: EngineState): void {
  let working = 0
  for (const [id, order] of books.orders) {
    const tracked = state.orders.get(id as never)
    if (isOpen(order.status)) working += 1
    demand(tracked !== undefined || !isOpen(order.status), 'L1', () => `working order ${id} was forgotten`)
    if (tracked === undefined) continue
    demand(tracked.status === order.status, 'I7', () => `${id} is ${tracked.status}, by the journal ${order.status}`)
    demand(
      read(tracked.filledQuantity) === order.filled,
      'I5',
      () => `${id} filled ${fixed.format(tracked.filledQuantity)}, by the journal ${show(order.filled)}`,
    )
    if (isOpen(order.status))
      demand(
        read(tracked.quantity) === order.quantity,
        'I7',
        () => `${id} is of ${fixed.format(tracked.quantity)}, by the journal ${show(order.quantity)}`,
      )
  }
  demand(state.workingCount === working, 'I11', () => `${state.workingCount} working orders counted, ${working} there`)
}

function checkPositions(books: Books, state: EngineState): void {
  for (const [key, position] of books.positions) {
    const tracked = state.positions.get(key as never)
    const quantity = tracked === undefined ? 0n : read(tracked.quantity)
    demand(quantity === position.quantity, 'I8', () => `${key} is ${show(quantity)}, by the journal ${show(position.quantity)}`)
  }
}

/** I16: realised and what positions cost are the cash that moved, exactly. */
function checkMoneyIsWhereFillsPutIt(books: Books, state: EngineState): void {
  const account = state.accounts.get('USDT')
  if (account === undefined) return
  demand(
    read(account.realized) === books.realized && read(account.fees) === books.fees,
    'I16',
    () => 'realised or fees differ from the journal',
  )
  let cost = 0n
  for (const position of state.positions.values()) cost += read(position.entryCost)
  demand(
    books.realized - cost === books.flow - books.assigned,
    'I16',
    () => `realised − cost is ${show(books.realized - cost)}, cash moved ${show(books.flow)}`,
  )
}

/** I9, the engine's half: what working entries may still cost is reserved; nothing when nothing works. */
function checkReserved(books: Books, state: EngineState): void {
  const account = state.accounts.get('USDT')
  if (account === undefined) return
  const reserved = read(account.reserved)
  let least = 0n
  for (const order of books.working()) {
    const { submitted } = order
    if (submitted.reduceOnly || submitted.ocoGroup !== undefined || order.status === 'EMULATED') continue
    const reference = dec(submitted.referencePrice)
    least += mul(order.price ?? (order.trigger === undefined ? reference : min(order.trigger, reference)), openOf(order))
  }
  demand(reserved >= least, 'I9', () => `${show(reserved)} reserved, working entries may cost ${show(least)}`)
  if (books.working().length === 0) demand(reserved === 0n, 'I9', () => `${show(reserved)} reserved and nothing works`)
}

/** I9, the venue's half: whatever is open at the venue under our name is known here as working, and for at least as much. */
export function checkVenueOrdersAreKnown(state: EngineState, venue: FakeVenue): void {
  const entries = new Map<string, bigint>()
  for (const order of venue.open) {
    const id = order.clientOrderId
    if (id === undefined) continue
    const tracked = state.orders.get(id as never)
    demand(
      tracked !== undefined && isOpen(tracked.status),
      'I9',
      () => `${id} is open at the venue, here it is ${tracked?.status ?? 'not known'}`,
    )
    const atVenue = read(quantityOf(order.market, openLotsOf(order)))
    const amended = tracked.amending?.quantity
    const largest = amended === undefined || fixed.compare(amended, tracked.quantity) < 0 ? tracked.quantity : amended
    const here = read(largest) - read(tracked.filledQuantity)
    demand(
      atVenue <= here,
      'I9',
      () => `${show(atVenue)} of ${id} (${keyOf(tracked)}) may still fill at the venue, here only ${show(here)}`,
    )
    if (tracked.reduceOnly) continue
    const key = `${keyOf(tracked)}|${order.side}`
    entries.set(key, (entries.get(key) ?? 0n) + atVenue)
  }
  for (const [key, atVenue] of entries) checkCounted(state, key, atVenue)
}

/** What the gate counts as working is at least what may still fill at the venue. */
function checkCounted(state: EngineState, keyAndSide: string, atVenue: bigint): void {
  const [traderId, symbol, side] = keyAndSide.split('|') as [string, string, string]
  const totals = state.workingTotals.get(`${traderId}|${symbol}`)
  const counted = totals === undefined ? 0n : read(side === 'BUY' ? totals.entryBuy : totals.entrySell)
  demand(atVenue <= counted, 'I9', () => `${show(atVenue)} of ${keyAndSide} may still fill at the venue, the gate counts ${show(counted)}`)
}
