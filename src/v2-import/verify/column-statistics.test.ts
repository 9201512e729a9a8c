import { describe, expect, it } from 'vitest'
import { fc } from '#test/support/properties.ts'
import { copyLine } from '../sources/copy-line.ts'
import type { RawCell } from '../sources/import-source.ts'
import { statisticsText, TableStatistics } from './column-statistics.ts'

const COLUMNS = 3

/** As the server tells it, by the plainest means. */
function told(cells: readonly RawCell[]): string {
  const filled = cells.filter((cell) => cell !== null).map((cell) => Buffer.from(cell))
  const sorted = filled.toSorted((a, b) => Buffer.compare(a, b))
  const shown = [sorted[0], sorted.at(-1)].map((cell) =>
    Array.from(cell?.toString() ?? '')
      .slice(0, 40)
      .join(''),
  )
  const rest = filled.length === 0 ? [] : [...shown, Math.max(...filled.map(({ length }) => length))]
  return [cells.length - filled.length, ...rest].join(' ')
}

describe('TableStatistics', () => {
  it('tells of each column what its cells are like, in the order of their bytes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'Z', '\\', '\t', '\n', '\r', 'N', 'é', '\uffff', '😀', ' '), maxLength: 60 })
    const row = fc.array(fc.option(text), { minLength: COLUMNS, maxLength: COLUMNS })
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 5 })), fc.integer({ min: 0, max: 2 }), (lots, skip) => {
        const statistics = new TableStatistics(COLUMNS)
        for (const lot of lots) statistics.add(Buffer.from(lot.map((cells) => `${'9\t'.repeat(skip)}${copyLine(cells)}\n`).join('')), skip)
        const rows = lots.flat()
        expect(statistics.rows).toBe(rows.length)
        for (const [index, column] of statistics.columns.entries())
          expect(statisticsText(column, rows.length, undefined)).toBe(told(rows.map((cells) => cells[index] ?? null)))
      }),
    )
  })

  it('reads every escape that COPY has, and knows the longest row', () => {
    const statistics = new TableStatistics(1)
    statistics.add(Buffer.from('\\x41\\102\\b\\q\\\\\n\\x4\nA\\\t\\\n\n'), 0)
    expect(statistics.rows).toBe(3)
    expect(statistics.columns[0]?.greatest).toEqual(Buffer.from('AB\bq\\'))
    expect(statistics.columns[0]?.least).toEqual(Buffer.from('\x04'))
    expect(statistics.longestRowBytes).toBe(14)
  })
})
