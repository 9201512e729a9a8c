import type { ImportDatabase } from '../run/import-database.ts'

/** A table that holds less than this share of what is added is better without its indexes meanwhile. */
const HELD_SHARE_MAX = 0.5
/** Below this an index is kept right as quickly as it is made. */
const BYTES_MIN = 1_048_576
/** So many keys a table the loader is sure to have told apart; above, the server's own index decides row by row. */
const ROWS_MAX = 6_000_000
/** Of the server, while an index is made. */
const BUILD_MEMORY = '256MB'

/** In bytes. */
export interface Growth {
  readonly table: string
  readonly held: number
  readonly added: number
}

/**
 * Takes the indexes and keys of those tables away that will be mostly new, and gives what puts the very same ones back: making an index
 * at once costs a fraction of keeping it right row by row. To be used within one transaction: nobody sees a table without its indexes.
 */
export async function dropIndexes(database: ImportDatabase, growths: readonly Growth[], mostRows: number): Promise<() => Promise<void>> {
  const restore: string[] = []
  for (const { table, held, added } of growths) {
    if (added < BYTES_MIN || mostRows > ROWS_MAX || held > added * HELD_SHARE_MAX) continue
    const parts = await database.query<{ drop: string; make: string }>(PARTS, [`imported.${table}`])
    for (const { drop } of parts) await database.run(drop)
    restore.push(...parts.map(({ make }) => make))
  }
  return async () => {
    await database.run(`SET LOCAL maintenance_work_mem = '${BUILD_MEMORY}'`)
    for (const make of restore) await database.run(make)
  }
}

/** Keys of a table, then its other indexes, each with how it goes and how it comes back. */
const PARTS = `
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS drop,
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS make, c.conname AS name, 1 AS rank
    FROM pg_constraint c WHERE c.conrelid = $1::regclass AND c.contype IN ('p', 'u')
  UNION ALL
  SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), i.indexrelid::regclass::text, 2
    FROM pg_index i WHERE i.indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid)
   ORDER BY rank, name`
