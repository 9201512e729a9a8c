import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { makeFolder } from '#test/support/v2-import/read-all.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { ImportDatabase } from '#v2-import/run/import-database.ts'
import type { ImportReport } from '#v2-import/run/import-report.ts'
import { rollBack } from '#v2-import/rollback/roll-back.ts'
import { contentOf, csvFolder, hasInstall, importFrom, INSTALL, migratedDatabase, restoreFrom } from './import-support.ts'

interface Truth {
  readonly rows: Readonly<Record<string, number>>
  readonly trades_by_status: Readonly<Record<string, number>>
  readonly orders_by_status: Readonly<Record<string, number>>
  readonly orders_by_type: Readonly<Record<string, number>>
  readonly latest_total_usd: string
}

const truthOf = (installation: string): Truth => JSON.parse(readFileSync(join(INSTALL, installation, 'truth.json'), 'utf8')) as Truth
const CSV_TABLES = ['trades', 'orders', 'signals', 'balances', 'positions']
const PASSED = {
  N1: 'passed',
  N2: 'passed',
  N3: 'passed',
  N4: 'passed',
  N5: 'passed',
  N6: 'passed',
  N7: 'passed',
  N8: 'passed',
  N9: 'passed',
}
const NOT_RUN = { N10: 'not_run', N12: 'not_run' }

function statuses({ checks }: ImportReport): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ name, status }) => [name.split(' ')[0], status]))
}

/** Counts of truth by the meaning of its words, told here by themselves. */
function merged(truth: Readonly<Record<string, number>>, meaning: (word: string) => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [word, count] of Object.entries(truth))
    counts[meaning(word.toUpperCase())] = (counts[meaning(word.toUpperCase())] ?? 0) + count
  return counts
}

async function rollback(connection: PgConnection, runId: string): Promise<void> {
  const database = await ImportDatabase.open(connection)
  await rollBack(database, runId)
  await database.close()
}

