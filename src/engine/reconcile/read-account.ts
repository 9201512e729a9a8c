import type { InstrumentSymbol } from '#domain/ids.ts'
import type { AccountSnapshot, VenueOrder } from '../ports.ts'
import type { Transaction } from '../transaction.ts'
import { isReadableMoney, isReadablePosition, isReadablePrice, problemOfVenueFill, problemOfVenueOrder } from './readable.ts'
import { SAID_AGAIN_AFTER_MS } from './report-door.ts'

export interface ReadableAccount extends Pick<AccountSnapshot, 'openOrders' | 'positions' | 'balances' | 'fills'> {
  /** Instruments of which something could not be read: nothing is concluded about their positions. */
  readonly unreadableSymbols: ReadonlySet<InstrumentSymbol>
}

/** What of an account can be read. The rest is said and left out; undefined when it is no account at all. */
export function readAccount(tx: Transaction, snapshot: AccountSnapshot): ReadableAccount | undefined {
  const { openOrders, positions, balances, fills } = snapshot
  if (![openOrders, positions, balances, fills].every(Array.isArray)) {
    say(tx, ['it is no account'])
    return undefined
  }
  const problems: string[] = []
  const unreadableSymbols = new Set<InstrumentSymbol>()
  const keep = <T extends { readonly symbol: InstrumentSymbol }>(row: T, problem: string | undefined): boolean => {
    if (problem === undefined) return true
    problems.push(problem)
    unreadableSymbols.add(row.symbol)
    return false
  }
  const readable = {
    openOrders: openOrders.filter((order) => keep(order, problemOfVenueOrder(order))).map(withoutZeroPrices),
    positions: positions.filter((position) => keep(position, problemOfPosition(position))),
    balances: balances.filter(({ currency, cash }) => isReadableMoney(cash) && cash.currency === currency),
    fills: fills.filter((fill) => keep(fill, problemOfVenueFill(fill))),
    unreadableSymbols,
  }
  if (readable.balances.length < balances.length) problems.push('a balance cannot be read')
  if (problems.length > 0) say(tx, problems)
  return readable
}

function withoutZeroPrices(order: VenueOrder): VenueOrder {
  const { price, triggerPrice } = order
  if (price?.units !== 0n && triggerPrice?.units !== 0n) return order
  return { ...order, price: price?.units === 0n ? undefined : price, triggerPrice: triggerPrice?.units === 0n ? undefined : triggerPrice }
}

function problemOfPosition({ symbol, quantity, averagePrice }: AccountSnapshot['positions'][number]): string | undefined {
  const isReadable = isReadablePosition(quantity) && (averagePrice === undefined || isReadablePrice(averagePrice))
  return isReadable ? undefined : `the position in ${symbol} cannot be read`
}

function say(tx: Transaction, problems: readonly string[]): void {
  const { learnt } = tx.state
  if (tx.ts - learnt.accountSaidAt < SAID_AGAIN_AFTER_MS) return
  learnt.accountSaidAt = tx.ts
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: 'ACCOUNT_UNREADABLE',
    message: `${learnt.exchange} shows an account of which ${problems.length} parts cannot be read: ${problems.slice(0, 3).join('; ')}. They were left out; nothing was booked from them.`,
  })
}
