import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { CopyRows } from './copy-rows.ts'
import type { RawCell, RawRow } from './import-source.ts'
import { ROW_BYTES_MAX } from './limits.ts'
import { textDecoding, UTF8, type TextDecoding } from './text-decoding.ts'

function read(
  text: string | Buffer,
  options: { columns?: number; size?: number; decoding?: TextDecoding } = {},
): { rows: RawRow[]; copy: CopyRows } {
  const copy = new CopyRows({ columns: options.columns, decoding: options.decoding ?? UTF8, offset: 0, firstNumber: 1 })
  const bytes = Buffer.from(text)
  const rows: RawRow[] = []
  for (let at = 0; at < bytes.length; at += options.size ?? 1_000_000)
    rows.push(...copy.push(bytes.subarray(at, at + (options.size ?? 1_000_000))))
  return { rows, copy }
}

const cellsOf = (text: string | Buffer, size?: number): readonly (readonly RawCell[])[] =>
  read(text, size === undefined ? {} : { size }).rows.map((row) => row.cells)

/** The other direction, as Postgres documents it. */
function copyText(rows: readonly (readonly RawCell[])[]): string {
  const escapes: Readonly<Record<string, string>> = {
    '\\': '\\\\',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
  }
  const cell = (value: RawCell): string =>
    value === null ? '\\N' : value.replaceAll(/[\\\b\f\n\r\t\v]/g, (found) => escapes[found] ?? found)
  return `${rows.map((row) => `${row.map(cell).join('\t')}\n`).join('')}\\.\n`
}

describe('CopyRows', () => {
  it.each([
    ['a\t\\N\t\n', ['a', null, '']],
    ['\\\\N\t\\\\\n', ['\\N', '\\']],
    ['tab\\tx\tline\\nx\treturn\\rx\n', ['tab\tx', 'line\nx', 'return\rx']],
    ['\\b\\f\\v\\q\n', ['\b\f\vq']],
    ['\\101\\x42\\x4\\60\n', ['AB\x040']],
    ['\\303\\244 \\xc3\\xa4\n', ['ä ä']],
    ['one\\\ttwo\tthree\n', ['one\ttwo', 'three']],
    ['one\\\ntwo\tthree\n', ['one\ntwo', 'three']],
    ['Привет\t日本\n', ['Привет', '日本']],
  ])('decodes %j', (text, cells) => {
    expect(cellsOf(text)).toEqual([cells])
    expect(cellsOf(text, 1)).toEqual([cells])
  })

  it('gives back any rows, however the text is cut into chunks', () => {
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', 'N', '.', 'x', '7', 'é', '😀', ' ') }))
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })), fc.integer({ min: 1, max: 30 }), (rows, size) => {
        const { rows: found, copy } = read(copyText(rows), { size })
        expect(found.map((row) => row.cells)).toEqual(rows)
        expect(found.map((row) => row.number)).toEqual(rows.map((_, index) => index + 1))
        expect(copy.ended).toBe(true)
      }),
    )
  })

  it('stops behind the closing line and says where', () => {
    const { rows, copy } = read('1\n\\.\nSELECT 1;\n')
    expect([rows.length, copy.ended, copy.position]).toEqual([1, true, 5])
  })

  it('takes line ends of Windows, but not a mixture', () => {
    expect(cellsOf('a\tb\r\nc\td\r\n\\.\r\n')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    const { rows } = read('a\r\nb\nc\r\nd\re\r\n')
    expect(rows.map((row) => row.damage?.rule)).toEqual([undefined, 'mixed-line-ends', undefined, 'mixed-line-ends'])
  })

  it.each([
    ['invalid-encoding', Buffer.from([0x61, 0xff, 0x0a])],
    ['invalid-encoding', Buffer.from('\\xff\n')],
    ['nul-byte', Buffer.from('a\0\n')],
    ['nul-byte', Buffer.from('\\000\n')],
    ['wrong-cell-count', Buffer.from('a\tb\n')],
  ])('keeps a damaged row (%s) with its bytes and goes on', (rule, bytes) => {
    const { rows } = read(Buffer.concat([Buffer.from('first\n'), bytes, Buffer.from('last\n')]), { columns: 1 })
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3])
    expect(rows[1]?.damage?.rule).toBe(rule)
    expect(Buffer.from(rows[1]?.damage?.bytes ?? [])).toEqual(bytes.subarray(0, -1))
    expect([rows[1]?.offset, rows[2]?.cells]).toEqual([6, ['last']])
  })

  it('passes over a row that is too long and keeps its beginning', () => {
    const { rows } = read(Buffer.concat([Buffer.alloc(ROW_BYTES_MAX + 5, 0x61), Buffer.from('\nnext\n')]), { size: 65_536 })
    expect([rows[0]?.damage?.rule, rows[0]?.damage?.bytes.length, rows[1]?.cells]).toEqual(['row-too-long', 65_536, ['next']])
  })

  it('reads encodings of one byte by their name and no others', () => {
    const decoding = textDecoding('WIN1251')
    expect(read(Buffer.from([0xcf, 0xf0, 0x09, 0x5c, 0x4e, 0x0a]), decoding === undefined ? {} : { decoding }).rows[0]?.cells).toEqual([
      'Пр',
      null,
    ])
    expect([textDecoding('SJIS'), textDecoding('GBK'), textDecoding('')]).toEqual([undefined, undefined, undefined])
  })
})
