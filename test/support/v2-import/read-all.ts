import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSource } from '#v2-import/sources/open-source.ts'
import type { ImportSource, RawCell, RawRow, TableInfo } from '#v2-import/sources/import-source.ts'

/** Rows of a table, and the error that ended them, if one did. */
export async function rowsOf(
  source: ImportSource,
  table: TableInfo,
): Promise<{ readonly rows: readonly RawRow[]; readonly error: unknown }> {
  const rows: RawRow[] = []
  try {
    for await (const batch of source.rows(table)) rows.push(...batch)
    return { rows, error: undefined }
  } catch (error) {
    return { rows, error }
  }
}

export interface ReadTable {
  readonly info: TableInfo
  readonly rows: readonly RawRow[]
  readonly cells: readonly (readonly RawCell[])[]
  readonly error: unknown
}

/** All tables of what stands at a path. */
export async function readAll(location: string): Promise<ReadonlyMap<string, ReadTable>> {
  const source = await openSource(location)
  try {
    const tables = new Map<string, ReadTable>()
    for (const info of source.tables()) {
      const { rows, error } = await rowsOf(source, info)
      tables.set(info.key, { info, rows, cells: rows.map((row) => row.cells), error })
    }
    return tables
  } finally {
    await source.close()
  }
}

/** A folder of its own for files of a test: `await using folder = await makeFolder()`. */
export async function makeFolder() {
  const path = await mkdtemp(join(tmpdir(), 'bot-trading-import-'))
  return {
    path,
    async write(name: string, content: string | Buffer): Promise<string> {
      await writeFile(join(path, name), content)
      return join(path, name)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await rm(path, { recursive: true, force: true })
    },
  }
}
