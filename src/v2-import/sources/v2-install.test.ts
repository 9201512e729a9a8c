import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder, readAll, type ReadTable } from '#test/support/v2-import/read-all.ts'

const INSTALL = '../shared/data/v2-install'
if (!existsSync(INSTALL)) process.stderr.write(`skipped: sources of a v2 installation, ${INSTALL} is not there\n`)
/** An independent reader of the same archives, where it is installed. */
const PROGRAM = 'pg_restore'
const HAS_PROGRAM = spawnSync(PROGRAM, ['--version']).status === 0
if (!HAS_PROGRAM) process.stderr.write('skipped: the plain SQL that pg_restore makes, the program is not installed\n')

const EXPORTED = ['balances', 'orders', 'positions', 'signals', 'trades']

async function countsOf(folder: string): Promise<Readonly<Record<string, number>>> {
  const truth = JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8')) as { readonly rows: Readonly<Record<string, number>> }
  return truth.rows
}

/** Rows as sorted texts: a CSV export has another order than a dump. */
const contentOf = (table: ReadTable | undefined): readonly string[] => (table?.cells ?? []).map((cells) => JSON.stringify(cells)).sort()

describe.skipIf(!existsSync(INSTALL)).each(['clean', 'worn'])('the %s v2 installation', (kind) => {
  const folder = join(INSTALL, kind)

  it('holds in each dump exactly the rows it was made with, none damaged', async () => {
    const counts = await countsOf(folder)
    for (const name of ['v2_full_backup.dump', 'v2_data_backup.dump']) {
      const tables = await readAll(join(folder, name))
      for (const table of tables.values()) {
        expect([table.info.key, table.rows.length, table.error]).toEqual([table.info.key, counts[table.info.key] ?? 0, undefined])
        expect(table.rows.filter((row) => row.damage !== undefined)).toEqual([])
      }
      expect(Object.keys(counts).filter((key) => !tables.has(key))).toEqual([])
    }
  })

  it('says the same in both dumps and in the CSV files, cell by cell', async () => {
    const full = await readAll(join(folder, 'v2_full_backup.dump'))
    const data = await readAll(join(folder, 'v2_data_backup.dump'))
    await using copy = await makeFolder()
    for (const name of await readdir(folder)) if (name.endsWith('.csv')) await copyFile(join(folder, name), join(copy.path, name))
    const csv = await readAll(copy.path)
    expect([...csv.keys()].sort()).toEqual(EXPORTED)
    for (const [key, table] of full) {
      expect(data.get(key)?.cells).toEqual(table.cells)
      if (!csv.has(key)) continue
      expect(csv.get(key)?.info.columns.map((column) => column.name)).toEqual(table.info.columns.map((column) => column.name))
      expect(contentOf(csv.get(key))).toEqual(contentOf(table))
    }
  })

  it.skipIf(!HAS_PROGRAM)('says the same as the plain SQL that pg_restore makes of the archive', async () => {
    await using copy = await makeFolder()
    const path = join(copy.path, 'plain.sql')
    expect(spawnSync(PROGRAM, ['-f', path, join(folder, 'v2_full_backup.dump')]).status).toBe(0)
    const [full, plain] = [await readAll(join(folder, 'v2_full_backup.dump')), await readAll(path)]
    expect([...plain.keys()].sort()).toEqual([...full.keys()].sort())
    for (const [key, table] of full) {
      expect(plain.get(key)?.cells).toEqual(table.cells)
      expect(plain.get(key)?.info).toMatchObject({
        columns: table.info.columns,
        primaryKey: table.info.primaryKey,
        rowCount: table.rows.length,
      })
    }
  })
})
