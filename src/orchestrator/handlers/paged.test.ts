import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { takePage } from '../read-model/page.ts'
import { paged } from './paged.ts'

interface Row {
  readonly seq: number
}

describe('paged', () => {
  it('walks through memory and the past without a gap or a repeat, wherever the border lies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 60 }),
        fc.nat(420),
        fc.integer({ min: 1, max: 20 }),
        async (seqs, floorSeq, limit) => {
          const rows: Row[] = seqs.toSorted((a, b) => b - a).map((seq) => ({ seq }))
          // Memory may also hold a few rows from below its floor: orders that worked for long.
          const inMemory = rows.filter((row) => row.seq > floorSeq || row.seq % 7 === 0)
          const walked: number[] = []
          let cursor: string | undefined
          for (let pages = 0; pages < 500; pages += 1) {
            const page = await paged(
              { limit, cursor },
              (acrossFloor) => takePage(inMemory, { limit, cursor, floorSeq: acrossFloor ? 0 : floorSeq, match: () => true }),
              async (query) => rows.filter((row) => row.seq < query.before).slice(0, query.limit),
            )
            expect(page.items.length).toBeLessThanOrEqual(limit)
            expect(page.complete).toBe(true)
            walked.push(...page.items.map((row) => row.seq))
            if (page.next_cursor === null) break
            cursor = page.next_cursor
          }
          expect(walked).toEqual(rows.map((row) => row.seq))
        },
      ),
    )
  })

  it('says that rows may be missing when the past cannot be reached', async () => {
    const rows: Row[] = [{ seq: 9 }, { seq: 8 }, { seq: 3 }]
    const page = await paged(
      { limit: 10 },
      (acrossFloor) => takePage(rows, { limit: 10, floorSeq: acrossFloor ? 0 : 5, match: () => true }),
      async () => 'unavailable',
    )
    expect(page).toEqual({ items: rows, next_cursor: null, source: 'memory', complete: false })
  })
})
