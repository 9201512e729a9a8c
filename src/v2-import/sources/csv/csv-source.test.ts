import { parse } from 'csv-parse/sync'
import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { makeFolder, readAll, rowsOf } from '#test/support/v2-import/read-all.ts'
import type { RawCell } from '../import-source.ts'
import { UTF8 } from '../text-decoding.ts'
import { decodeCsvRecord } from './csv-record.ts'
import { CsvRecords } from './csv-records.ts'
import { openCsvSource } from './csv-source.ts'

async function read(content: string | Buffer, name = 'v2_trades.csv') {
  await using folder = await makeFolder()
  const table = (await readAll(await folder.write(name, content))).get('trades')
  if (table === undefined) throw new Error('there is no table')
  return table
}

function split(bytes: Buffer, size: number, delimiter = ','): readonly (readonly RawCell[])[] {
  const records = new CsvRecords(delimiter, 0)
  const found = []
  for (let at = 0; at < bytes.length; at += size) found.push(...records.push(bytes.subarray(at, at + size)))
  const last = records.finish()
  if (last !== undefined && 'bytes' in last) found.push(last)
  return found.map((record) => {
    const cells = decodeCsvRecord(record.bytes, delimiter, UTF8)
    if ('rule' in cells) throw new Error(cells.message)
    return cells
  })
}

describe('CSV', () => {
  it.each([',', ';', '\t', '|'])('gives back any table with delimiter %j, however it is cut', (delimiter) => {
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', '\r', 'ж', '😀', ' ', "'") }))
    const tables = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }))
    const written = (value: RawCell): string => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 20 }), fc.constantFrom('\n', '\r\n'), (rows, size, end) => {
        const text = rows.map((row) => row.map(written).join(delimiter)).join(end)
        expect(split(Buffer.from(text), size, delimiter)).toEqual(rows)
      }),
    )
  })

  it('agrees with csv-parse on whatever that takes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '""', ',', '\n', '","', '"\n"', 'b') }).filter((value) => value !== '')
    fc.assert(
      fc.property(text, (csv) => {
        let oracle: readonly (readonly string[])[]
        try {
          oracle = parse(csv, { relax_column_count: true, record_delimiter: '\n' })
        } catch {
          return
        }
        expect(split(Buffer.from(csv), 5).map((row) => row.map((cell) => cell ?? ''))).toEqual(oracle)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['comma, CRLF', 'id,note\r\n1,"a\r\nb"\r\n2,\r\n'],
    ['semicolon', 'id;note\n1;"a\r\nb"\n2;\n'],
    ['tab, no last line end', 'id\tnote\n1\t"a\r\nb"\n2\t'],
    ['mark of UTF-8, blank lines', '\ufeffid,note\n\n1,"a\r\nb"\n\n2,\n\n'],
  ])('reads %s', async (_, text) => {
    const table = await read(text)
    expect(table.cells).toEqual([
      ['1', 'a\r\nb'],
      ['2', null],
    ])
    expect([table.info.key, table.info.columns.map((column) => column.name)]).toEqual(['trades', ['id', 'note']])
  })

  it('tells NULL from the empty text', async () => {
    expect((await read('a,b\n,""\n')).cells).toEqual([[null, '']])
  })

  it('keeps damaged rows with their bytes and goes on', async () => {
    const bad = [Buffer.from('2,\xff', 'latin1'), Buffer.from('3'), Buffer.from('4,a"b'), Buffer.from('5,"a"b'), Buffer.from('6,\0')]
    const content = Buffer.concat([Buffer.from('id,note\n1,x\n'), ...bad.flatMap((row) => [row, Buffer.from('\n')]), Buffer.from('7,y\n')])
    const { rows } = await read(content)
    expect(rows.map((row) => row.damage?.rule)).toEqual([
      undefined,
      'invalid-encoding',
      'wrong-cell-count',
      'bad-quoting',
      'bad-quoting',
      'nul-byte',
      undefined,
    ])
    expect(rows.slice(1, 6).map((row) => Buffer.from(row.damage?.bytes ?? []))).toEqual(bad)
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    for (const row of rows) expect(content.subarray(row.offset).toString('latin1').startsWith(`${row.number}`)).toBe(true)
  })

  it('reads another encoding only when it is named', async () => {
    await using folder = await makeFolder()
    const path = await folder.write('trades.csv', Buffer.concat([Buffer.from('id,note\n1,'), Buffer.from([0xcf, 0xf0])]))
    const source = await openCsvSource(path, { encoding: 'WIN1251' })
    const { rows } = await rowsOf(source, source.tables()[0]!)
    expect(rows[0]?.cells).toEqual(['1', 'Пр'])
    await source.close()
  })

  it('says where a quote never ends, after the rows before it', async () => {
    const table = await read('id,note\n1,a\n2,"open\n3,c\n')
    expect(table.cells).toEqual([['1', 'a']])
    expect(table.error).toBeInstanceOf(AppError)
    expect(String(table.error)).toContain('byte 12')
  })

  it.each([
    ['UTF-16', Buffer.from('\ufeffid,note\n', 'utf16le')],
    ['a name twice', Buffer.from('id,id\n1,2\n')],
    ['no name', Buffer.from('id,,x\n1,2,3\n')],
    ['nothing', Buffer.from('')],
    ['a header without end', Buffer.from(`id,"${'x'.repeat(100_000)}`)],
  ])('refuses %s', async (_, content) => {
    await expect(read(content)).rejects.toThrow(AppError)
  })

  it('refuses two files of one table', async () => {
    await using folder = await makeFolder()
    await folder.write('trades.csv', 'id\n1\n')
    await folder.write('v2_trades.csv', 'id\n1\n')
    await expect(openCsvSource(folder.path)).rejects.toThrow('both of table trades')
  })
})
