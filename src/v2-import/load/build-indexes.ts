import type { ImportDatabase } from '../run/import-database.ts'
import { ConnectionCrew } from '../run/connection-crew.ts'
import { PARTED_TABLES } from './partitions.ts'
import type { Staging } from './staging.ts'

/** Of the server, for each of the two connections. */
const BUILD_MEMORY = '128MB'
/** A table is read from its first row on, in the order in which most indexes want it; both connections are at work already. */
const SETTINGS = `SET maintenance_work_mem = '${BUILD_MEMORY}'; SET synchronize_seqscans = off; SET max_parallel_maintenance_workers = 0`
const RESET = 'RESET maintenance_work_mem; RESET synchronize_seqscans; RESET max_parallel_maintenance_workers'

interface Build {
  readonly sql: string
  readonly bytes: number
}

/** Makes the keys and indexes that the tables of schema `imported` have for what is staged. Those that are there are left. */
export async function buildIndexes(
  databases: readonly [ImportDatabase, ImportDatabase],
  { schema, runId }: Staging,
  signal?: AbortSignal,
): Promise<void> {
  const builds = await databases[0].query<Build & Record<string, unknown>>(MISSING, [schema, runId, PARTED_TABLES])
  const crew = new ConnectionCrew(databases, signal)
  try {
    for (const database of databases) await database.run(SETTINGS)
    await Promise.all(builds.map(({ sql }) => crew.do((database) => database.run(sql))))
  } finally {
    await crew.settled()
    for (const database of databases) await database.tidy(RESET)
  }
}

/** The longest first, so that both connections are at work to the end. */
const MISSING = `
  SELECT pg_table_size(t.staged) AS bytes,
         CASE WHEN c.oid IS NULL
           THEN format('CREATE INDEX %I ON %s USING %s', n.name, t.staged, split_part(pg_get_indexdef(i.indexrelid), ' USING ', 2))
           ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.staged, n.name, pg_get_constraintdef(c.oid)) END AS sql
    FROM unnest($3::text[]) parted
   CROSS JOIN LATERAL (SELECT format('%I.%I', $1::text, parted)::regclass AS staged, format('imported.%I', parted)::regclass AS live) t
    JOIN pg_index i ON i.indrelid = t.live
    JOIN pg_class x ON x.oid = i.indexrelid
   CROSS JOIN LATERAL (SELECT x.relname || '_' || $2::text AS name) n
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = t.live
   WHERE to_regclass(format('%I.%I', $1::text, n.name)) IS NULL
   ORDER BY bytes DESC, c.oid IS NULL, n.name`
