import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '#platform/log/logger.ts'
import { closeQuietly, type PgConnection } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { MIGRATIONS_DIRECTORY, startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { makeFolder } from '#test/support/v2-import/read-all.ts'
import { countRows } from '#v2-import/load/count-rows.ts'
import { moveToLive } from '#v2-import/load/move-to-live.ts'
import { settleStaging } from '#v2-import/load/settle-staging.ts'
import { type StageOrder, stageTables } from '#v2-import/load/stage-tables.ts'
import { Staging, stagingSchemas } from '#v2-import/load/staging.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { rollBack } from '#v2-import/rollback/roll-back.ts'
import { ImportDatabase } from '#v2-import/run/import-database.ts'
import { makeRunId } from '#v2-import/run/run-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { contentOf, hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

const RUNS = ['20240101t000000_aaaaaa', '20240102t000000_bbbbbb'] as const
const TABLES = ['rows', 'orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps', 'sessions']
const ORDER = `'v2', 'orders', '["1"]', 'row', 'id-1', 'bybit', 'BTC/USDT:USDT', 'BUY', 'MARKET', 'FILLED', 'ENTRY', 1.50, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL, '{"a": "b"}'`

describe('runs that stand in partitions', { timeout: 120_000 }, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  const dump = async (connection: PgConnection): Promise<readonly string[]> => {
    const parts: string[] = []
    for (const name of TABLES) {
      const rows = await postgres.query<{ row: string }>(connection, `SELECT r::text AS row FROM imported.${name} r ORDER BY 1`)
      parts.push(...rows.map(({ row }) => `${name} ${row}`))
    }
    return parts
  }

  /** Parents with their keys and indexes, without the partitions. */
  const shapes = (connection: PgConnection): Promise<readonly object[]> =>
    postgres.query(
      connection,
      `SELECT c.relname, c.relkind, pg_get_indexdef(i.indexrelid) AS index, (SELECT string_agg(pg_get_constraintdef(k.oid), '; ' ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid) AS constraints
         FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid WHERE c.relnamespace = 'imported'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 3`,
    )

  async function using<T>(
    connection: PgConnection,
    work: (databases: readonly [ImportDatabase, ImportDatabase]) => Promise<T>,
  ): Promise<T> {
    const databases = [await ImportDatabase.open(connection), await ImportDatabase.open(connection)] as const
    try {
      return await work(databases)
    } finally {
      for (const database of databases) await database.close()
    }
  }

  it('takes what earlier versions brought along, and is not done twice', async () => {
    await using folder = await makeFolder()
    const before = join(folder.path, 'migrations')
    await mkdir(before)
    for (const name of (await readdir(MIGRATIONS_DIRECTORY)).filter((file) => /^000[1-4]/.test(file)))
      await copyFile(join(MIGRATIONS_DIRECTORY, name), join(before, name))
    const connection = postgres.freshDatabase()
    const open = async (migrationsDirectory: string): Promise<void> =>
      closeQuietly(await openDatabase({ connection, migrationsDirectory, applicationName: 'test', logger: silentLogger }))
    await open(before)
    for (const [index, run] of RUNS.entries()) {
      await postgres.query(connection, `INSERT INTO imported.runs VALUES ('${run}', 'v2', ${index}, '{}', '{}', '{}')`)
      await postgres.query(
        connection,
        `INSERT INTO imported.rows VALUES ('v2', 'orders', '["${index}"]', '', '${run}', 1, 'mapped', NULL, NULL, NULL, '1', NULL)`,
      )
    }
    await postgres.query(connection, `INSERT INTO imported.orders VALUES (${ORDER.replace(`'row', `, `'row', '${RUNS[0]}', `)})`)
    const held = await dump(connection)
    await open(MIGRATIONS_DIRECTORY)
    expect(held).toHaveLength(3)
    expect(await dump(connection)).toEqual(held)
    const shape = await shapes(connection)
    expect(shape).toEqual(await shapes(await migratedDatabase(postgres)))
    const content = (await contentOf(postgres, connection)).replaceAll(/^.*schema_migrations.*$/gm, '')
    await postgres.query(connection, 'DROP SCHEMA public CASCADE')
    await open(MIGRATIONS_DIRECTORY)
    expect([await dump(connection), await shapes(connection)]).toEqual([held, shape])
    expect(content).toContain(`orders_${RUNS[0]}`)
    const removed = await using(connection, ([database]) => rollBack(database, RUNS[0]))
    expect(removed.removed).toMatchObject({ runs: 1, rows: 1, orders: 1, fills: 0 })
    expect(await dump(connection)).toEqual(held.filter((row) => !row.includes(RUNS[0])))
  })

  it.skipIf(!hasInstall)('leaves the server to look after a run when it was checked, and others alone when it goes', async () => {
    const connection = await migratedDatabase(postgres)
    const first = await importFrom(connection, join(INSTALL, 'clean/v2_full_backup.dump'))
    const held = await dump(connection)
    const left = await postgres.query(
      connection,
      `SELECT relname FROM pg_class WHERE relnamespace = 'imported'::regnamespace AND reloptions IS NOT NULL`,
    )
    expect(left).toEqual([])
    const second = await importFrom(connection, join(INSTALL, 'clean/v2_full_backup.dump'), { system: 'other' })
    expect(await dump(connection)).toHaveLength(held.length * 2)
    const { removed } = await using(connection, ([database]) => rollBack(database, second.runId))
    expect(Object.values(removed).reduce((sum, rows) => sum + rows, 0) - (removed['tables'] ?? 0) - 1).toBe(held.length)
    expect(await dump(connection)).toEqual(held)
    // Refused by the server or by us: a row does not come twice.
    const again = `INSERT INTO imported.rows SELECT * FROM imported.rows WHERE run_id = '${first.runId}' LIMIT 1`
    await expect(postgres.query(connection, again)).rejects.toThrow(/duplicate key/)
  })

  it.skipIf(!hasInstall)('leaves the same orders out whether the reading or the server finds that the orders table has them', async () => {
    const brought: unknown[] = []
    for (const isFirst of [true, false]) {
      const connection = await migratedDatabase(postgres)
      const source = await openSource(join(INSTALL, 'worn/v2_data_backup.dump'))
      await using(connection, async (databases) => {
        const [database] = databases
        const staging = new Staging(database, makeRunId(Date.UTC(2024, 1)), 'v2')
        await staging.make('of this test', 0)
        const order: StageOrder = { source, plan: planOf(), staging, databases, isFirst, onRows: () => undefined }
        await stageTables(order)
        const loaded = await staging.loaded()
        await settleStaging(database, staging, 'v2')
        const { linkedOrders } = await countRows(database, staging)
        const rows = await database.query(
          `SELECT count(*) AS count, sum(hashtextextended(ROW(row_key, part, order_id)::text, 0)) AS hash FROM "${staging.schema}".orders`,
        )
        brought.push([linkedOrders, rows])
        expect([loaded?.areLinksDecided, loaded?.linkedOrders]).toEqual([isFirst, isFirst ? linkedOrders : 0])
        expect(linkedOrders).toBeGreaterThan(0)
      })
      await source.close()
    }
    expect(brought[0]).toEqual(brought[1])
  })

  async function stagedRows(
    database: ImportDatabase,
    rows: readonly string[],
    orders: readonly string[],
    undecidedKeys: number,
  ): Promise<Staging> {
    const staging = new Staging(database, makeRunId(Date.UTC(2024, 2)), 'v2')
    await staging.make('of this test', 0)
    await staging.makeRows()
    await staging.makeRecords(database)
    const table = { key: 'orders', schema: '', name: 'orders', columns: [], primaryKey: [], rowCount: undefined, origin: '' }
    await staging.beginTable(table, [database, database])
    for (const row of rows)
      await database.run(`INSERT INTO "${staging.schema}".rows (row_key, number, outcome, rule, line) VALUES (${row})`)
    const columns = 'row_key, part, order_id, exchange, symbol, side, status, quantity, created_ms, extras'
    for (const order of orders)
      await database.run(`INSERT INTO "${staging.schema}".orders (${columns}) VALUES (${order}, 'bybit', 'S', 'BUY', 'FILLED', 1, 1, '{}')`)
    await staging.noteTable(table, { number: 1, keyColumns: ['id'], rows: rows.length, notes: [] })
    await staging.noteLoaded({ linkedOrders: 0, areLinksDecided: true, undecidedKeys, repeatedKeys: 0 })
    return staging
  }

  it('finds the rows that come twice where there were too many keys to remember', async () => {
    const connection = await migratedDatabase(postgres)
    await using(connection, async ([database]) => {
      const rows = [
        `'["1"]', 1, 'mapped', NULL, 'a'`,
        `'["1"]', 2, 'mapped', NULL, 'a'`,
        `'["1"]', 3, 'mapped', NULL, 'b'`,
        `'["2"]', 4, 'parked', 'bad', 'c'`,
        `'["2"]', 5, 'mapped', NULL, 'd'`,
        `'#6', 6, 'kept', NULL, 'e'`,
      ]
      const staging = await stagedRows(
        database,
        rows,
        [`'["1"]', 'row', 'first'`, `'["1"]', 'row', 'second'`, `'["1"]', 'row', 'third'`, `'["2"]', 'row', 'fourth'`],
        4,
      )
      await settleStaging(database, staging, 'v2')
      const { tables } = await countRows(database, staging)
      expect(tables).toEqual([{ name: 'orders', source: 6, imported: 2, parked: 3, skipped: { 'exact-duplicate': 1 } }])
      const kept = await database.query<{ id: string }>(`SELECT order_id AS id FROM "${staging.schema}".orders`)
      expect(kept).toEqual([{ id: 'first' }])
      const keys = await database.query(`SELECT row_key, variant FROM "${staging.schema}".rows GROUP BY 1, 2`)
      expect(keys).toHaveLength(6)
    })
  })

  it('refuses to bring a row that stands already, should one have come through', async () => {
    const connection = await migratedDatabase(postgres)
    await using(connection, async ([database]) => {
      const record = {
        system: 'v2',
        startedMs: 0,
        identity: { kind: 'csv', description: '', location: '', files: [], encoding: 'UTF8', facts: {} },
        seals: [],
        plan: planOf(),
        counts: {},
      } as const
      const [first, second] = [
        await stagedRows(database, [`'["1"]', 1, 'kept', NULL, 'a'`], [], 0),
        await stagedRows(database, [`'["1"]', 1, 'kept', NULL, 'a'`], [], 0),
      ]
      await moveToLive(database, first, record)
      await expect(moveToLive(database, second, record)).rejects.toThrow(/stands already/)
      expect(await database.query('SELECT run_id AS id FROM imported.runs')).toEqual([{ id: first.runId }])
      await settleStaging(database, second, 'v2')
      // Settled by the history as it is now: with it goes what was settled.
      await rollBack(database, first.runId)
      expect(await stagingSchemas(database)).toEqual([])
    })
  })
})
