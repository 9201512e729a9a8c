import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ImportedSignal } from '../mapping/imported-records.ts'
import { CopyRows } from '../sources/copy-rows.ts'
import { copyLine } from '../sources/copy-line.ts'
import type { RawCell, RawRow } from '../sources/import-source.ts'
import { UTF8 } from '../sources/text-decoding.ts'
import type { CopyBuffers } from '../run/copy-buffers.ts'
import { RECORD_TABLES } from './record-columns.ts'
import { RowWriter } from './row-writer.ts'

const cell = fc.option(
  fc.string({
    unit: fc.constantFrom('a', '\\', '\t', '\n', '\r', 'N', '"', '{', '\u0001', '\u0002', '\b', 'é', '😀', '\u2028', ' '),
    maxLength: 6,
  }),
)
const cells = fc.array(cell, { minLength: 1, maxLength: 5 })

/** What the server would read from lines in the form of the staging: cells between U+0001, quoted by U+0002, nothing for NULL. */
function decoded(text: string): readonly (readonly RawCell[])[] {
  const rows: RawCell[][] = []
  let [row, cell, isQuoted, wasQuoted]: [RawCell[], string, boolean, boolean] = [[], '', false, false]
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at)
    if (letter === '\u0002' && isQuoted && text.charAt(at + 1) === '\u0002') {
      cell += letter
      at += 1
    } else if (letter === '\u0002') [isQuoted, wasQuoted] = [!isQuoted, true]
    else if (!isQuoted && (letter === '\u0001' || letter === '\n')) {
      row.push(cell === '' && !wasQuoted ? null : cell)
      if (letter === '\n') rows.push(row)
      if (letter === '\n') row = []
      ;[cell, wasQuoted] = ['', false]
    } else {
      expect(isQuoted || letter !== '\r').toBe(true)
      cell += letter
    }
  }
  expect([row, cell, isQuoted]).toEqual([[], '', false])
  return rows
}

function written(row: RawRow, signal?: Partial<ImportedSignal>) {
  const [rows, records]: [string[], string[]] = [[], []]
  const into = (lines: string[]) => ({
    add: (_: string, line: string) => void lines.push(line),
    addAround: (_: string, parts: readonly unknown[]) => void lines.push(parts.join('')),
  })
  const writer = new RowWriter('s', { rows: into(rows) as unknown as CopyBuffers, records: into(records) as unknown as CopyBuffers })
  const record = { kind: 'signal', ...signal } as ImportedSignal
  writer.write(row, '["7"]', signal === undefined ? { outcome: 'kept' } : { outcome: 'mapped', records: [record], notes: [] })
  return { rows: decoded(rows.join('')), records: decoded(records.join('')) }
}

it('writes any row, read from COPY or not, so that the server has it as one line of COPY', () => {
  fc.assert(
    fc.property(cells, (given) => {
      const line = copyLine(given)
      const [read] = new CopyRows({ columns: given.length, decoding: UTF8, offset: 0, firstNumber: 1 }).push(Buffer.from(`${line}\n`))
      expect(read?.cells).toEqual(given)
      expect([line, undefined]).toContain(read?.line)
      for (const row of [read!, { ...read!, bytes: undefined }, { number: 1, offset: 0, cells: given, damage: undefined }])
        expect(written(row).rows).toEqual([['["7"]', '1', 'kept', null, null, null, line, null]])
    }),
    { numRuns: 500 },
  )
})

it('writes fields and extras so that the server has them letter for letter', () => {
  const { columns } = RECORD_TABLES.signal
  const names = fc.string({ unit: fc.constantFrom('a', '"', '\\', 'ж') })
  fc.assert(
    fc.property(fc.dictionary(names, cell), cell, (extras, symbol) => {
      const copy = new CopyRows({ columns: 1, decoding: UTF8, offset: 0, firstNumber: 1 })
      const [read] = copy.push(Buffer.from(`${copyLine([symbol])}\n`))
      for (const row of [read!, { number: 1, offset: 0, cells: [symbol], damage: undefined }]) {
        const [record] = written(row, { symbol: symbol ?? undefined!, extras }).records
        expect(record?.[2 + columns.indexOf('symbol')]).toBe(symbol)
        expect(record?.at(-1)).toBe(JSON.stringify(extras))
      }
    }),
    { numRuns: 500 },
  )
})

it('takes the text of a row for that of its cells only where COPY would write it so', () => {
  const copy = new CopyRows({ columns: 2, decoding: UTF8, offset: 0, firstNumber: 1 })
  const lines = ['a\\Nb\tx', '\\x41\tx', 'q\\b\tx', '\\e\tx', 'a\\\\tb\tx', '\\N\tx', 'a\tb']
  const rows = copy.push(Buffer.from(`${lines.join('\n')}\n`))
  expect(rows.map(({ line }) => line)).toEqual([undefined, undefined, undefined, undefined, ...lines.slice(4)])
  expect(rows.map(({ bytes }) => bytes?.toString())).toEqual([undefined, undefined, undefined, undefined, ...lines.slice(4)])
})
