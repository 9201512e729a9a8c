import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '#platform/clock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { closeQuietly, type PgConnection } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { readAll } from '#test/support/v2-import/read-all.ts'
import { MIGRATIONS_DIRECTORY, type TestPostgres } from '#test/support/postgres.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import type { ImportReport } from '#v2-import/run/import-report.ts'
import { type ImportOrder, runImport } from '#v2-import/run/run-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'

export const INSTALL = join(import.meta.dirname, '../../../../shared/data/v2-install')
export const hasInstall = existsSync(INSTALL)
if (!hasInstall) process.stderr.write(`skipped: a v2 installation, ${INSTALL} is not there\n`)

/** A database of our own, empty but for the migrations. */
export async function migratedDatabase(postgres: TestPostgres, connection = postgres.freshDatabase()): Promise<PgConnection> {
  closeQuietly(
    await openDatabase({ connection, migrationsDirectory: MIGRATIONS_DIRECTORY, applicationName: 'import test', logger: silentLogger }),
  )
  return connection
}

export async function importFrom(connection: PgConnection, location: string, options: Partial<ImportOrder> = {}): Promise<ImportReport> {
  const source = await openSource(location)
  try {
    return await runImport({ connection, source, plan: planOf(), clock: systemClock, ...options })
  } finally {
    await source.close()
  }
}

/** Every relation of a database with its definition, and all rows of each table as text: what a sorted dump would hold. */
export async function contentOf(postgres: TestPostgres, connection: PgConnection): Promise<string> {
  const relations = await postgres.query<{ name: string; kind: string }>(
    connection,
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, c.relkind AS kind
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`,
  )
  const schemas = await postgres.query<{ name: string }>(connection, 'SELECT nspname AS name FROM pg_namespace ORDER BY 1')
  const definitions = await postgres.query<{ text: string }>(
    connection,
    `SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indrelid::regclass::text LIKE 'imported.%'
      UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'imported.%' ORDER BY 1`,
  )
  const parts: string[] = schemas.map(({ name }) => name).filter((name) => !name.startsWith('pg_temp') && !name.startsWith('pg_toast'))
  parts.push(...definitions.map(({ text }) => text))
  for (const { name, kind } of relations) {
    parts.push(`${kind} ${name}`)
    if (kind !== 'r') continue
    const rows = await postgres.query<{ row: string }>(connection, `SELECT r::text AS row FROM ${name} r ORDER BY 1`)
    parts.push(...rows.map(({ row }) => row))
  }
  return parts.join('\n')
}

/** The CSV files of an installation in a folder of their own. */
export async function csvFolder(installation: string, target: string): Promise<string> {
  await mkdir(target, { recursive: true })
  const names = (await readdir(join(INSTALL, installation))).filter((name) => name.endsWith('.csv'))
  for (const name of names) await copyFile(join(INSTALL, installation, name), join(target, name))
  return target
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Puts the tables of a dump into a new database, by the types the dump declares. Gives its address. */
export async function restoreFrom(postgres: TestPostgres, dump: string): Promise<string> {
  const connection = postgres.freshDatabase()
  await postgres.query({ ...connection, database: 'postgres' }, `CREATE DATABASE ${connection.database}`)
  for (const { info, cells } of (await readAll(dump)).values()) {
    const columns = info.columns.map((column) => `${quoted(column.name)} ${column.type ?? 'text'}`)
    const key = info.primaryKey.length > 0 ? [`PRIMARY KEY (${info.primaryKey.map(quoted).join(', ')})`] : []
    await postgres.query(connection, `CREATE TABLE ${quoted(info.name)} (${[...columns, ...key].join(', ')})`)
    const names = info.columns.map((column) => quoted(column.name)).join(', ')
    const values = info.columns.map((column, index) => `(r ->> ${index})::${column.type ?? 'text'}`).join(', ')
    const sql = `INSERT INTO ${quoted(info.name)} (${names}) SELECT ${values} FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS t(r, n) ORDER BY n`
    await postgres.query(connection, sql, [JSON.stringify(cells)])
  }
  const { user, password = '', host, port, database } = connection
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`
}
