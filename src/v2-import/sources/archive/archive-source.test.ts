import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { writeArchive, writeArchiveDirectory, type ArchiveOptions, type WrittenTable } from '#test/support/v2-import/archive-writer.ts'
import { makeFolder, readAll, rowsOf } from '#test/support/v2-import/read-all.ts'
import { openSource } from '../open-source.ts'
import { openCustomArchive } from './custom-archive.ts'

const ARCHIVES = '../shared/data/pg-archives'
const PLAIN = '../shared/data/pg-plain-sql/chinook-heroku-20190403.sql.gz'
if (!existsSync(ARCHIVES)) process.stderr.write(`skipped: archives of Postgres itself, ${ARCHIVES} is not there\n`)

const SEVEN_ROWS = [
  ['1', 'EARLY-100', 'customer-a', 'plain', ''],
  ['2', 'SECOND-200', 'repeat', 'tab\tvalue', 'filled'],
  ['3', 'THIRD-300', 'customer-c', 'line1\nline2', 'filled'],
  ['4', 'MIDDLE-400', 'customer-d', null, 'filled'],
  ['5', 'FIFTH-500', 'customer-e', '', 'filled'],
  ['6', 'SIXTH-600', 'repeat', 'carriage\rreturn', 'filled'],
  ['7', 'LATE-700', 'customer-g', 'backslash\\value', 'filled'],
]

describe.skipIf(!existsSync(ARCHIVES))('archives written by pg_dump', () => {
  it.each(['pg15-none', 'pg16-gzip', 'pg18-gzip', 'pg18-none'])('reads %s', async (name) => {
    const table = (await readAll(join(ARCHIVES, `${name}-copy-basic.dump`))).get('orders')
    expect(table?.cells).toEqual(SEVEN_ROWS)
    expect(table?.info).toMatchObject({
      primaryKey: ['order_id'],
      columns: [{ name: 'order_id', type: 'integer' }, { name: 'order_number', type: 'text' }, {}, {}, {}],
    })
  })

  it('reads version 1.13 of 2019 and agrees with the plain SQL of the same database, cell by cell', async () => {
    const [archive, plain] = [await readAll(join(ARCHIVES, 'chinook-heroku-20190403.dump')), await readAll(PLAIN)]
    expect([...archive.keys()].sort()).toEqual([...plain.keys()].sort())
    expect(archive.size).toBe(16)
    for (const [key, table] of archive) {
      expect(table.rows.length).toBe(plain.get(key)?.info.rowCount)
      expect(table.cells).toEqual(plain.get(key)?.cells)
      expect(table.info.columns).toEqual(plain.get(key)?.info.columns)
      expect(table.info.primaryKey).toEqual(plain.get(key)?.info.primaryKey)
    }
  })

  it.each([
    'archive_open__oversized_toc.dump',
    'toc_metadata__oversized_toc',
    'entry_framing__negative_chunk_length',
    'limit_accounting__dangling_escape',
  ])('refuses the hostile %s', async (name) => {
    await expect(openCustomArchive(join(ARCHIVES, 'fuzz', name))).rejects.toThrow(AppError)
  })

  it('reads an archive without entries', async () => {
    const source = await openCustomArchive(join(ARCHIVES, 'fuzz/archive_open__valid_empty.dump'))
    expect(source.tables()).toEqual([])
    await source.close()
  })
})

const COPY = Buffer.from(`${Array.from({ length: 500 }, (_, row) => `${row}\tnote ${row * 37}\\n\t\\N`).join('\n')}\n\\.\n\n\n`)
const EXPECTED = Array.from({ length: 500 }, (_, row) => [String(row), `note ${row * 37}\n`, null])
const TRADES: WrittenTable = {
  name: 'trades',
  columns: ['id', 'note', 'gone'],
  data: COPY,
  definition: 'CREATE TABLE public.trades (\n    id integer NOT NULL,\n    note text,\n    gone numeric(20,8)\n);\n',
  primaryKey: 'id',
}
const EMPTY: WrittenTable = { name: 'Empty one', schema: 'old', columns: [], data: Buffer.from('\\.\n\n\n') }
const TABLES = [TRADES, EMPTY]

