import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import type { Difference } from '#v2-import/run/import-report.ts'
import { findRun, type RecordedRun, verifyImport } from '#v2-import/run/verify-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

const ROUNDS = Number(process.env['IMPORT_DAMAGES'] ?? 24)
const SEED = Number(process.env['IMPORT_DAMAGE_SEED'] ?? 1)

/** One thing to spoil: statements, and what must be named. */
interface Damage {
  readonly what: string
  readonly sql: string
  readonly table: string
  readonly key: string
  /** Undefined where a whole row is concerned. */
  readonly column: string | undefined
}

/** A generator of its own, so that a failure can be made again by its seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  orders: ['quantity', 'filled_quantity', 'price', 'average_price', 'trigger_price'],
  fills: ['price', 'quantity', 'realized_pnl'],
  positions: ['quantity', 'entry_price', 'exit_price', 'leverage', 'confidence', 'realized_pnl', 'stop_loss'],
  signals: ['score', 'confidence'],
  balances: ['free', 'locked', 'total', 'total_usd'],
  protections: ['stop_loss', 'take_profit'],
  ladder_steps: ['quantity', 'price'],
}
const TIMES: Readonly<Record<string, readonly string[]>> = {
  orders: ['created_ms'],
  fills: ['ts_ms'],
  positions: ['opened_ms', 'closed_ms'],
  signals: ['created_ms'],
  balances: ['ts_ms'],
}
const TABLES = Object.keys(NUMBERS)

describe.skipIf(!hasInstall)('damage after an import', () => {
  let postgres: TestPostgres
  let connection: PgConnection
  let run: RecordedRun
  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
    const report = await importFrom(connection, join(INSTALL, 'clean/v2_full_backup.dump'))
    run = await findRun(connection, report.runId)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  interface Found {
    readonly key: string
    readonly part: string
    readonly text: string
  }

  async function pick(table: string, column: string, below: (n: number) => number, where = 'true'): Promise<Found | undefined> {
    const rows = await postgres.query<Found>(
      connection,
      `SELECT row_key AS key, part, ${column}::text AS text FROM imported.${table} WHERE ${column} IS NOT NULL AND ${where} ORDER BY table_key, row_key, part`,
    )
    return rows[below(Math.max(1, rows.length))]
  }

  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

  const KINDS: readonly ((below: (n: number) => number) => Promise<Damage | undefined>)[] = [
    async function digit(below) {
      const table = TABLES[below(TABLES.length)]!
      const column = NUMBERS[table]![below(NUMBERS[table]!.length)]!
      const row = await pick(table, column, below)
      if (row === undefined) return undefined
      const digits = Array.from(row.text.matchAll(/\d/g), ({ index }) => index)
      const at = digits[below(digits.length)]!
      const other = String((Number(row.text[at]) + 1 + below(8)) % 10)
      const text = row.text.slice(0, at) + other + row.text.slice(at + 1)
      const sql = `UPDATE imported.${table} SET ${column} = ${text} WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)} AND ${column} = ${row.text}`
      return { what: `${row.text} to ${text}`, sql, table, key: row.key, column }
    },
    async function wordForWord(below) {
      const rows = await postgres.query<{ key: string; table: string; line: string }>(
        connection,
        `SELECT row_key AS key, table_key AS "table", line FROM imported.rows WHERE line ~ '[0-9]\\.[0-9]' ORDER BY table_key, row_key`,
      )
      const row = rows[below(rows.length)]!
      const at = /\d\.\d/.exec(row.line)!.index
      const line = row.line.slice(0, at) + String((Number(row.line[at]) + 1) % 10) + row.line.slice(at + 1)
      const sql = `UPDATE imported.rows SET line = ${quote(line)} WHERE row_key = ${quote(row.key)} AND table_key = ${quote(row.table)}`
      return { what: 'a digit of the row as it stood', sql, table: row.table, key: row.key, column: '*' }
    },
    async function missing(below) {
      const table = TABLES[below(TABLES.length)]!
      const row = await pick(table, 'row_key', below)
      if (row === undefined) return undefined
      const sql = `DELETE FROM imported.${table} WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)} AND ctid = (SELECT min(ctid) FROM imported.${table} WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)})`
      return { what: 'a record gone', sql, table, key: row.key, column: undefined }
    },
    async function missingRow(below) {
      const rows = await postgres.query<{ key: string; table: string }>(
        connection,
        `SELECT row_key AS key, table_key AS "table" FROM imported.rows ORDER BY table_key, row_key`,
      )
      const row = rows[below(rows.length)]!
      const sql = `DELETE FROM imported.rows WHERE row_key = ${quote(row.key)} AND table_key = ${quote(row.table)}`
      return { what: 'a row gone', sql, table: row.table, key: row.key, column: undefined }
    },
    async function extra(below) {
      const table = TABLES[below(TABLES.length)]!
      const row = await pick(table, 'row_key', below)
      if (row === undefined) return undefined
      const key = `["extra-${below(1_000_000)}"]`
      const copied = `to_jsonb(t) || jsonb_build_object('row_key', ${quote(key)})`
      const sql = `INSERT INTO imported.${table} SELECT (jsonb_populate_record(NULL::imported.${table}, ${copied})).* FROM imported.${table} t WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)} LIMIT 1`
      return { what: 'a record too many', sql, table, key, column: undefined }
    },
    async function swapped(below) {
      const table = TABLES[below(TABLES.length)]!
      const column = NUMBERS[table]![0]!
      const one = await pick(table, column, below)
      if (one === undefined) return undefined
      const other = await pick(table, column, below, `${column} <> ${one.text}`)
      if (other === undefined) return undefined
      const set = (row: Found, text: string): string =>
        `UPDATE imported.${table} SET ${column} = ${text} WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)} AND ${column} = ${row.text}`
      return { what: 'two values swapped', sql: `${set(one, other.text)}; ${set(other, one.text)}`, table, key: one.key, column }
    },
    async function hour(below) {
      const table = Object.keys(TIMES)[below(Object.keys(TIMES).length)]!
      const column = TIMES[table]![below(TIMES[table]!.length)]!
      const row = await pick(table, column, below)
      if (row === undefined) return undefined
      const sql = `UPDATE imported.${table} SET ${column} = ${column} + 3600000 WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)} AND ${column} = ${row.text}`
      return { what: 'an hour later', sql, table, key: row.key, column }
    },
    async function nothing(below) {
      const table = TABLES[below(TABLES.length)]!
      const text = {
        orders: 'strategy',
        positions: 'strategy',
        signals: 'strategy',
        fills: 'strategy',
        protections: 'status',
        ladder_steps: 'status',
      }[table]
      if (text === undefined) return undefined
      const row = await pick(table, text, below)
      if (row !== undefined) {
        const sql = `UPDATE imported.${table} SET ${text} = ${below(2) === 0 ? 'NULL' : "''"} WHERE row_key = ${quote(row.key)} AND part = ${quote(row.part)}`
        return { what: 'NULL or the empty text', sql, table, key: row.key, column: text }
      }
      return undefined
    },
    async function emptyInExtras(below) {
      const rows = await postgres.query<{ key: string; tableKey: string; name: string; value: string | null }>(
        connection,
        `SELECT row_key AS key, table_key AS "tableKey", e.key AS name, e.value FROM imported.positions, jsonb_each_text(extras) e WHERE part = 'lifecycle' ORDER BY 1, 3`,
      )
      const row = rows[below(rows.length)]
      if (row === undefined) return undefined
      const value = row.value === '' || below(2) === 0 ? 'null' : '""'
      const sql = `UPDATE imported.positions SET extras = jsonb_set(extras, ARRAY[${quote(row.name)}], '${value}') WHERE part = 'lifecycle' AND row_key = ${quote(row.key)}`
      return row.value === null && value === 'null'
        ? undefined
        : { what: 'NULL or the empty text in the extras', sql, table: row.tableKey, key: row.key, column: row.name }
    },
  ]

  async function damages(): Promise<readonly Damage[]> {
    const below = seeded(SEED)
    const list: Damage[] = []
    for (let round = 0; list.length < ROUNDS; round += 1) {
      const damage = await KINDS[round % KINDS.length]!(below)
      if (damage !== undefined) list.push(damage)
    }
    return list
  }

  async function verify() {
    const source = await openSource(run.source.location)
    try {
      return await verifyImport({ connection, run, source, clock: systemClock })
    } finally {
      await source.close()
    }
  }

  it(`is found and named, ${ROUNDS} of ${ROUNDS}`, { timeout: 3_600_000 }, async () => {
    const names = ['rows', 'orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps']
    const save = names.map((name) => `CREATE TABLE saved_${name} AS SELECT * FROM imported.${name}`).join('; ')
    await postgres.query(connection, save)
    for (const damage of await damages()) {
      await postgres.query(connection, damage.sql)
      const { checks, differences } = await verify()
      const isNamed = ({ table, key, column }: Difference): boolean =>
        table === damage.table && key === damage.key && (damage.column === '*' || column === damage.column)
      const isFound = checks.some(({ status }) => status === 'failed') && differences.some(isNamed)
      expect(isFound, JSON.stringify({ damage, differences: differences.slice(0, 5) })).toBe(true)
      const touched = damage.sql.match(/imported\.(\w+)/)![1]!
      await postgres.query(connection, `DELETE FROM imported.${touched}; INSERT INTO imported.${touched} SELECT * FROM saved_${touched}`)
    }
    const { checks, differences } = await verify()
    expect(differences).toEqual([])
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([])
  })
})
