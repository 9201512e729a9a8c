import { setTimeout as sleep } from 'node:timers/promises'
import { isOpen } from '../loopback-venue/venue-records.ts'
import { PostgresTables } from '../replay/postgres-tables.ts'
import type { CrashRun } from './crash-run.ts'
import type { JournalAccount, JournalOrder } from './journal-account.ts'
import type { LiveWorkstation } from './live-workstation.ts'

/** Where a life ends, what is true at that moment, and what the next life makes of it. */
export interface CrashPoint {
  readonly point: string
  readonly venueHolds: string
  readonly journalHolds: string
  readonly restartDoes: string
  /** Which hit of the point ends the process; the first when absent. */
  readonly hit?: number
  readonly withPostgres?: boolean
  /** Brings the program to the point; it may die at any moment of it. */
  readonly provoke: (run: CrashRun, workstation: LiveWorkstation) => Promise<void>
  /** What is wrong with the moment of death; empty when it is as told above. */
  readonly atDeath: (run: CrashRun, before: JournalAccount | undefined) => Promise<readonly string[]>
}

const VENUE_DEADLINE_MS = 3_000
const POLL_MS = 20

const placeLimit = async (run: CrashRun, workstation: LiveWorkstation): Promise<void> => {
  await run.script.place(workstation, 'LIMIT')
}

function say(isRight: boolean, problem: string): readonly string[] {
  return isRight ? [] : [problem]
}

/** Orders of the journal that were not there before this life, or all. */
function fresh(journal: JournalAccount, before: JournalAccount | undefined): readonly JournalOrder[] {
  return [...journal.orders.values()].filter(({ id }) => before?.orders.has(id) !== true)
}

async function isAtVenue(run: CrashRun, id: string, wanted: boolean): Promise<boolean> {
  const deadline = performance.now() + (wanted ? VENUE_DEADLINE_MS : 0)
  for (;;) {
    const { orders } = await run.truth()
    const isThere = orders.some(({ orderLinkId }) => orderLinkId === id)
    if (isThere === wanted || performance.now() >= deadline) return isThere
    await sleep(POLL_MS)
  }
}

/** The newest order is in the journal with this status, and the venue has it or not. */
function newestIs(status: string, atVenue: boolean): CrashPoint['atDeath'] {
  return async (run, before) => {
    const journal = run.journal()
    const order = fresh(journal, before).at(-1)
    if (order === undefined) {
      // The point was reached earlier: by an order of the life before, proven absent and sent again under its own id.
      const again = [...journal.orders.values()].filter((each) => each.status === 'UNKNOWN').at(-1)
      if (again === undefined || !atVenue) return ['no order of this life is in the journal']
      return say(await isAtVenue(run, again.id, true), `${again.id} was sent again and is not at the venue`)
    }
    return [
      ...say(order.status === status, `${order.id} is ${order.statuses.join(' ')} in the journal, not ${status}`),
      ...say((await isAtVenue(run, order.id, atVenue)) === atVenue, `${order.id}: at the venue is ${!atVenue}`),
    ]
  }
}

const nothingNew: CrashPoint['atDeath'] = async (run, before) => {
  const { orders } = await run.truth()
  const journal = run.journal()
  const unknown = orders.filter(({ orderLinkId }) => !journal.orders.has(orderLinkId))
  return [
    ...say(fresh(journal, before).length === 0, 'an intent of this life is in the journal'),
    ...say(unknown.length === 0, 'the venue has an order that is not in the journal'),
  ]
}

/** What the venue has filled and the journal has not. */
async function unbooked(run: CrashRun): Promise<number> {
  const journal = run.journal()
  const known = new Set(journal.fills.map(({ tradeId }) => tradeId))
  const { executions } = await run.truth()
  return executions.filter(({ execId, orderLinkId }) => orderLinkId.startsWith(journal.instance) && !known.has(execId)).length
}

