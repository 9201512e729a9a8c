import { escapeLiteral } from 'pg'
import type { ImportDatabase } from '../run/import-database.ts'
import { RECORD_TABLE_NAMES } from './record-columns.ts'

/** Tables of schema `imported` of which each run has a partition of its own, if it has rows for it. */
export const PARTED_TABLES: readonly string[] = ['rows', ...RECORD_TABLE_NAMES]

/** The partition of a run, in schema `imported`. */
export function partitionOf(table: string, runId: string): string {
  return `imported."${table}_${runId}"`
}

/** Makes a table that has the shape of a partition, and all its indexes, one. Nobody waits for it but others who change the shape of tables. */
export async function attachPartition(
  database: ImportDatabase,
  { schema, table, runId }: { readonly schema: string; readonly table: string; readonly runId: string },
): Promise<void> {
  const partition = partitionOf(table, runId)
  await database.run(`
    ALTER TABLE "${schema}".${table} RENAME TO "${table}_${runId}";
    ALTER TABLE "${schema}"."${table}_${runId}" SET SCHEMA imported`)
  await database.run(`ALTER TABLE imported.${table} ATTACH PARTITION ${partition} FOR VALUES IN (${escapeLiteral(runId)})`)
  await database.run(
    `ALTER TABLE ${partition} DROP CONSTRAINT of_run, ALTER system DROP DEFAULT, ALTER table_key DROP DEFAULT, ALTER run_id DROP DEFAULT`,
  )
}

/**
 * The server looks after partitions by itself again: while a run comes and is checked, it would only be in the way. One that somebody
 * else has locked is left for the next time.
 */
export const RESET_AUTOVACUUM = `DO $$
DECLARE
  partition regclass;
BEGIN
  PERFORM set_config('lock_timeout', '1s', true);
  FOR partition IN SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('imported') AND relkind = 'r' AND 'autovacuum_enabled=false' = ANY (reloptions) LOOP
    EXECUTE format('ALTER TABLE %s RESET (autovacuum_enabled)', partition);
  END LOOP;
END
$$`
