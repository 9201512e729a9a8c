import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { silentLogger } from '#platform/log/logger.ts'
import { clientConfig, closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { MIGRATIONS_DIRECTORY, startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import type { ImportOrder, ImportResult } from './support/import-child.ts'
import { atLeast, atMost, noGoal, round, type BenchResult } from './support/result.ts'
import { ServerLoad } from './support/server-load.ts'
import { writeDump } from './support/v2-dump.ts'
import { workspace } from './support/workspace.ts'

/** BENCH_IMPORT_ROWS=10000000 is the long form. */
const ROWS = Number(process.env['BENCH_IMPORT_ROWS'] ?? 1_000_000)
const SECONDS_MAX = 60
const SHARE_MIN = 0.5
const RSS_MAX_MIB = 512
const POLL_MS = 20
const MIB = 1_048_576
const CHILD = fileURLToPath(new URL('support/import-child.ts', import.meta.url))

/**
 * A full dump of a worn installation, generated, is imported and verified in a process of its own. Beside it the server itself copies
 * the very rows that then stand in schema `imported` from files into logged tables of the same definition, indexes and keys included.
 */
export async function benchImport(): Promise<BenchResult[]> {
  using place = workspace()
  await using postgres = await startTestPostgres()
  const location = join(place.path, 'v2_full_backup.dump')
  await writeDump(location, ROWS)
  const connection = postgres.freshDatabase()
  closeQuietly(
    await openDatabase({ connection, migrationsDirectory: MIGRATIONS_DIRECTORY, applicationName: 'bench', logger: silentLogger }),
  )
  using load = new ServerLoad(postgres.server.status().pid ?? 0)
  const { result, loadSeconds } = await importIn({ connection, location })
  if (result.failed.length > 0) throw new Error(`the import was not right: ${result.failed.join(', ')}`)
  const [serverCpu, serverBytes] = [load.cpuSeconds, load.memoryMaxBytes]
  const { seconds: copySeconds, rows: liveRows } = await copyAll(postgres, connection)
  const { rows } = result
  return [
    atMost(SECONDS_MAX, {
      name: `import and verification of ${rows} rows of version 2`,
      value: round(result.seconds, 1),
      unit: 's',
      n: rows,
    }),
    noGoal({ name: 'import and verification', value: round(rows / result.seconds, 0), unit: 'rows/s', n: rows }),
    atLeast(SHARE_MIN, {
      name: `raw COPY of the same ${liveRows} rows into the same logged tables, against the load (${round(loadSeconds, 1)} s)`,
      value: round(copySeconds / loadSeconds),
      unit: 'times',
      n: liveRows,
    }),
    atMost(RSS_MAX_MIB, { name: 'memory of the importing process', value: round(result.rssMaxBytes / MIB, 0), unit: 'MiB', n: rows }),
    noGoal({ name: 'memory of its Postgres, shared pages once', value: round(serverBytes / MIB, 0), unit: 'MiB', n: rows }),
    noGoal({ name: 'processor time of the importing process', value: round(result.cpuSeconds, 1), unit: 's', n: rows }),
    noGoal({ name: 'processor time of its Postgres', value: round(serverCpu, 1), unit: 's', n: rows }),
  ]
}

/** `loadSeconds`: until all rows stand where everybody sees them. */
async function importIn(order: ImportOrder): Promise<{ readonly result: ImportResult; readonly loadSeconds: number }> {
  const child = fork(CHILD)
  const answer = once(child, 'message') as Promise<[ImportResult]>
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`the importing process ended with ${String(code)}`)
  })
  exit.catch(() => undefined)
  const began = performance.now()
  child.send(order)
  const loadSeconds = (await Promise.race([standing(order.connection), exit])) - began / 1_000
  const [result] = await Promise.race([answer, exit])
  return { result, loadSeconds }
}

/** The moment at which the run is there for everybody, in seconds of this process's clock. */
async function standing(connection: PgConnection): Promise<number> {
  const client = await connectClient(connection, 'bench')
  try {
    while ((await client.query('SELECT FROM imported.runs')).rowCount === 0) await sleep(POLL_MS)
    return performance.now() / 1_000
  } finally {
    closeQuietly(client)
  }
}

interface StoredTable {
  readonly name: string
  /** Of what it is a partition, and for which run. */
  readonly partition: string | null
}

const STORED_TABLES = `
  SELECT quote_ident(c.relname) AS name, 'PARTITION OF ' || i.inhparent::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid) AS partition
    FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
   WHERE c.relnamespace = 'imported'::regnamespace AND c.relkind = 'r' ORDER BY c.relname <> 'runs', c.relname`

/** Copies what was imported into a second database of the same tables. */
async function copyAll(postgres: TestPostgres, source: PgConnection): Promise<{ readonly seconds: number; readonly rows: number }> {
  const folder = join(dirname(postgres.dataDir), 'copy')
  await mkdir(folder)
  const owner = await stat(postgres.dataDir)
  await chown(folder, owner.uid, owner.gid)
  const tables = await postgres.query<StoredTable>(source, STORED_TABLES)
  const out = await patientClient(source)
  for (const { name } of tables) await out.query(`COPY imported.${name} TO '${join(folder, name)}'`)
  await out.end()
  const target = postgres.freshDatabase()
  closeQuietly(
    await openDatabase({ connection: target, migrationsDirectory: MIGRATIONS_DIRECTORY, applicationName: 'bench', logger: silentLogger }),
  )
  // Partitions have the keys and indexes of their tables from the beginning.
  for (const { name, partition } of tables)
    if (partition !== null) await postgres.query(target, `CREATE TABLE imported.${name} ${partition}`)
  await postgres.query(target, 'CHECKPOINT')
  const client = await patientClient(target)
  try {
    let rows = 0
    const began = performance.now()
    await client.query('BEGIN')
    for (const { name } of tables) rows += (await client.query(`COPY imported.${name} FROM '${join(folder, name)}'`)).rowCount ?? 0
    await client.query('COMMIT')
    return { seconds: (performance.now() - began) / 1_000, rows }
  } finally {
    await client.end()
  }
}

async function patientClient(connection: PgConnection): Promise<Client> {
  const client = new Client({ ...clientConfig(connection, 'bench'), statement_timeout: 0, query_timeout: 0 })
  await client.connect()
  return client
}
