import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIFFERENCE_DECISIONS, DIFFERENCE_KINDS, RECONCILE_TRIGGERS } from '#domain/difference.ts'
import { ORDER_STATUSES, ORDER_TYPES, TIMES_IN_FORCE } from '#domain/order.ts'
import { PROTECTION_CAUSES } from '#domain/protection.ts'
import { closeQuietly } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { SHAPES, TABLE_NAMES } from '#storage/replica/tables.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { checkDatabase } from '#test/support/durability/compare-tables.ts'
import { ExpectedTables } from '#test/support/durability/expected-tables.ts'
import { richFacts } from '#test/support/durability/rich-facts.ts'
import { MemoryFacts } from '#test/support/postgres-facts.ts'
import { RunningReplica } from '#test/support/postgres-replica.ts'
import { MIGRATIONS_DIRECTORY, startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'

const FACTS = 2_000
const WHOLE = { lost: 0, doubled: 0, unexpected: 0, misordered: 0, faults: [] }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

describe('what the replica makes of every kind of fact', () => {
  test('the generator leaves no kind of fact out', () => {
    const tables = new ExpectedTables()
    tables.add(richFacts(FACTS).map((fact, index) => ({ seq: index + 1, fact })))
    expect([...tables.tables.keys()].toSorted()).toEqual(['events', ...TABLE_NAMES].toSorted())
  })

  test.each([1, 3, 17, 1_000])(
    'is what a second, independent fold makes of it, in batches of %i',
    { timeout: 60_000 },
    async (batchFacts) => {
      const facts = richFacts(Math.min(FACTS, 400 + batchFacts * 100), batchFacts)
      const source = new MemoryFacts('projections', facts)
      const connection = postgres.freshDatabase()
      await using running = new RunningReplica({ source, connection, batchFacts })
      await running.caughtUp(source.head(), 30_000)
      const expected = new ExpectedTables()
      expected.add(source.read(0, source.head()))
      expect(await checkDatabase(connection, () => expected.tables)).toEqual({ ...WHOLE, cursor: facts.length, events: facts.length })
    },
  )
})

describe('the model and the database', () => {
  const schema = async (sql: string): Promise<readonly Record<string, string>[]> => {
    const connection = postgres.freshDatabase()
    closeQuietly(
      await openDatabase({ connection, migrationsDirectory: MIGRATIONS_DIRECTORY, applicationName: 'test', logger: silentLogger }),
    )
    return postgres.query<Record<string, string>>(connection, sql)
  }

  test('have the same tables, columns and types, both ways', async () => {
    const rows = await schema(
      `SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND c.relname NOT IN ('schema_migrations', 'installation', 'replica_cursor', 'events')`,
    )
    const inDatabase = rows.map(({ table, column, type }) => `${table}.${column} ${type}`)
    // What is drawn from several tables is written by a statement of its own.
    const inModel = TABLE_NAMES.flatMap((table) =>
      Object.entries(SHAPES[table].columns).map(([column, type]) => `${table}.${column} ${type}`),
    )
    expect(inDatabase.toSorted()).toEqual([...inModel, 'positions.stop_in_force numeric'].toSorted())
  })

  test('agree on the keys of rows that are replaced', async () => {
    const rows = await schema(
      `SELECT c.relname AS "table", string_agg(a.attname, ' ' ORDER BY array_position(i.indkey, a.attnum)) AS key
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname`,
    )
    const keys = new Map(rows.map(({ table, key }) => [table, key]))
    for (const table of TABLE_NAMES) {
      const { replace, patch } = SHAPES[table]
      for (const shape of [replace, patch])
        if (shape !== undefined) expect(`${table}: ${keys.get(table)}`).toBe(`${table}: ${shape.key.join(' ')}`)
    }
  })

  test('allow the same words', async () => {
    const rows = await schema(`SELECT conname AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE contype = 'c'`)
    const allowed = (name: string) =>
      [...(rows.find((row) => row['name'] === `${name}_check`)?.['rule'] ?? '').matchAll(/'([^']+)'/g)]
        .map((match) => match[1] ?? '')
        .toSorted()
    const sorted = (words: readonly string[]) => words.toSorted()
    expect(allowed('orders_status')).toEqual(sorted(ORDER_STATUSES))
    expect(allowed('orders_order_type')).toEqual(sorted(ORDER_TYPES))
    expect(allowed('orders_time_in_force')).toEqual(sorted(TIMES_IN_FORCE))
    expect(allowed('protection_stop_cause')).toEqual(sorted(PROTECTION_CAUSES))
    expect(allowed('differences_kind')).toEqual(sorted(DIFFERENCE_KINDS))
    expect(allowed('differences_suggestion')).toEqual(sorted(DIFFERENCE_DECISIONS))
    expect(allowed('differences_decision')).toEqual(sorted([...DIFFERENCE_DECISIONS, 'GONE']))
    expect(allowed('reconciliations_trigger')).toEqual(sorted(RECONCILE_TRIGGERS))
  })
})