describe.skipIf(!hasInstall)('the import of a v2 installation', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function census(connection: PgConnection, sql: string): Promise<Readonly<Record<string, number>>> {
    const rows = await postgres.query<{ word: string; count: number }>(
      connection,
      `SELECT word, count(*) AS count FROM (${sql}) q GROUP BY 1`,
    )
    return Object.fromEntries(rows.map(({ word, count }) => [word, count]))
  }

  async function expectTruth(
    connection: PgConnection,
    { trades_by_status: trades, orders_by_status: orders, orders_by_type: types, latest_total_usd: total }: Truth,
  ) {
    expect(await census(connection, `SELECT state AS word FROM imported.positions WHERE part = 'lifecycle'`)).toEqual(
      merged(trades, (word) => (word === 'CLOSE' ? 'CLOSED' : word)),
    )
    expect(await census(connection, `SELECT status AS word FROM imported.orders WHERE part = 'row'`)).toEqual(
      merged(orders, (word) => (word === 'OPEN' ? 'ACCEPTED' : word.replace('CANCELLED', 'CANCELED'))),
    )
    expect(await census(connection, `SELECT order_type AS word FROM imported.orders WHERE part = 'row'`)).toEqual(
      merged(types, (word) => (word === 'STOP' ? 'STOP_MARKET' : word)),
    )
    const [latest] = await postgres.query<{ total: string }>(
      connection,
      `SELECT trim_scale(sum(total_usd))::text AS total FROM (
         SELECT DISTINCT ON (asset) total_usd FROM imported.balances b JOIN imported.rows USING (system, table_key, row_key) ORDER BY asset, ts_ms DESC, number DESC) l`,
    )
    expect(latest?.total).toBe(total)
  }

  // IMPORT_SOURCES=all is the long form: the worn installation by every source as well.
  const sources = ['v2_data_backup.dump', 'v2_full_backup.dump', 'CSV files', 'live Postgres']
  const all = ['clean', 'worn'].flatMap((installation) => sources.map((source) => [installation, source] as const))
  const cases = process.env['IMPORT_SOURCES'] === 'all' ? all : all.slice(0, sources.length + 1)
  it.each(cases)(
    '%s by %s: all of truth accounted for and verified, a second run adds 0, rollback leaves no trace',
    async (installation, kind) => {
      await using folder = await makeFolder()
      const [isCsv, isLive] = [kind === 'CSV files', kind === 'live Postgres']
      const file = join(INSTALL, installation, isLive ? 'v2_full_backup.dump' : kind)
      const location = isCsv ? await csvFolder(installation, folder.path) : isLive ? await restoreFrom(postgres, file) : file
      const connection = await migratedDatabase(postgres)
      const before = await contentOf(postgres, connection)
      const truth = truthOf(installation)

      const report = await importFrom(connection, location)
      expect(report.differences).toEqual([])
      expect(statuses(report)).toEqual({ ...PASSED, ...NOT_RUN, N11: isLive ? 'not_run' : 'passed' })
      const rows = Object.entries(truth.rows).filter(([name]) => !isCsv || CSV_TABLES.includes(name))
      const sourceRows = report.tables.filter(({ source }) => source > 0).map(({ name, source }) => [name, source])
      expect(Object.fromEntries(sourceRows)).toEqual(Object.fromEntries(rows))
      for (const { source, imported, parked, skipped } of report.tables) expect([imported, parked, skipped]).toEqual([source, 0, {}])
      await expectTruth(connection, truth)

      const after = await contentOf(postgres, connection)
      const again = await importFrom(connection, location)
      expect(again.differences).toEqual([])
      expect(again.checks.filter(({ status }) => status === 'failed')).toEqual([])
      for (const { source, imported, skipped } of again.tables)
        expect([imported, skipped]).toEqual([0, source === 0 ? {} : { 'already-imported': source }])
      await rollback(connection, again.runId)
      expect(await contentOf(postgres, connection)).toBe(after)
      await rollback(connection, report.runId)
      expect(await contentOf(postgres, connection)).toBe(before)
    },
  )

  it('takes rows that a dump has brought as the same when they come by CSV', async () => {
    await using folder = await makeFolder()
    const connection = await migratedDatabase(postgres)
    await importFrom(connection, join(INSTALL, 'worn/v2_full_backup.dump'))
    const again = await importFrom(connection, await csvFolder('worn', folder.path))
    for (const { source, imported, parked, skipped } of again.tables)
      expect([imported, parked, skipped]).toEqual([0, 0, { 'already-imported': source }])
    expect(again.checks.filter(({ status }) => status === 'failed')).toEqual([])
  })

  it('keeps nothing of a dry run', async () => {
    const connection = await migratedDatabase(postgres)
    const before = await contentOf(postgres, connection)
    const report = await importFrom(connection, join(INSTALL, 'worn/v2_full_backup.dump'), { isDryRun: true })
    expect(report.tables.map(({ imported }) => imported)).toEqual(report.tables.map(({ source }) => source))
    expect(new Set(report.checks.map(({ status }) => status))).toEqual(new Set(['not_run']))
    expect(await contentOf(postgres, connection)).toBe(before)
  })

  it('parks what cannot be mapped or comes twice, and a row that has changed since', async () => {
    await using folder = await makeFolder()
    const head = 'id,symbol,side,type,status,quantity,price,created_at'
    const first = [
      head,
      '1,BTCUSDT,buy,market,filled,0.5,100,2024-03-01T00:00:00Z',
      '2,BTCUSDT,sideways,market,filled,1,100,2024-03-01T00:00:00Z',
    ]
    const repeated = [
      '1,BTCUSDT,buy,market,filled,0.5,100,2024-03-01T00:00:00Z',
      '1,BTCUSDT,buy,market,filled,0.7,100,2024-03-01T00:00:00Z',
    ]
    const file = await folder.write('v2_orders.csv', [...first, ...repeated, 'torn,row'].join('\n') + '\n')
    const connection = await migratedDatabase(postgres)
    const report = await importFrom(connection, file)
    expect(report.tables).toEqual([{ name: 'orders', source: 5, imported: 1, parked: 3, skipped: { 'exact-duplicate': 1 } }])
    expect(report.parked.map(({ key, reason }) => [key, reason.split(':')[0]])).toEqual([
      ['["2"]', 'unknown-side'],
      ['["1"]', 'key-taken'],
      ['#5', 'wrong-cell-count'],
    ])
    expect(report.differences).toEqual([])
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
    const later = await folder.write('v2_orders.csv', `${head}\n1,BTCUSDT,buy,market,filled,0.9,100,2024-03-01T00:00:00Z\n`)
    const changed = await importFrom(connection, later)
    expect(changed.tables).toEqual([{ name: 'orders', source: 1, imported: 0, parked: 1, skipped: {} }])
    expect(changed.parked[0]?.reason).toMatch(/^changed-since: .*run /)
    const [order] = await postgres.query<{ quantity: string }>(connection, 'SELECT quantity FROM imported.orders')
    expect(order?.quantity).toBe('0.5')
  })
})