async function readArchive(tables: readonly WrittenTable[], options: ArchiveOptions) {
  await using folder = await makeFolder()
  return await readAll(await folder.write('x.dump', writeArchive(tables, options)))
}

describe('custom format', () => {
  const methods = (version: number) => (version >= 15 ? (['none', 'gzip', 'lz4', 'zstd'] as const) : (['none', 'gzip'] as const))
  const cases = [12, 13, 14, 15, 16].flatMap((version) =>
    methods(version).flatMap((compression) => [false, true].map((piped) => ({ version, compression, piped }))),
  )
  it.each(cases)('1.$version, $compression, piped $piped', async (options) => {
    for (const more of [{}, { chunkBytes: 17 }, { chunkBytes: 100_000, integerBytes: 6 }]) {
      const tables = await readArchive(TABLES, { ...options, ...more })
      expect(tables.get('trades')?.cells).toEqual(EXPECTED)
      expect(tables.get('trades')?.info).toMatchObject({
        primaryKey: ['id'],
        columns: [{ type: 'integer' }, { type: 'text' }, { type: 'numeric(20,8)' }],
      })
      expect(tables.get('old.Empty one')).toMatchObject({ cells: [], error: undefined })
    }
  })

  it('reads INSERT statements, with columns named, known by definition, or unknown', async () => {
    const insert = (head: string): Buffer => Buffer.from(`${head} VALUES (1, 'it''s', NULL);\n${head} VALUES (2, E'a\\tb', 3.5);\n\n\n`)
    const named = { ...TRADES, name: 'named', definition: '', inserts: true, data: insert('INSERT INTO public.named (id, note, gone)') }
    const defined = { ...TRADES, inserts: true, data: insert('INSERT INTO public.trades') }
    const unknown = { ...EMPTY, name: 'unknown', schema: 'public', inserts: true, data: insert('INSERT INTO public.unknown') }
    const tables = await readArchive([named, defined, unknown], { version: 16, compression: 'zstd' })
    for (const table of tables.values())
      expect(table.cells).toEqual([
        ['1', "it's", null],
        ['2', 'a\tb', '3.5'],
      ])
    expect([...tables.values()].map((table) => table.info.columns.map((column) => column.name).join())).toEqual([
      'id,note,gone',
      'id,note,gone',
      'column1,column2,column3',
    ])
  })

  it('decodes the encoding the archive states, and refuses one it does not read', async () => {
    const table = { ...EMPTY, columns: ['a'], data: Buffer.from([0xcf, 0x0a, 0x5c, 0x2e, 0x0a]) }
    const tables = await readArchive([table], { version: 16, compression: 'none', encoding: 'WIN1251' })
    expect(tables.get('old.Empty one')?.cells).toEqual([['П']])
    await expect(readArchive([table], { version: 16, compression: 'none', encoding: 'BIG5' })).rejects.toThrow('--encoding=UTF8')
  })
})

describe('directory format', () => {
  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)('%s', async (compression) => {
    await using folder = await makeFolder()
    await writeArchiveDirectory(join(folder.path, 'dump'), TABLES, { version: 16, compression })
    const tables = await readAll(join(folder.path, 'dump'))
    expect(tables.get('trades')?.cells).toEqual(EXPECTED)
    await expect(openSource(join(folder.path, 'dump/toc.dat'))).rejects.toThrow('give its folder')
  })

  it('never follows a file name out of its folder', async () => {
    await using folder = await makeFolder()
    await writeArchiveDirectory(join(folder.path, 'dump'), [TRADES], { version: 16, compression: 'none' })
    const path = join(folder.path, 'dump/toc.dat')
    const contents = await readFile(path)
    const name = contents.lastIndexOf('11.dat')
    contents.write('../x.d', name)
    await folder.write('dump/toc.dat', contents)
    await folder.write('x.d', COPY)
    expect(String((await readAll(join(folder.path, 'dump'))).get('trades')?.error)).toContain('is not in the folder')
  })
})

