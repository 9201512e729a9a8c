import { fc } from '#test/support/properties.ts'
import { expect, it } from 'vitest'
import { copyLine } from '../sources/copy-line.ts'
import { KeyMemory } from './key-memory.ts'

type Cells = readonly (string | null)[]

it('tells new keys, repeated rows and other rows apart, as a map of whole rows does', () => {
  const row = fc.tuple(
    fc.nat(400),
    fc.constantFrom<Cells>(['a', null], ['a', ''], ['', 'a'], [null, 'a'], ['ab', ''], ['a', 'b'], ['b', 'a']),
  )
  fc.assert(
    fc.property(fc.array(row, { maxLength: 2_500 }), (rows) => {
      const memory = new KeyMemory()
      const model = new Map<number, string>()
      for (const [key, cells] of rows) {
        const known = model.get(key)
        const expected = known === undefined ? 'new' : known === JSON.stringify(cells) ? 'same-row' : 'other-row'
        expect(memory.meet(`["${key}"]`, copyLine(cells))).toBe(expected)
        if (known === undefined) model.set(key, JSON.stringify(cells))
      }
    }),
    { numRuns: 30 },
  )
})

it('sees where cells begin and end, and NULL apart from the empty text', () => {
  const rows: readonly Cells[] = [['ab', ''], ['a', 'b'], ['', 'ab'], ['b', 'a'], ['ab', null], [null, 'ab'], ['a', '', 'b'], ['ab']]
  for (const [first, ...others] of rows.map((row, index) => [row, ...rows.toSpliced(index, 1)])) {
    const memory = new KeyMemory()
    expect(memory.meet('["1"]', copyLine(first ?? []))).toBe('new')
    expect(new Set(others.map((row) => memory.meet('["1"]', copyLine(row))))).toEqual(new Set(['other-row']))
    expect(memory.meet('["1"]', copyLine([...(first ?? [])]))).toBe('same-row')
  }
})

it('knows a hundred thousand keys apart and finds each of them again', () => {
  const memory = new KeyMemory()
  const states = (): ReadonlySet<string> =>
    new Set(Array.from({ length: 100_000 }, (_, key) => memory.meet(`["${key}"]`, copyLine([`${key}`, 'x']))))
  expect(states()).toEqual(new Set(['new']))
  expect(states()).toEqual(new Set(['same-row']))
  expect(memory.meet('["77"]', copyLine(['77', 'y']))).toBe('other-row')
})

it('stops to remember when it is full, and still knows what it has', () => {
  const memory = new KeyMemory(1_024)
  const states = Array.from({ length: 1_000 }, (_, key) => memory.meet(`["${key}"]`, 'x'))
  expect(states.filter((state) => state === 'new')).toHaveLength(768)
  expect(states.filter((state) => state === 'unknown')).toHaveLength(232)
  expect(memory.meet('["0"]', 'x')).toBe('same-row')
})
