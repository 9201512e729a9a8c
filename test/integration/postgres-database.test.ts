import { copyFile, mkdtemp, readdir, rm, writeFile, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORDER_STATUSES } from '#domain/order.ts'
import { SIGNAL_ACTIONS, SIGNAL_OUTCOMES } from '#domain/signal.ts'
import { TRADER_STATES } from '#domain/trader.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { closeQuietly, connectClient, createPool } from '#storage/postgres/connection.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { migrate, readMigrations } from '#storage/postgres/migrate.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { MIGRATIONS_DIRECTORY, startTestPostgres } from '#test/support/postgres.ts'
import type { TestPostgres } from '#test/support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const open = (connection: PgConnection, migrationsDirectory = MIGRATIONS_DIRECTORY) =>
  openDatabase({ connection, migrationsDirectory, applicationName: 'test', logger: silentLogger })

async function opened(connection: PgConnection, migrationsDirectory?: string): Promise<void> {
  closeQuietly(await open(connection, migrationsDirectory))
}

/** The tables of a database, to show that nothing was written. */
async function tables(connection: PgConnection): Promise<readonly string[]> {
  const rows = await postgres.query<{ name: string }>(
    connection,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  )
  return rows.map(({ name }) => name)
}

async function copyOfMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  for (const name of await readdir(MIGRATIONS_DIRECTORY)) await copyFile(join(MIGRATIONS_DIRECTORY, name), join(folder, name))
  return folder
}