describe('damage', () => {
  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)('of a cut file: the rows before it, then the offset (%s)', async (compression) => {
    await using folder = await makeFolder()
    for (const piped of [false, true]) {
      const whole = writeArchive([TRADES], { version: 16, compression, piped, chunkBytes: 256 })
      for (const part of [0.75, 0.9, 0.999]) {
        const source = await openSource(await folder.write('x.dump', whole.subarray(0, Math.floor(whole.length * part))))
        const { rows, error } = await rowsOf(source, source.tables()[0]!)
        expect(rows.map((row) => row.cells)).toEqual(EXPECTED.slice(0, rows.length))
        if (compression === 'none') expect(rows.length).toBeGreaterThan(part * 300)
        expect(error).toBeInstanceOf(AppError)
        expect(String(error)).toMatch(/byte \d+: .*not finished.*Make the dump again/)
        await source.close()
      }
    }
  })

  it('anywhere in a cut file is an error that can be acted on, never a crash and never a wrong row', async () => {
    await using folder = await makeFolder()
    const small = { ...TRADES, data: Buffer.from('1\ta\\tb\t\\N\n2\tc\td\n\\.\n\n\n') }
    const whole = writeArchive([small], { version: 16, compression: 'none' })
    for (let length = 0; length < whole.length - 5; length += 3) {
      try {
        const table = (await readAll(await folder.write('x.dump', whole.subarray(0, length)))).get('trades')
        expect(table?.cells).toEqual(
          [
            ['1', 'a\tb', null],
            ['2', 'c', 'd'],
          ].slice(0, table?.cells.length),
        )
        expect(table?.error).toBeInstanceOf(AppError)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }
  })

  it('of data that lacks its closing line: the rows come, then the offset', async () => {
    const table = (await readArchive([{ ...TRADES, data: Buffer.from('1\ta\t\\N\n') }], { version: 16, compression: 'gzip' })).get('trades')
    expect(table?.cells).toEqual([['1', 'a', null]])
    expect(String(table?.error)).toMatch(/byte \d+: .*after 1 rows without its last line/)
  })

  it('of the length of a piece: the rows before it come', async () => {
    await using folder = await makeFolder()
    const bytes = writeArchive([TRADES], { version: 16, compression: 'none', chunkBytes: 256 })
    bytes[bytes.length - 5 - (COPY.length % 256) - 5] = 1
    const table = (await readAll(await folder.write('x.dump', bytes))).get('trades')
    expect(table?.rows.length).toBeGreaterThan(470)
    expect(String(table?.error)).toContain('a piece of -')
  })

  const whole = writeArchive([TRADES], { version: 16, compression: 'none' })
  const patched = (at: number, ...bytes: number[]): Buffer =>
    Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at + bytes.length)])
  it.each([
    ['another version', patched(6, 17), 'archive version 1.17'],
    ['an old version', patched(6, 11), 'archive version 1.11'],
    ['integers of no size', patched(8, 0), 'integers of 0'],
    ['integers too wide', patched(8, 200), 'integers of 200'],
    ['an unknown method', patched(11, 9), 'compression method 9'],
    ['a text of 2 GiB', patched(12 + 35, 0, 0xff, 0xff, 0xff, 0x7f), 'a text of 2147483647 bytes'],
  ])('refuses %s', async (_, bytes, words) => {
    await using folder = await makeFolder()
    await expect(openSource(await folder.write('x.dump', bytes))).rejects.toThrow(words)
  })

  it('refuses a block of another entry', async () => {
    await using folder = await makeFolder()
    const at = whole.indexOf(Buffer.from([1, 0, 11, 0, 0, 0, 0]))
    const table = (await readAll(await folder.write('x.dump', patched(at + 2, 99)))).get('trades')
    expect(String(table?.error)).toContain('block 99')
  })
})
