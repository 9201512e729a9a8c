import type { AccountSnapshot, ExchangeCommand, VenueFill, VenueOrder } from '#engine/ports.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'
import { balancesOf, openOrdersPage, openingCashOf, positionsOf, tradesPage, type Page } from '../venue/venue-view.ts'
import type { Network } from './network.ts'

const TRIES_MAX = 3

interface Access {
  readonly network: Network
  readonly venue: FakeVenue
  readonly scheduler: Scheduler
  readonly openingBalance: number
}

/**
 * The whole account, page by page, as exchanges give it: each page is of another moment, so an order may fill between the
 * lists. A page that does not come is asked for again; in the end there is no answer at all.
 */
export function fetchAccount(
  access: Access,
  command: Extract<ExchangeCommand, { readonly type: 'QueryAccount' }>,
  done: (snapshot: AccountSnapshot) => void,
): void {
  const { venue, network, scheduler, openingBalance } = access
  const get = <T>(name: string, atVenue: () => T, then: (value: T) => void, tries = TRIES_MAX): void =>
    network.request<T>({
      name: `account ${name}`,
      mayRepeat: false,
      patience: 'waits',
      atVenue,
      done: then,
      throttled: (waitMs) =>
        scheduler.machine(Math.min(waitMs, 5_000), 'account again', () => tries > 1 && get(name, atVenue, then, tries - 1)),
      lost: () => tries > 1 && get(name, atVenue, then, tries - 1),
    })
  const pages = <T>(name: string, page: (n: number) => Page<T>, then: (rows: readonly T[]) => void, before: readonly T[][] = []): void => {
    const n = before.length
    get(
      `${name} page ${n}`,
      () => page(n),
      ({ rows, more }) => {
        const all = [...before, [...rows]]
        if (more) pages(name, page, then, all)
        else then(all.flat())
      },
    )
  }
  pages<VenueOrder>(
    'orders',
    (n) => openOrdersPage(venue, n),
    (openOrders) =>
      get(
        'positions',
        () => ({ positions: positionsOf(venue), balances: balancesOf(venue, openingCashOf(openingBalance)) }),
        (money) =>
          pages<VenueFill>(
            'trades',
            (n) => tradesPage(venue, command.since, n),
            (fills) => done({ type: 'AccountSnapshot', queryId: command.queryId, ts: scheduler.now, openOrders, ...money, fills }),
          ),
      ),
  )
}