describe('opening a database', () => {
  test('one that does not exist is made and migrated; opening again changes nothing', async () => {
    const connection = postgres.freshDatabase()
    await opened(connection)
    const before = await tables(connection)
    expect(before).toEqual(
      expect.arrayContaining([
        'events',
        'orders',
        'trades',
        'positions',
        'balances',
        'schema_migrations',
        'installation',
        'replica_cursor',
      ]),
    )
    await opened(connection)
    expect(await tables(connection)).toEqual(before)
    const applied = await postgres.query<{ version: number }>(connection, 'SELECT version FROM schema_migrations')
    expect(applied).toHaveLength((await readMigrations(MIGRATIONS_DIRECTORY)).length)
  })

  test('eight at once migrate once', async () => {
    const connection = postgres.freshDatabase()
    await Promise.all(Array.from({ length: 8 }, () => opened(connection)))
    const rows = await postgres.query<{ n: number }>(connection, 'SELECT count(*)::int AS n FROM schema_migrations')
    expect(rows[0]?.n).toBe((await readMigrations(MIGRATIONS_DIRECTORY)).length)
  })

  test('wrong password', async () => {
    await expect(open({ ...postgres.freshDatabase(), password: 'wrong' })).rejects.toMatchObject({ code: 'POSTGRES_WRONG_PASSWORD' })
    await expect(open({ ...postgres.freshDatabase(), password: undefined })).rejects.toMatchObject({ code: 'POSTGRES_WRONG_PASSWORD' })
    await expect(open({ ...postgres.freshDatabase(), user: 'nobody_here' })).rejects.toMatchObject({ code: 'POSTGRES_WRONG_PASSWORD' })
  })

  test('wrong port, and a port where something else answers', async () => {
    await expect(open({ ...postgres.freshDatabase(), port: 1 })).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE', retryable: true })
    const other = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    await expect(open({ ...postgres.freshDatabase(), port: (other.address() as AddressInfo).port })).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
    })
    await new Promise((resolve) => other.close(resolve))
  })

  test.each([
    ['somebody’s tables', 'CREATE TABLE customers (id int)'],
    ['a bookkeeping table of another program', 'CREATE TABLE schema_migrations (version text)'],
    ['a view', 'CREATE VIEW report AS SELECT 1 AS n'],
  ])('a database with %s is refused and left as it is', async (_, sql) => {
    const connection = postgres.freshDatabase()
    await postgres.query({ ...connection, database: 'postgres' }, `CREATE DATABASE ${connection.database}`)
    await postgres.query(connection, sql)
    const before = await tables(connection)
    await expect(open(connection)).rejects.toMatchObject({ code: 'POSTGRES_FOREIGN_DATABASE' })
    expect(await tables(connection)).toEqual(before)
  })

  test('a user who may not create anything is told so', async () => {
    await postgres.query({ ...postgres.server.connection, database: 'postgres' }, `CREATE ROLE guest LOGIN PASSWORD 'guest'`)
    const guest: PgConnection = { ...postgres.freshDatabase(), user: 'guest', password: 'guest' }
    await expect(open(guest)).rejects.toMatchObject({ code: 'REFUSED' })
    await postgres.query({ ...postgres.server.connection, database: 'postgres' }, `CREATE DATABASE ${guest.database}`)
    await expect(open(guest)).rejects.toMatchObject({ code: 'REFUSED' })
  })

  test('a statement that never ends is cut', async () => {
    const client = await connectClient({ ...postgres.server.connection, database: 'postgres' }, 'test')
    await client.query('SET statement_timeout = 50')
    await expect(client.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: '57014' })
    await client.end()
  })

  test('an idle pool survives the death of all its connections', async () => {
    const pool = createPool({ ...postgres.server.connection, database: 'postgres' }, 'test pool', silentLogger)
    await pool.query('SELECT 1')
    await postgres.query(
      { ...postgres.server.connection, database: 'postgres' },
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test pool'`,
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await pool.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})

describe('migrations', () => {
  test('a changed file is refused before anything is written', async () => {
    const connection = postgres.freshDatabase()
    await opened(connection)
    const folder = await copyOfMigrations()
    const name = (await readdir(folder)).toSorted()[0]!
    await writeFile(join(folder, name), `${await readFile(join(folder, name), 'utf8')}\nCREATE TABLE sneaked_in (n int);\n`)
    await expect(open(connection, folder)).rejects.toMatchObject({ code: 'POSTGRES_MIGRATION_CHANGED' })
    expect(await tables(connection)).not.toContain('sneaked_in')
    await rm(folder, { recursive: true })
  })

  test('line ends of another system are no change', async () => {
    const connection = postgres.freshDatabase()
    await opened(connection)
    const folder = await copyOfMigrations()
    for (const name of await readdir(folder))
      await writeFile(join(folder, name), (await readFile(join(folder, name), 'utf8')).replaceAll('\n', '\r\n'))
    await opened(connection, folder)
    await rm(folder, { recursive: true })
  })

  test('a database newer than the program is refused', async () => {
    const connection = postgres.freshDatabase()
    const folder = await copyOfMigrations()
    const next = (await readMigrations(folder)).length + 1
    await writeFile(join(folder, `${String(next).padStart(4, '0')}-future.sql`), 'CREATE TABLE future (n int);')
    await opened(connection, folder)
    await expect(open(connection)).rejects.toMatchObject({
      code: 'POSTGRES_WRONG_VERSION',
      message: expect.stringContaining('future') as string,
    })
    await rm(folder, { recursive: true })
  })

  test('one that fails half-way leaves nothing of itself', async () => {
    const connection = postgres.freshDatabase()
    const folder = await copyOfMigrations()
    const next = (await readMigrations(folder)).length + 1
    const file = join(folder, `${String(next).padStart(4, '0')}-broken.sql`)
    await writeFile(file, 'CREATE TABLE half (n int); CREATE TABLE half (n int);')
    await expect(open(connection, folder)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await tables(connection)).not.toContain('half')
    await writeFile(file, 'CREATE TABLE half (n int);')
    const client = await connectClient(connection, 'test')
    expect(await migrate(client, folder, silentLogger)).toBe(1)
    await client.end()
    await rm(folder, { recursive: true })
  })

  test('a gap in the numbers is refused', async () => {
    const folder = await copyOfMigrations()
    await writeFile(join(folder, '0099-far.sql'), 'SELECT 1;')
    await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'FILE_INVALID' })
    await rm(folder, { recursive: true })
  })

  test('the words the database allows are those of the domain', async () => {
    const connection = postgres.freshDatabase()
    await opened(connection)
    const rows = await postgres.query<{ name: string; rule: string }>(
      connection,
      `SELECT conname AS name, pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE contype = 'c'`,
    )
    const allowed = (name: string) =>
      [...(rows.find((row) => row.name === name)?.rule ?? '').matchAll(/'([^']+)'/g)].map((match) => match[1])
    expect(allowed('orders_status_check')).toEqual([...ORDER_STATUSES])
    expect(allowed('signals_action_check')).toEqual([...SIGNAL_ACTIONS])
    expect(allowed('signals_outcome_check')).toEqual([...SIGNAL_OUTCOMES])
    expect(allowed('traders_state_check')).toEqual([...TRADER_STATES])
  })
})
