import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { AppError } from '#domain/errors.ts'
import { failpoint } from '#platform/failpoint.ts'
import type { Logger } from '#platform/log/logger.ts'
import { classifyPostgresError } from './classify-error.ts'

const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/
/** Any fixed number: it names the lock under which one process at a time migrates. */
const LOCK_KEY = 7_305_555
const MINIMUM_VERSION = 140_000

export interface Migration {
  readonly version: number
  readonly name: string
  /** SHA-256 of the file, line ends made equal. */
  readonly checksum: string
  readonly sql: string
}

/** The numbered files of a folder in order. Throws `FILE_INVALID` for a wrong name, a gap or a number twice. */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted()
  const migrations: Migration[] = []
  for (const name of names) {
    const version = Number(FILE_NAME.exec(name)?.[1])
    if (version !== migrations.length + 1) {
      throw new AppError(
        'FILE_INVALID',
        `Migration ${name} in ${directory} should be number ${migrations.length + 1}, named NNNN-name.sql. Nothing was migrated.`,
      )
    }
    const sql = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n')
    migrations.push({ version, name, checksum: createHash('sha256').update(sql).digest('hex'), sql })
  }
  return migrations
}

/**
 * Brings the database to the newest version, forward only, one transaction a file, one process at a time.
 * Throws `POSTGRES_WRONG_VERSION`, `POSTGRES_FOREIGN_DATABASE`, `POSTGRES_MIGRATION_CHANGED`, or what `classifyPostgresError` makes of a failure.
 * Returns how many files were applied.
 */
export async function migrate(client: Client, directory: string, logger: Logger): Promise<number> {
  const migrations = await readMigrations(directory)
  const where = `${client.host}:${client.port}/${client.database ?? ''}`
  try {
    await requireVersion(client, where)
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
    try {
      return await applyMissing(client, { migrations, where, logger })
    } finally {
      // Fails only with the connection, and then the lock is gone as well.
      await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => undefined)
    }
  } catch (error) {
    throw classifyPostgresError(error, where)
  }
}

async function requireVersion(client: Client, where: string): Promise<void> {
  const { rows } = await client.query<{ number: number; words: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS words`,
  )
  const version = rows[0]
  if (version !== undefined && version.number >= MINIMUM_VERSION) return
  throw new AppError(
    'POSTGRES_WRONG_VERSION',
    `Postgres at ${where} is version ${version?.words ?? 'unknown'}; 14 or newer is needed. Nothing was written. Use a newer server, or the embedded one (database.mode: embedded).`,
  )
}

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

async function applyMissing(
  client: Client,
  plan: { readonly migrations: readonly Migration[]; readonly where: string; readonly logger: Logger },
): Promise<number> {
  const { migrations, where, logger } = plan
  await ensureSchema(client)
  const applied = await readApplied(client, where)
  checkApplied(applied, migrations, where)
  const missing = migrations.slice(applied.length)
  for (const migration of missing) {
    await applyOne(client, migration)
    logger.info({ migration: migration.name }, 'The database was migrated')
  }
  return missing.length
}

/** People empty a database by `DROP SCHEMA public CASCADE`. Asked first: making it needs a right that few have. */
async function ensureSchema(client: Client): Promise<void> {
  const { rows } = await client.query<{ missing: boolean }>(`SELECT to_regnamespace('public') IS NULL AS missing`)
  if (rows[0]?.missing === true) await client.query('CREATE SCHEMA public')
}

/** What was applied so far; an empty database gets the bookkeeping table, a foreign one is refused. */
async function readApplied(client: Client, where: string): Promise<readonly Applied[]> {
  const { rows } = await client.query<{ relation: string; ours: boolean }>(
    `SELECT c.relname AS relation,
            c.relname = 'schema_migrations' AND EXISTS (
              SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'checksum' AND NOT a.attisdropped) AS ours
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
  )
  if (rows.length > 0 && !rows.some((row) => row.ours)) {
    const names = rows
      .slice(0, 3)
      .map((row) => row.relation)
      .join(', ')
    throw new AppError(
      'POSTGRES_FOREIGN_DATABASE',
      `The database at ${where} holds tables of somebody else (${names}${rows.length > 3 ? ', …' : ''}). Nothing was written into it. Name an empty database by database.database or PGDATABASE.`,
    )
  }
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  )
  return (await client.query<Applied>('SELECT version, name, checksum FROM schema_migrations ORDER BY version')).rows
}

function checkApplied(applied: readonly Applied[], migrations: readonly Migration[], where: string): void {
  if (applied.length > migrations.length) {
    throw new AppError(
      'POSTGRES_WRONG_VERSION',
      `The database at ${where} is at version ${applied.length} (${applied.at(-1)?.name ?? ''}), this program knows ${migrations.length}. Nothing was written. Install the newer program again.`,
    )
  }
  for (const [index, row] of applied.entries()) {
    const file = migrations[index]
    if (file === undefined || file.version !== row.version || file.checksum !== row.checksum) {
      throw new AppError(
        'POSTGRES_MIGRATION_CHANGED',
        `Migration ${row.version} was applied to ${where} as ${row.name} (${row.checksum.slice(0, 12)}), but the file here is ${file?.name ?? 'missing'} (${file?.checksum.slice(0, 12) ?? ''}). Nothing was written. A migration is never changed after its release: restore the file and add a new one.`,
      )
    }
  }
}

async function applyOne(client: Client, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(migration.sql)
    failpoint('P14')
    await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.checksum,
    ])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
