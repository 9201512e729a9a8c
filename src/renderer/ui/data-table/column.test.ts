import { expect, it } from 'vitest'
import type { Column } from './column.ts'
import { createHaystack, filterRows, sortRows, toCsv } from './column.ts'

interface Row {
  readonly name: string
  readonly amount: string
}
const rows: Row[] = [
  { name: 'beta', amount: '10' },
  { name: 'alpha', amount: '9.5' },
  { name: 'gamma', amount: '-1' },
]
const columns: Column<Row>[] = [
  { id: 'name', header: 'Name', width: 1, text: (row) => row.name },
  { id: 'amount', header: 'Amount', width: 1, text: (row) => row.amount, sort: (row) => Number(row.amount) },
  { id: 'acts', header: '', width: 1, text: () => 'never', acts: true },
]
const haystack = createHaystack(columns)
const names = (list: readonly Row[]): string[] => list.map((row) => row.name)

it('sorts by number where there is one, else by text; unsorted keeps the order', () => {
  expect(names(sortRows(rows, columns, { column: 'amount', down: true }))).toEqual(['beta', 'alpha', 'gamma'])
  expect(names(sortRows(rows, columns, { column: 'name', down: false }))).toEqual(['alpha', 'beta', 'gamma'])
  expect(sortRows(rows, columns, undefined)).toBe(rows)
})

it('filters by every word in any column, but not by buttons', () => {
  expect(names(filterRows(rows, haystack, 'A 9.5'))).toEqual(['alpha'])
  expect(filterRows(rows, haystack, 'never')).toEqual([])
  expect(filterRows(rows, haystack, '  ')).toBe(rows)
})

it('copies exact text, quoted, and defuses formulas without touching negative numbers', () => {
  const odd = [
    { name: '=cmd()', amount: '-1.50' },
    { name: 'a "b", c', amount: '-x' },
  ]
  expect(toCsv(odd, columns)).toBe('name,amount\n\'=cmd(),-1.50\n"a ""b"", c",\'-x')
})