export const CRASH_POINTS: readonly CrashPoint[] = [
  {
    point: 'P14',
    venueHolds: 'what it held: trading does not wait for Postgres',
    journalHolds: 'everything; Postgres has no table of the broken migration, for it is one transaction',
    restartDoes: 'applies the migration again, whole',
    withPostgres: true,
    provoke: async () => undefined,
    atDeath: async (run) => {
      await using tables = await PostgresTables.open(await run.folder.serverAddress())
      const [row] = await tables.rows("SELECT to_regclass('public.events') AS events")
      return say(row?.['events'] === null, 'half a migration is in Postgres')
    },
  },
  {
    point: 'P0',
    venueHolds: 'nothing of it',
    journalHolds: 'nothing of it: the caller has no answer either',
    restartDoes: 'nothing; who asked asks again',
    provoke: placeLimit,
    atDeath: nothingNew,
  },
  {
    point: 'P1',
    venueHolds: 'nothing of it',
    journalHolds: 'nothing of it: the open transaction is rolled back',
    restartDoes: 'nothing; who asked asks again',
    provoke: placeLimit,
    atDeath: nothingNew,
  },
  {
    point: 'P2',
    venueHolds: 'nothing of it',
    journalHolds: 'the intent, SUBMITTED',
    restartDoes: 'UNKNOWN; asks until absence is proven, then sends again under the same id or gives it up, and says so',
    provoke: placeLimit,
    atDeath: newestIs('SUBMITTED', false),
  },
  {
    point: 'P3',
    venueHolds: 'the order',
    journalHolds: 'the intent, SUBMITTED',
    restartDoes: 'UNKNOWN, then found by our id: ACCEPTED, not sent again',
    provoke: placeLimit,
    atDeath: newestIs('SUBMITTED', true),
  },
  {
    point: 'P4',
    venueHolds: 'the order',
    journalHolds: 'the intent, SUBMITTED: the answer was read and not written',
    restartDoes: 'UNKNOWN, then found by our id: ACCEPTED, not sent again',
    provoke: placeLimit,
    atDeath: newestIs('SUBMITTED', true),
  },
  {
    point: 'P5',
    venueHolds: 'the order',
    journalHolds: 'ACCEPTED, with the venue’s id',
    restartDoes: 'confirms it from the list of open orders',
    provoke: placeLimit,
    // It may also be an order of an earlier life, found just now: that is written the same way.
    atDeath: async (run) => {
      const accepted = [...run.journal().orders.values()].filter(({ status }) => status === 'ACCEPTED').at(-1)
      if (accepted === undefined) return ['no order is ACCEPTED in the journal']
      return say(await isAtVenue(run, accepted.id, true), `${accepted.id} is not at the venue`)
    },
  },
  {
    point: 'P6',
    venueHolds: 'the order and its fill',
    journalHolds: 'the order, not the fill',
    restartDoes: 'reads the fills since and books the missed one, once',
    provoke: async (run, workstation) => void (await run.script.place(workstation, 'MARKET')),
    atDeath: async (run) => say((await unbooked(run)) > 0, 'every fill was in the journal already'),
  },
  {
    point: 'P7',
    venueHolds: 'the order and its fill',
    journalHolds: 'the fill; Postgres does not have it yet',
    restartDoes: 'ships it to Postgres, once; the repeated fill is known by its trade id',
    withPostgres: true,
    provoke: async (run, workstation) => void (await run.script.place(workstation, 'MARKET')),
    atDeath: async (run, before) => {
      const { fills } = run.journal()
      return say(fills.length > (before?.fills.length ?? 0), 'no fill of this life is in the journal')
    },
  },
  {
    point: 'P8',
    venueHolds: 'what the journal tells of',
    journalHolds: 'facts whose COMMIT was sent to Postgres and not answered',
    restartDoes: 'reads the cursor in Postgres: the facts are there or not, and go there once',
    hit: 2,
    withPostgres: true,
    provoke: placeLimit,
    atDeath: async () => [],
  },
  {
    point: 'P9',
    venueHolds: 'what the journal tells of',
    journalHolds: 'facts that Postgres has committed; the cursor moved in the same transaction',
    restartDoes: 'goes on behind the cursor',
    hit: 2,
    withPostgres: true,
    provoke: placeLimit,
    atDeath: async () => [],
  },
  {
    point: 'P10',
    venueHolds: 'the order, canceled a moment later',
    journalHolds: 'PENDING_CANCEL',
    restartDoes: 'asks: canceled, or still open and canceled again',
    provoke: async (run, workstation) => {
      const id = await run.script.rest(workstation)
      await workstation.request('DELETE', `/orders/${id}`)
    },
    atDeath: async (run, before) => {
      const order = fresh(run.journal(), before).at(-1)
      return say(order?.status === 'PENDING_CANCEL', `the order is ${order?.statuses.join(' ')}`)
    },
  },
  {
    point: 'P11',
    venueHolds: 'the order at its new price a moment later',
    journalHolds: 'the wish to amend, no end of it',
    restartDoes: 'takes what the venue shows: one order, new or old, never both',
    provoke: async (run, workstation) => {
      const id = await run.script.rest(workstation)
      const order = (await workstation.workingOrders()).find((each) => each.id === id)
      if (order !== undefined) await run.script.amend(workstation, order)
    },
    atDeath: async (run, before) => {
      const order = fresh(run.journal(), before).at(-1)
      return say(order?.isAmending === true, `no amendment is open: ${order?.statuses.join(' ')}`)
    },
  },
  {
    point: 'P12',
    venueHolds: 'what the journal tells of',
    journalHolds: 'every fact; the snapshot in the making is rolled back',
    restartDoes: 'starts from the snapshot before, or from the facts alone',
    provoke: async (run, workstation) => {
      await run.script.rest(workstation)
      workstation.signal('SIGTERM')
    },
    atDeath: async (run, before) => say(run.journal().snapshots === (before?.snapshots ?? 0), 'a snapshot was left behind'),
  },
  {
    point: 'P13',
    venueHolds: 'open orders',
    journalHolds: 'what recovery had found out so far',
    restartDoes: 'recovers again from the start; done twice in a row it comes to the same',
    provoke: async () => undefined,
    atDeath: async () => [],
  },
  {
    point: 'P15',
    venueHolds: 'open orders: no cancel was sent',
    journalHolds: 'the halt',
    restartDoes: 'starts halted and cancels every open order',
    provoke: async (run, workstation) => {
      await run.script.rest(workstation)
      await workstation.request('POST', '/system/emergency-stop', { reason: 'crash test' })
    },
    atDeath: async (run) => {
      const { orders } = await run.truth()
      return [...say(run.journal().isHalted, 'the journal is not halted'), ...say(orders.some(isOpen), 'nothing was open at the venue')]
    },
  },
]
