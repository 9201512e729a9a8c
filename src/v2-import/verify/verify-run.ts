import { RECORD_TABLE_NAMES } from '../load/record-columns.ts'
import type { FileSeal } from '../load/fingerprint.ts'
import { sealFiles } from '../load/fingerprint.ts'
import type { TableCounts } from '../load/count-rows.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { Check, Difference, Verification } from '../run/import-report.ts'
import type { ImportSource } from '../sources/import-source.ts'
import { checkCensus, checkReferences, checkStatistics, checkSums, checkTimes, linksOf } from './aggregate-checks.ts'
import { compareRebuilt, compareRecords, type RecordsComparison } from './compare-records.ts'
import { compareRows, DIFFERENCES_MAX, type RowsComparison, type RunKey } from './compare-rows.ts'
import { meaningOf } from './expected-records.ts'
import { makeMeantTable, type MeantTable } from './meant-table.ts'
import { type LoadedTable, nameRows, readAgain, type ReadAgainOrder, type ReadTable } from './read-again.ts'
import { literal, unifiedSymbol } from './source-words.ts'
import { ConnectionCrew } from './connection-crew.ts'

export interface VerifyOrder {
  /** Both work at once. */
  readonly databases: readonly [ImportDatabase, ImportDatabase]
  readonly run: RunKey
  readonly source: ImportSource
  /** The files of the source as the import found them. */
  readonly seals: readonly FileSeal[]
  readonly plan: ImportPlan
  /** What the loader says it did. */
  readonly counts: readonly TableCounts[]
  /** How many times without a zone the mapper noted. */
  readonly naiveTimes: number
  readonly onRows: (rows: number) => void
  readonly signal?: AbortSignal | undefined
}

const PREFIX = 'import_verify_'

export function verificationSchema(runId: string): string {
  return PREFIX + runId
}

