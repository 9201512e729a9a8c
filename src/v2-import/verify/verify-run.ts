import { RECORD_TABLE_NAMES } from '../load/record-columns.ts'
import type { FileSeal } from '../load/fingerprint.ts'
import { sealFiles } from '../load/fingerprint.ts'
import type { TableCounts } from '../load/count-rows.ts'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { ImportDatabase } from '../run/import-database.ts'
import type { Check, Difference, Verification } from '../run/import-report.ts'
import type { ImportSource } from '../sources/import-source.ts'
import { checkCensus, checkReferences, checkStatistics, checkSums, checkTimes, type MeantTable } from './aggregate-checks.ts'
import { compareRebuilt, compareRecords, type RecordsComparison } from './compare-records.ts'
import { compareRows, DIFFERENCES_MAX, type RowsComparison, type RunKey } from './compare-rows.ts'
import { meaningOf } from './expected-records.ts'
import { readAgain, type ReadTable } from './read-again.ts'
import { literal, unifiedSymbol } from './source-words.ts'

export interface VerifyOrder {
  readonly database: ImportDatabase
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

export function verificationSchema(runId: string): string {
  return `import_verify_${runId}`
}

/**
 * Reads the source a second time and compares it with what stands in the live tables, by the server and by rules of its own.
 * Changes nothing but a schema of its own, which is gone at the end. Throws `AppError` if it cannot be done at all.
 */
export async function verifyRun(order: VerifyOrder): Promise<Verification> {
  const { database, run, plan } = order
  const schema = verificationSchema(run.runId)
  await database.run(`DROP SCHEMA IF EXISTS "${schema}" CASCADE; CREATE SCHEMA "${schema}"; SET search_path = "${schema}", public`)
  await database.query(`SELECT set_config('TimeZone', $1, false)`, [plan.timeZone])
  try {
    const recorded = await database.query<{ tableKey: string; keys: readonly string[] }>(
      'SELECT table_key AS "tableKey", key_columns AS keys FROM imported.tables WHERE run_id = $1',
      [run.runId],
    )
    const keyColumns = new Map(recorded.map(({ tableKey, keys }) => [tableKey, keys]))
    const tables = await readAgain({ ...order, keyColumns })
    return await checkAll(order, tables)
  } finally {
    await database.run(`SET search_path = public; SET TimeZone = 'UTC'; DROP SCHEMA IF EXISTS "${schema}" CASCADE`).catch(() => undefined)
  }
}

async function checkAll(order: VerifyOrder, tables: readonly ReadTable[]): Promise<Verification> {
  const { database, run } = order
  const meant = meaningsOf(order, tables)
  await fillHelpers(order, meant)
  const rows: RowsComparison[] = []
  for (const table of tables) rows.push(await compareRows(database, table, run))
  const [records, rebuilt]: [RecordsComparison[], RecordsComparison[]] = [[], []]
  for (const { table, meaning } of meant) {
    const subject = { table, meaning, run }
    for (const record of meaning.records) records.push(await compareRecords(database, subject, record))
    const [first] = meaning.records
    if (first !== undefined) rebuilt.push(await compareRebuilt(database, subject, first))
  }
  const strays = await strayRecords(order, meant)
  const differences = [...rows, ...records, ...rebuilt].flatMap((comparison) => comparison.differences).concat(strays)
  const areAllOurs = order.counts.every(({ skipped }) => skipped['already-imported'] === undefined)
  const wider = [
    await checkSums(database, run, meant),
    await checkStatistics(database, tables, rows),
    await checkCensus(database, run, meant),
    await checkReferences(database, run, meant),
    await checkTimes(database, order, meant, areAllOurs),
  ]
  const checks: readonly Check[] = [
    checkCounts(order, tables, rows),
    checkKeys(rows, differences),
    checkHashes(rows, records, differences),
    ...wider.map(({ check }) => check),
    checkRoundTrip(rebuilt),
    { name: 'N10 settings and models', status: 'not_run', detail: 'the rows of the database alone were imported' },
    await checkUntouched(order),
    { name: 'N12 open orders and positions at the exchange', status: 'not_run', detail: 'the exchange was not asked' },
  ]
  const all = [...differences, ...wider.flatMap((each) => each.differences)]
  return { checks, differences: all.slice(0, DIFFERENCES_MAX) }
}

function meaningsOf({ plan }: VerifyOrder, tables: readonly ReadTable[]): readonly MeantTable[] {
  return tables.flatMap((table) => {
    const names = table.info.columns.map(({ name }) => name)
    const find = (...wanted: readonly string[]) => {
      for (const name of wanted) {
        const exact = names.indexOf(name)
        const index = exact === -1 ? names.findIndex((other) => other.toLowerCase() === name) : exact
        if (index !== -1) return { column: names[index], cell: `s.cells[${index + 1}]` }
      }
      return { column: undefined, cell: 'NULL::text' }
    }
    const meaning = meaningOf(table.info.key, { find, name: 's.name', plan })
    return meaning === undefined ? [] : [{ table, meaning, find }]
  })
}

/** The unified symbol of every spelling, and the orders that the orders table itself brings. */
async function fillHelpers({ database, run, plan }: VerifyOrder, meant: readonly MeantTable[]): Promise<void> {
  const spellings = meant.flatMap(({ table, meaning }) =>
    meaning.symbol === undefined ? [] : [`SELECT DISTINCT ${meaning.symbol} AS raw FROM ${table.view} s`],
  )
  const all = spellings.length === 0 ? 'SELECT NULL::text AS raw WHERE false' : spellings.join(' UNION ')
  await database.run(`
    CREATE UNLOGGED TABLE symbols AS SELECT raw, ${unifiedSymbol('raw', plan)} AS unified FROM (${all}) a WHERE raw IS NOT NULL;
    CREATE UNLOGGED TABLE held_orders AS SELECT DISTINCT exchange, order_id FROM imported.orders WHERE part = 'row' AND system = ${literal(run.system)};
    ANALYZE symbols; ANALYZE held_orders`)
}

/** Records of this run that belong to no table and part the source could have made. */
async function strayRecords({ database, run }: VerifyOrder, meant: readonly MeantTable[]): Promise<readonly Difference[]> {
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
