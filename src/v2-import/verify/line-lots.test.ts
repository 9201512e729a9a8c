import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { LineLots } from './line-lots.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('LineLots', () => {
  it('tells of text lot by lot which rows it is and what their lines are', () => {
    const lots = new LineLots()
    expect(lots.addText(Buffer.from('1\ta\n2\tж\n'))).toBe(2)
    expect(lots.addText(Buffer.from('3\t\n'))).toBe(1)
    expect(lots.rows).toBe(3)
    expect(lots.lots).toEqual([
      { first: 1, last: 2, lines: 2, sha256: sha256('1\ta\n2\tж') },
      { first: 3, last: 3, lines: 1, sha256: sha256('3\t') },
    ])
  })

  it('counts a last line without its end', () => {
    const lots = new LineLots()
    expect(lots.addText(Buffer.from('1\n2'))).toBe(2)
    expect(lots.lots).toEqual([{ first: 1, last: 2, lines: 2, sha256: sha256('1\n2') }])
  })

  it('tells rows without the damaged ones among them, which have no line', () => {
    const lots = new LineLots()
    lots.addRows(3, ['1\ta', '3\tc'])
    lots.addRows(1, [])
    lots.addRows(1, [''])
    expect(lots.rows).toBe(5)
    expect(lots.lots).toEqual([
      { first: 1, last: 3, lines: 2, sha256: sha256('1\ta\n3\tc') },
      { first: 4, last: 4, lines: 0, sha256: sha256('') },
      { first: 5, last: 5, lines: 1, sha256: sha256('') },
    ])
  })
})