/** The names of all schemas of verifications; left behind by one that was killed. */
export async function verificationSchemas(database: ImportDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE left(nspname, length($1)) = $1 ORDER BY nspname`,
    [PREFIX],
  )
  return rows.map(({ name }) => name)
}

/** Reads the source a second time into a schema of its own, which `verifyRun` or `dropVerification` takes away. Throws `AppError`. */
export async function readForVerification(order: ReadAgainOrder & { readonly runId: string }): Promise<readonly LoadedTable[]> {
  const { database, runId } = order
  const schema = verificationSchema(runId)
  await database.run(`DROP SCHEMA IF EXISTS "${schema}" CASCADE; CREATE SCHEMA "${schema}"; SET search_path = "${schema}", public`)
  try {
    return await readAgain(order)
  } catch (error) {
    await dropVerification(database, runId)
    throw error
  }
}

export async function dropVerification(database: ImportDatabase, runId: string): Promise<void> {
  await database.tidy(`RESET search_path; DROP SCHEMA IF EXISTS "${verificationSchema(runId)}" CASCADE`)
}

/**
 * Compares the source, read a second time, with what stands in the live tables, by the server and by rules of its own. Changes nothing
 * but a schema of its own, which is gone at the end. `loaded`: what `readForVerification` read. Throws `AppError` if it cannot be done.
 */
export async function verifyRun(order: VerifyOrder, loaded?: readonly LoadedTable[]): Promise<Verification> {
  const { databases, run, plan } = order
  const [database] = databases
  try {
    const read = loaded ?? (await readForVerification({ ...order, database, runId: run.runId }))
    for (const each of databases) {
      await each.run(`SET search_path = "${verificationSchema(run.runId)}", public; SET max_parallel_workers_per_gather = 0`)
      await each.query(`SELECT set_config('TimeZone', $1, false)`, [plan.timeZone])
    }
    const recorded = await database.query<{ tableKey: string; keys: readonly string[] }>(
      'SELECT table_key AS "tableKey", key_columns AS keys FROM imported.tables WHERE run_id = $1',
      [run.runId],
    )
    const keyColumns = new Map(recorded.map(({ tableKey, keys }) => [tableKey, keys]))
    const tables: ReadTable[] = []
    for (const table of read) tables.push(await nameRows(database, table, keyColumns.get(table.info.key) ?? []))
    return await checkAll(order, tables)
  } finally {
    for (const each of databases) await each.tidy(`RESET search_path; SET TimeZone = 'UTC'; RESET max_parallel_workers_per_gather`)
    await dropVerification(database, run.runId)
  }
}

async function checkAll(order: VerifyOrder, tables: readonly ReadTable[]): Promise<Verification> {
  const crew = new ConnectionCrew(order.databases, order.signal)
  try {
    const known = meaningsOf(order, tables)
    await Promise.all([
      crew.do((database) => makeSymbols(database, order, known)),
      crew.do((database) => makeMapped(database, order)),
      crew.do((database) => makeHeldOrders(database, order)),
    ])
    return await compareAll(order, crew, { tables, known })
  } finally {
    await crew.settled()
  }
}

async function compareAll(
  order: VerifyOrder,
  crew: ConnectionCrew,
  { tables, known }: { readonly tables: readonly ReadTable[]; readonly known: readonly KnownTable[] },
): Promise<Verification> {
  const { run } = order
  // What others wait for first, and of that what takes longest: so both connections are at work to the end.
  const meanings = Promise.all(
    byRows(known, ({ table }) => table).map((each) => crew.do((database) => makeMeantTable(database, each, linksOf(each)))),
  )
  const comparisons = Promise.all(
    byRows(tables, (table) => table).map(async (table) => ({
      table,
      result: await crew.do((database) => compareRows(database, table, run)),
    })),
  )
  const inMeanings = meanings.then(async (made) => {
    const meant = known.flatMap(({ table }) => made.filter((each) => each.table === table))
    const [wider, records] = await Promise.all([checkMeant(order, crew, meant), compareMeant(order, crew, meant)])
    return { wider, ...records }
  })
  const [compared, { wider, records, rebuilt, strays }] = await Promise.all([comparisons, inMeanings])
  const rows = tables.flatMap((table) => compared.filter((each) => each.table === table).map(({ result }) => result))
  const [sums, census, references, times] = wider
  const checked = [sums, checkStatistics(tables, rows), census, references, times]
  const differences = [...rows, ...records, ...rebuilt].flatMap((comparison) => comparison.differences).concat(strays)
  const checks: readonly Check[] = [
    checkCounts(order, tables, rows),
    checkKeys(rows, differences),
    checkHashes(rows, records, differences),
    ...checked.map(({ check }) => check),
    checkRoundTrip(rebuilt),
    { name: 'N10 settings and models', status: 'not_run', detail: 'the rows of the database alone were imported' },
    await checkUntouched(order),
    { name: 'N12 open orders and positions at the exchange', status: 'not_run', detail: 'the exchange was not asked' },
  ]
  const all = [...differences, ...checked.flatMap((each) => each.differences)]
  return { checks, differences: all.slice(0, DIFFERENCES_MAX) }
}

function byRows<T>(all: readonly T[], tableOf: (one: T) => ReadTable): readonly T[] {
  return all.toSorted((a, b) => tableOf(b).rows - tableOf(a).rows)
}

function checkMeant(order: VerifyOrder, crew: ConnectionCrew, meant: readonly MeantTable[]) {
  const areAllOurs = order.counts.every(({ skipped }) => skipped['already-imported'] === undefined)
  return Promise.all([
    crew.do((database) => checkSums(database, order.run, meant)),
    crew.do((database) => checkCensus(database, order.run, meant)),
    crew.do((database) => checkReferences(database, order.run, meant)),
    crew.do((database) => checkTimes(database, order, meant, areAllOurs)),
  ])
}

async function compareMeant(order: VerifyOrder, crew: ConnectionCrew, meant: readonly MeantTable[]) {
  const { run } = order
  const pairs = meant.flatMap((each) => each.meaning.records.map((record) => ({ subject: { ...each, run }, record })))
  const first = pairs.filter(({ subject, record }) => subject.meaning.records[0] === record)
  const [records, rebuilt, strays] = await Promise.all([
    Promise.all(pairs.map(({ subject, record }) => crew.do((database) => compareRecords(database, subject, record)))),
    Promise.all(first.map(({ subject, record }) => crew.do((database) => compareRebuilt(database, subject, record)))),
    crew.do((database) => strayRecords(database, order, meant)),
  ])
  return { records, rebuilt, strays }
}

type KnownTable = Pick<MeantTable, 'table' | 'meaning' | 'find'>

function meaningsOf({ plan }: VerifyOrder, tables: readonly ReadTable[]): readonly KnownTable[] {
  return tables.flatMap((table) => {
    const names = table.info.columns.map(({ name }) => name)
    const find = (...wanted: readonly string[]) => {
      for (const name of wanted) {
        const exact = names.indexOf(name)
        const index = exact === -1 ? names.findIndex((other) => other.toLowerCase() === name) : exact
        if (index !== -1) return { column: names[index], cell: table.cell(index) }
      }
      return { column: undefined, cell: 'NULL::text' }
    }
    const meaning = meaningOf(table.info.key, { find, name: 's.name', plan })
    return meaning === undefined ? [] : [{ table, meaning, find }]
  })
}

/** The unified symbol of every spelling. */
async function makeSymbols(database: ImportDatabase, { plan }: VerifyOrder, known: readonly KnownTable[]): Promise<void> {
  const spellings = known.flatMap(({ table, meaning }) =>
    meaning.symbol === undefined ? [] : [`SELECT DISTINCT ${meaning.symbol} AS raw FROM ${table.view} s`],
  )
  const all = spellings.length === 0 ? 'SELECT NULL::text AS raw WHERE false' : spellings.join(' UNION ')
  await database.run(`
    CREATE UNLOGGED TABLE symbols AS SELECT raw, ${unifiedSymbol('raw', plan)} AS unified FROM (${all}) a WHERE raw IS NOT NULL;
    ANALYZE symbols`)
}

/** Which rows became records in this run. */
async function makeMapped(database: ImportDatabase, { run }: VerifyOrder): Promise<void> {
  await database.run(`
    CREATE UNLOGGED TABLE mapped WITH (autovacuum_enabled = false) AS
      SELECT table_key, number FROM imported.rows WHERE run_id = ${literal(run.runId)} AND outcome = 'mapped';
    ANALYZE mapped`)
}

/** The orders that the orders table itself brings. */
async function makeHeldOrders(database: ImportDatabase, { run }: VerifyOrder): Promise<void> {
  await database.run(`
    CREATE UNLOGGED TABLE held_orders WITH (autovacuum_enabled = false) AS
      SELECT DISTINCT order_id, exchange FROM imported.orders WHERE part = 'row' AND system = ${literal(run.system)};
    ANALYZE held_orders`)
}

/** Records of this run that belong to no table and part the source could have made. */
async function strayRecords(database: ImportDatabase, { run }: VerifyOrder, meant: readonly MeantTable[]): Promise<readonly Difference[]> {
  const found: Difference[] = []
  for (const name of RECORD_TABLE_NAMES) {
    const known = meant.flatMap(({ table, meaning }) =>
      meaning.records.filter((record) => record.table === name).map((record) => `(${literal(table.info.key)}, ${literal(record.part)})`),
    )
    const isKnown = known.length === 0 ? 'false' : `(table_key, part) IN (${known.join(', ')})`
    const strays = await database.query<{ key: string; part: string; tableKey: string }>(
      `SELECT row_key AS key, part, table_key AS "tableKey" FROM imported.${name} WHERE run_id = $1 AND NOT ${isKnown} LIMIT ${DIFFERENCES_MAX}`,
      [run.runId],
    )
    for (const { key, part, tableKey } of strays)
      found.push({ check: 'N2', table: name, key, column: undefined, expected: null, found: `${part} of ${tableKey}` })
  }
  return found
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Three counts of every table, by code that shares nothing: read again, counted by the server, and what the loader reports. */
function checkCounts({ counts }: VerifyOrder, tables: readonly ReadTable[], rows: readonly RowsComparison[]): Check {
  const odd = tables.flatMap((table, index) => {
    const said = counts.find(({ name }) => name === table.info.key)
    const [skipped, comparison] = [said?.skipped ?? {}, rows[index]]
    const accounted = (said?.imported ?? 0) + (said?.parked ?? 0) + sum(Object.values(skipped))
    const isLive = (skipped['already-imported'] ?? 0) > 0 || comparison?.hashes === undefined || comparison.live === table.rows
    const isRight = said?.source === table.rows && accounted === table.rows && isLive
    return isRight ? [] : [`${table.info.key}: ${table.rows} read, ${accounted} accounted for, ${comparison?.live ?? 0} live`]
  })
  const expected = sum(tables.map((table) => table.rows))
  const found = sum(counts.map(({ imported, parked, skipped }) => imported + parked + sum(Object.values(skipped))))
  const detail = odd.length === 0 ? 'rows of each table: read again = imported + parked + skipped' : odd.join('; ')
  return {
    name: 'N1 every row accounted for',
    status: odd.length === 0 ? 'passed' : 'failed',
    expected: String(expected),
    found: String(found),
    detail,
  }
}

function checkKeys(rows: readonly RowsComparison[], differences: readonly Difference[]): Check {
  const odd = differences.filter(({ check }) => check === 'N2').length
  const [missing, extra] = [sum(rows.map((each) => each.missing)), sum(rows.map((each) => each.extra))]
  return {
    name: 'N2 every row once',
    status: odd === 0 ? 'passed' : 'failed',
    expected: '0 missing, 0 extra',
    found: odd === 0 ? '0 missing, 0 extra' : `${missing} rows missing, ${extra} extra, ${odd} rows and records in all`,
    detail: 'keys of rows and records of the source against those that stand, both ways',
  }
}

function checkHashes(rows: readonly RowsComparison[], records: readonly RecordsComparison[], differences: readonly Difference[]): Check {
  const total = (texts: readonly (string | undefined)[]): string => String(texts.reduce((all, text) => all + BigInt(text ?? 0), 0n))
  const odd = differences.filter(({ check }) => check === 'N3').length
  const compared = [...rows, ...records].map(({ hashes }) => hashes)
  const areEqual =
    records.every(({ hashes }) => hashes.source === hashes.live) &&
    rows.every(({ hashes }) => hashes === undefined || hashes.source === hashes.live)
  return {
    name: 'N3 row hashes equal',
    status: odd === 0 && areEqual ? 'passed' : 'failed',
    expected: total(compared.map((each) => each?.source)),
    found: total(compared.map((each) => each?.live)),
    detail: `${sum(rows.map((each) => each.source))} rows word for word and ${sum(records.map((each) => each.expected))} records column by column; ${odd} cells differ`,
  }
}

function checkRoundTrip(rebuilt: readonly RecordsComparison[]): Check {
  const total = (texts: readonly string[]): string => String(texts.reduce((all, text) => all + BigInt(text), 0n))
  const isRight = rebuilt.every(({ hashes, expected, found }) => hashes.source === hashes.live && expected === found)
  return {
    name: 'N9 round trip',
    status: !isRight ? 'failed' : rebuilt.every(({ expected }) => expected === 0) ? 'not_run' : 'passed',
    expected: total(rebuilt.map(({ hashes }) => hashes.source)),
    found: total(rebuilt.map(({ hashes }) => hashes.live)),
    detail: `${sum(rebuilt.map((each) => each.expected))} rows made again from their records, against the cells that were read`,
  }
}

async function checkUntouched({ source, seals }: VerifyOrder): Promise<Check> {
  const name = 'N11 source untouched'
  if (source.identity.kind === 'postgres')
    return {
      name,
      status: 'not_run',
      detail: 'a live database was read in a read-only transaction; whether others wrote to it is not measured',
    }
  const now = await sealFiles(source.identity)
  const changed = seals.filter((seal) => {
    const same = now.find(({ path }) => path === seal.path)
    return same?.sha256 !== seal.sha256 || same.size !== seal.size || same.modifiedMs !== seal.modifiedMs
  })
  const detail =
    changed.length === 0 ? `${seals.length} files: size, time of change and sha256` : changed.map(({ path }) => path).join(', ')
  return {
    name,
    status: changed.length === 0 && seals.length > 0 ? 'passed' : 'failed',
    expected: seals.map(({ sha256 }) => sha256.slice(0, 16)).join(' '),
    found: now.map(({ sha256 }) => sha256.slice(0, 16)).join(' '),
    detail,
  }
}
