import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { readAll, rowsOf, type ReadTable } from '#test/support/v2-import/read-all.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { LiveConnection, type LiveTarget } from '#v2-import/sources/postgres/live-connection.ts'
import { openLiveSource } from '#v2-import/sources/postgres/live-source.ts'

const INSTALL = '../shared/data/v2-install'
if (!existsSync(INSTALL)) process.stderr.write(`skipped: a live database of a v2 installation, ${INSTALL} is not there\n`)

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Puts the tables of a dump into a database, by the types the dump declares. */
async function restore(postgres: TestPostgres, target: LiveTarget, tables: ReadonlyMap<string, ReadTable>): Promise<void> {
  for (const { info, cells } of tables.values()) {
    const columns = info.columns.map((column) => `${quoted(column.name)} ${column.type ?? 'text'}`)
    const key = info.primaryKey.length > 0 ? [`PRIMARY KEY (${info.primaryKey.map(quoted).join(', ')})`] : []
    await postgres.query(target, `CREATE TABLE ${quoted(info.name)} (${[...columns, ...key].join(', ')})`)
    const names = info.columns.map((column) => quoted(column.name)).join(', ')
    const values = info.columns.map((column, index) => `(r ->> ${index})::${column.type ?? 'text'}`).join(', ')
    const sql = `INSERT INTO ${quoted(info.name)} (${names}) SELECT ${values} FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS t(r, n) ORDER BY n`
    await postgres.query(target, sql, [JSON.stringify(cells)])
  }
}

describe('a live Postgres as the source', () => {
  let postgres: TestPostgres
  let target: LiveTarget

  beforeAll(async () => {
    postgres = await startTestPostgres()
    const connection = postgres.freshDatabase()
    await postgres.query({ ...connection, database: 'postgres' }, `CREATE DATABASE ${connection.database}`)
    target = { ...connection, password: connection.password }
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  it.skipIf(!existsSync(INSTALL))('agrees with the dump it was restored from, cell by cell', async () => {
    const dump = await readAll(join(INSTALL, 'worn/v2_full_backup.dump'))
    await restore(postgres, target, dump)
    const source = await openLiveSource(target)
    expect(source.identity.location).toBe(`${target.user}@${target.host}:${target.port}/${target.database}`)
    expect(
      source
        .tables()
        .map((table) => table.key)
        .sort(),
    ).toEqual([...dump.keys()].sort())
    const sorted = (cells: ReadTable['cells']): readonly string[] => cells.map((row) => JSON.stringify(row)).sort()
    for (const info of source.tables()) {
      const { rows, error } = await rowsOf(source, info)
      const expected = dump.get(info.key)
      expect([info.key, rows.length, info.rowCount, error]).toEqual([info.key, expected?.rows.length, expected?.rows.length, undefined])
      expect(sorted(rows.map((row) => row.cells))).toEqual(sorted(expected?.cells ?? []))
      expect(info).toMatchObject({ columns: expected?.info.columns, primaryKey: expected?.info.primaryKey })
    }
    await source.close()
  })

  it('sees one moment: what is written meanwhile is not read, and readings are alike', async () => {
    await postgres.query(target, 'CREATE TABLE moment AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 2500) AS i')
    const source = await openLiveSource(target)
    const table = source.tables().find((info) => info.key === 'moment')!
    const first = source.rows(table)[Symbol.asyncIterator]()
    await first.next()
    await postgres.query(target, 'DELETE FROM moment WHERE id > 10; INSERT INTO moment VALUES (0, NULL)')
    const hashes = await Promise.all(
      [rowsOf(source, table), rowsOf(source, table)].map(async (reading) => {
        const { rows } = await reading
        expect(rows).toHaveLength(2_500)
        return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
      }),
    )
    expect(new Set(hashes).size).toBe(1)
    await first.return?.()
    await source.close()
  })

  it('takes leaves of partitioned and inherited tables once, and leaves out views and generated columns', async () => {
    await postgres.query(
      target,
      `CREATE SCHEMA odd; CREATE TABLE odd.part (id int, n int GENERATED ALWAYS AS (id + 1) STORED) PARTITION BY RANGE (id);
       CREATE TABLE odd.part_1 PARTITION OF odd.part FOR VALUES FROM (0) TO (9); INSERT INTO odd.part VALUES (1), (2);
       CREATE TABLE odd.base (id int); CREATE TABLE odd.child () INHERITS (odd.base); INSERT INTO odd.base VALUES (1); INSERT INTO odd.child VALUES (2);
       CREATE VIEW odd.looks AS SELECT * FROM odd.base`,
    )
    const source = await openLiveSource(target)
    const found = source.tables().filter((table) => table.schema === 'odd')
    expect(found.map((table) => [table.key, table.rowCount, table.columns.length])).toEqual([
      ['odd.base', 1, 1],
      ['odd.child', 1, 1],
      ['odd.part_1', 2, 1],
    ])
    await source.close()
  })

  it('spells values as a dump does, whatever the server is set to', async () => {
    await postgres.query(
      target,
      `ALTER DATABASE ${target.database} SET timezone = 'Asia/Tokyo'; ALTER DATABASE ${target.database} SET datestyle = 'German';
       CREATE TABLE spelt AS SELECT true AS a, 0.1::float8 + 0.2 AS b, '2024-01-02 03:04:05.6+03'::timestamptz AS c, '\\x00ff'::bytea AS d, 'NaN'::numeric AS e, ''::text AS f, NULL::text AS g`,
    )
    const source = await openLiveSource(target)
    const { rows } = await rowsOf(source, source.tables().find((table) => table.key === 'spelt')!)
    expect(rows[0]?.cells).toEqual(['t', '0.30000000000000004', '2024-01-02 00:04:05.6+00', '\\x00ff', 'NaN', '', null])
    await source.close()
  })

  it('cannot write', async () => {
    const connection = await LiveConnection.open(target)
    await expect(connection.query('CREATE TABLE canary (id int)')).rejects.toThrow('read-only')
    await connection.close()
    const again = await LiveConnection.open(target)
    await again.query('COMMIT')
    await expect(again.query('CREATE TABLE canary (id int)')).rejects.toThrow('read-only')
    await again.close()
  })

  it('names tables it may not read, and says why it cannot log in', async () => {
    await postgres.query(
      target,
      "CREATE ROLE reader LOGIN PASSWORD 'only-reading'; CREATE TABLE secret (id int); CREATE TABLE open (id int); GRANT SELECT ON open TO reader",
    )
    const reader = { ...target, user: 'reader', password: 'only-reading' }
    const source = await openLiveSource(reader)
    expect(source.tables().map((table) => table.key)).toContain('open')
    expect(source.findings()).toContainEqual(expect.objectContaining({ rule: 'no-permission', where: 'secret' }))
    await source.close()
    const wrong = await openLiveSource({ ...reader, password: 'wrong-password' }).catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(AppError)
    expect(wrong).toMatchObject({ code: 'POSTGRES_WRONG_PASSWORD' })
    expect(String(wrong)).not.toContain('wrong-password')
    await expect(openLiveSource({ ...target, database: 'absent' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(openLiveSource({ ...target, port: 1 })).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' })
  })
})
