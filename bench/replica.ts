import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, chown } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { Journal } from '#storage/journal/journal.ts'
import { clientConfig, type PgConnection } from '#storage/postgres/connection.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import type { DrainOrder, DrainResult } from './support/drain-child.ts'
import { atLeast, atMost, round, type BenchResult } from './support/result.ts'
import { workspace } from './support/workspace.ts'

const BACKLOG = 300_000
const APPEND = 10_000
const MIB = 1_048_576
const CHILD = fileURLToPath(new URL('support/drain-child.ts', import.meta.url))

/**
 * What an outage of Postgres costs afterwards: a backlog drains through the replica's thread, rows of all tables and the
 * cursor in the same transactions. Beside it the server itself copying the very same rows into the same tables from files.
 */
export async function benchReplica(): Promise<BenchResult[]> {
  using place = workspace()
  await using postgres = await startTestPostgres()
  const journalPath = join(place.path, 'journal.db')
  const head = fill(journalPath)
  const connection = postgres.freshDatabase()
  const { seconds, rssBeforeBytes, rssPeakBytes } = await drainIn({ journalPath, connection, head })
  const copySeconds = await copyAll(postgres, connection)
  return [
    atLeast(5_000, {
      name: 'backlog into Postgres after an outage',
      value: round(head / seconds, 0),
      unit: 'facts/s',
      limit: round(head / copySeconds, 0),
      n: head,
    }),
    atMost(50, { name: 'memory while the backlog drains', value: round((rssPeakBytes - rssBeforeBytes) / MIB, 1), unit: 'MiB', n: head }),
  ]
}

function fill(path: string): number {
  const journal = new Journal({ path, purpose: 'bench' })
  const facts = syntheticFacts(BACKLOG)
  for (let at = 0; at < facts.length; at += APPEND) journal.append(facts.slice(at, at + APPEND))
  const { head } = journal
  journal.close()
  return head
}

async function drainIn(order: DrainOrder): Promise<DrainResult> {
  const child = fork(CHILD)
  const answer = once(child, 'message') as Promise<[DrainResult]>
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`the draining process ended with ${String(code)}`)
  })
  child.send(order)
  const [result] = await Promise.race([answer, exit])
  exit.catch(() => undefined)
  return result
}

interface TableColumns {
  readonly name: string
  readonly columns: string
}

/** Seconds the server needs to copy what the replica wrote into a second database of the same tables: indexes, keys and all. */
async function copyAll(postgres: TestPostgres, source: PgConnection): Promise<number> {
  const folder = join(dirname(postgres.dataDir), 'copy')
  await mkdir(folder)
  const owner = await stat(postgres.dataDir)
  await chown(folder, owner.uid, owner.gid)
  const tables = await tablesOf(postgres, source)
  for (const { name, columns } of tables) await postgres.query(source, `COPY ${name} (${columns}) TO '${join(folder, name)}'`)
  const target = postgres.freshDatabase()
  await postgres.query({ ...source, database: 'postgres' }, `CREATE DATABASE ${target.database} TEMPLATE ${source.database}`)
  await postgres.query(
    target,
    `ALTER TABLE events DISABLE TRIGGER USER; TRUNCATE ${tables.map(({ name }) => name).join(', ')}; ALTER TABLE events ENABLE TRIGGER USER`,
  )
  await postgres.query(target, 'CHECKPOINT')
  const client = new Client({ ...clientConfig(target, 'bench'), statement_timeout: 0, query_timeout: 0 })
  await client.connect()
  const began = performance.now()
  await client.query('BEGIN')
  for (const { name, columns } of tables) await client.query(`COPY ${name} (${columns}) FROM '${join(folder, name)}'`)
  await client.query('COMMIT')
  const seconds = (performance.now() - began) / 1_000
  await client.end()
  return seconds
}

/** In an order that keeps foreign keys satisfied; generated columns are left out. */
async function tablesOf(postgres: TestPostgres, source: PgConnection): Promise<readonly TableColumns[]> {
  const rows = await postgres.query<TableColumns>(
    source,
    `SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('schema_migrations', 'installation', 'replica_cursor')
      GROUP BY c.relname ORDER BY c.relname <> 'events', c.relname`,
  )
  return rows
}
