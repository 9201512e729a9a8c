import type { InstrumentSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, notional } from '#domain/money/money.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { AccountSnapshot } from '../ports.ts'
import { netPosition } from '../symbol-book.ts'
import type { Account, EngineState } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { onRecord, type Comparison } from './comparison.ts'
import { differenceIdOf } from './differences.ts'

type VenuePosition = AccountSnapshot['positions'][number]

/** Cash may be off by so much before it is a difference: funding and roundings are small and many. Basis points of our cash. */
export const BALANCE_TOLERANCE_BPS = 1n
/** Cash short by more than this shuts all entries. */
export const BALANCE_SHORT_BPS = 100n

/** Instruments in which something is on its way, so that neither side's position is certain. */
export function symbolsInFlight(state: EngineState): ReadonlySet<InstrumentSymbol> {
  const symbols = new Set(state.learnt.account.touchedSymbols)
  for (const id of state.unsettled) noteSymbol(state, id, symbols)
  for (const [id, { end }] of state.learnt.inquiries) if (end !== undefined) noteSymbol(state, id, symbols)
  return symbols
}

function noteSymbol(state: EngineState, id: Parameters<EngineState['orders']['get']>[0], symbols: Set<InstrumentSymbol>): void {
  const order = state.orders.get(id)
  if (order !== undefined) symbols.add(order.symbol)
}

export const positionDifferenceId = (state: EngineState, symbol: string): string =>
  differenceIdOf('POSITION', state.learnt.exchange, symbol)

/** What all traders hold together against what the exchange shows, over the instruments of both. Returns how many there are. */
export function comparePositions(
  tx: Transaction,
  positions: readonly VenuePosition[],
  inFlight: ReadonlySet<InstrumentSymbol>,
  comparison: Comparison,
): number {
  const { state } = tx
  const theirs = new Map<InstrumentSymbol, VenuePosition>()
  for (const position of positions) {
    const leg = theirs.get(position.symbol)
    const quantity = leg === undefined ? position.quantity : SignedQuantity.add(leg.quantity, position.quantity)
    theirs.set(position.symbol, { ...position, quantity: fixed.trim(quantity) })
    if (position.averagePrice !== undefined) state.learnt.averagePrices.set(position.symbol, position.averagePrice)
  }
  const symbols = new Set(theirs.keys())
  for (const { symbol, quantity } of state.positions.values()) if (quantity.units !== 0n) symbols.add(symbol)
  for (const { kind, symbol } of onRecord(state)) if (kind === 'POSITION' && symbol !== undefined) symbols.add(symbol)
  for (const symbol of symbols) comparePosition(tx, symbol, { venue: theirs.get(symbol), isCertain: !inFlight.has(symbol) }, comparison)
  return symbols.size
}

function comparePosition(
  tx: Transaction,
  symbol: InstrumentSymbol,
  { venue, isCertain }: { readonly venue: VenuePosition | undefined; readonly isCertain: boolean },
  comparison: Comparison,
): void {
  const { state } = tx
  const differenceId = positionDifferenceId(state, symbol)
  const ours = netPosition(state, symbol)
  const theirs = venue?.quantity ?? SignedQuantity.ZERO
  const excess = fixed.trim(fixed.subtract(theirs, ours))
  if (!isCertain) {
    comparison.unsure(differenceId)
    const counted = state.learnt.external.bySymbol.get(symbol)?.position
    if (counted !== undefined && counted.units !== 0n) comparison.externalPositions.push({ symbol, quantity: counted })
    return
  }
  if (excess.units === 0n) {
    comparison.agrees(differenceId)
    return
  }
  const averagePrice = venue?.averagePrice
  comparison.externalPositions.push({ symbol, quantity: excess, averagePrice })
  const instrument = state.instruments.get(symbol)
  const matters = instrument !== undefined && Quantity.compare(SignedQuantity.magnitude(excess), instrument.minQuantity) >= 0
  comparison.differs({
    differenceId,
    kind: 'POSITION',
    exchange: state.learnt.exchange,
    symbol,
    ours: SignedQuantity.format(ours),
    theirs: SignedQuantity.format(theirs),
    cause: causeOf(state, excess, theirs),
    suggestion: 'ASSIGN',
    blocking: matters,
  })
}

function causeOf(state: EngineState, excess: SignedQuantity, theirs: SignedQuantity): string {
  const amount = SignedQuantity.format(excess)
  if (state.orderCount === 0)
    return `The journal holds no order at all, and the exchange holds ${amount}: it may be of a journal that is lost.`
  if (theirs.units === 0n)
    return `The exchange shows no position (${amount} against ours): closed by hand, liquidated, or by fills nobody reported.`
  return `The exchange holds ${amount} more than all traders together: traded by somebody else, or by fills nobody reported.`
}

const text = (amount: Money): string => fixed.format(fixed.trim(amount))

/** Cash, where the exchange gives it. Spot holdings are paid for in cash there; here they are positions. */
export function compareBalances(tx: Transaction, balances: AccountSnapshot['balances'], isCertain: boolean, comparison: Comparison): void {
  const { state } = tx
  for (const { currency, cash } of balances) {
    const account = state.accounts.get(currency)
    if (account === undefined) continue
    const differenceId = differenceIdOf('BALANCE', state.learnt.exchange, currency)
    const ours = cashAsThere(state, account)
    if (!isCertain || ours === undefined) {
      comparison.unsure(differenceId)
      continue
    }
    const missing = Money.subtract(ours, cash)
    if (isWithin(missing, ours, BALANCE_TOLERANCE_BPS)) comparison.agrees(differenceId)
    else {
      comparison.differs({
        differenceId,
        kind: 'BALANCE',
        exchange: account.exchange,
        currency,
        ours: text(ours),
        theirs: text(cash),
        cause: 'Deposits, withdrawals, funding, interest, or fees and fills nobody reported. The books here are kept from fills alone.',
        suggestion: 'IGNORE',
        blocking: missing.units > 0n && !isWithin(missing, ours, BALANCE_SHORT_BPS),
      })
    }
  }
}

/**
 * Our cash as the exchange counts it. What is settled and what is still open depends on the order of fills, which may reach us in
 * another one, and on whose they are: the exchange knows only the net of all traders. So of a perpetual its own average price says
 * what is still open there, and our cost only where it gives none. Undefined where several traders hold one without it.
 */
function cashAsThere(state: EngineState, { currency, start, realized, fees }: Account): Money | undefined {
  let cash = Money.subtract(Money.add(start, realized), fees)
  const costs = new Map<InstrumentSymbol, Money[]>()
  for (const { symbol, entryCost } of state.positions.values()) {
    const instrument = state.instruments.get(symbol)
    if (instrument?.settle !== currency) continue
    cash = Money.subtract(cash, entryCost)
    if (instrument.kind === 'perpetual') costs.set(symbol, [...(costs.get(symbol) ?? []), entryCost])
  }
  for (const [symbol, [cost, ...others]] of costs) {
    const net = netPosition(state, symbol)
    const average = state.learnt.averagePrices.get(symbol)
    if (cost === undefined || net.units === 0n) continue
    if (others.length > 0 && average === undefined) return undefined
    cash = Money.add(cash, average === undefined ? cost : notional(average, net, currency))
  }
  return cash
}

/** Whether an amount is at most so many basis points of another, signs aside. */
function isWithin(amount: Money, of: Money, bps: bigint): boolean {
  const scaled = fixed.multiply<'Money'>(Money.absolute(of), fixed.make<'Money'>(bps, 4))
  return fixed.compare(Money.absolute(amount), scaled) <= 0
}
