import type { Check, Verification } from '../run/import-report.ts'
import { checkStatistics } from './aggregate-checks.ts'
import { type Compared, compareAll } from './compare-all.ts'
import { ConnectionCrew } from '../run/connection-crew.ts'
import { checkCounts, checkHashes, checkKeys, checkRoundTrip, checkUntouched } from './run-checks.ts'
import { DIFFERENCES_MAX } from './run-key.ts'
import type { VerifyOrder } from './verify-order.ts'

/** Both connections are at work already; and where groups are few, as always here, the server overrates them and would sort whole tables. */
const SETTINGS = 'SET max_parallel_workers_per_gather = 0; SET enable_sort = off'
const RESET = 'RESET max_parallel_workers_per_gather; RESET enable_sort'

/**
 * Compares the source, read a second time, with what stands in the live tables, by the server and by rules of its own. Changes nothing
 * but the schema of that reading. Throws `AppError` if it cannot be done.
 */
export async function verifyRun(order: VerifyOrder): Promise<Verification> {
  const { databases, plan, reading } = order
  try {
    for (const each of databases) {
      await each.run(`SET search_path = "${reading.schema}", public; ${SETTINGS}`)
      await each.query(`SELECT set_config('TimeZone', $1, false)`, [plan.timeZone])
    }
    const crew = new ConnectionCrew(databases, order.signal)
    try {
      const untouched = reading.counts().then(() => checkUntouched(order.source, order.seals))
      const [compared, n11] = await Promise.all([compareAll(order, crew), untouched])
      return verdict(order, compared, n11)
    } finally {
      await crew.settled()
    }
  } finally {
    for (const each of databases) await each.tidy(`RESET search_path; SET TimeZone = 'UTC'; ${RESET}`)
  }
}

function verdict(order: VerifyOrder, compared: Compared, untouched: Check): Verification {
  const { tables } = order.reading
  const { read, rows, records, rebuilt, others, sums, census, references, times } = compared
  const checked = [sums, checkStatistics(tables, rows), census, references, times]
  const differences = [...rows, ...records, ...rebuilt].flatMap((comparison) => comparison.differences).concat(others)
  const checks: readonly Check[] = [
    checkCounts(order.counts, read, rows),
    checkKeys(rows, differences),
    checkHashes(rows, records, differences),
    ...checked.map(({ check }) => check),
    checkRoundTrip(rebuilt),
    { name: 'N10 settings and models', status: 'not_run', detail: 'the rows of the database alone were imported' },
    untouched,
    { name: 'N12 open orders and positions at the exchange', status: 'not_run', detail: 'the exchange was not asked' },
  ]
  const all = [...differences, ...checked.flatMap((each) => each.differences)]
  return { checks, differences: all.slice(0, DIFFERENCES_MAX) }
}
