import { describe, expect, it } from 'vitest'
import { createRowsStore, RowBook, ROWS_MAX } from './rows.ts'

interface Row {
  readonly id: string
  readonly value: number
}
const row = (n: number, value = 0): Row => ({ id: String(n), value })

describe('RowBook', () => {
  it('replaces a known row in its place and adds an unknown one on top', () => {
    const book = new RowBook<Row>((one) => one.id)
    book.replace([row(1), row(2)])
    book.put(row(1, 9))
    book.put(row(3))
    expect(book.newestFirst()).toEqual([row(3), row(2), row(1, 9)])
  })

  it('stays within its bound and keeps the newest', () => {
    const book = new RowBook<Row>((one) => one.id)
    for (let n = 0; n < ROWS_MAX + 2_000; n += 1) book.put(row(n))
    const rows = book.newestFirst()
    expect(rows.length).toBeLessThanOrEqual(ROWS_MAX + 500)
    expect(rows[0]).toEqual(row(ROWS_MAX + 1_999))
    book.put(row(ROWS_MAX + 1_999, 5))
    expect(book.newestFirst()[0]?.value).toBe(5)
  })

  it('puts older pages below without doubling what is there', () => {
    const book = new RowBook<Row>((one) => one.id)
    book.replace([row(5), row(6)])
    book.prepend([row(5), row(4), row(3)])
    expect(book.newestFirst().map((one) => one.id)).toEqual(['6', '5', '4', '3'])
  })
})

describe('a rows store', () => {
  it('is loading, then live, then stale since the last word; never stale before it was live', () => {
    const store = createRowsStore<Row>((one) => one.id)
    store.setPhase({ kind: 'stale', since: 5 })
    expect(store.use.getState().phase.kind).toBe('loading')
    store.replace([row(1)])
    expect(store.use.getState().phase.kind).toBe('live')
    store.setPhase({ kind: 'stale', since: 7 })
    store.setPhase({ kind: 'stale', since: 9 })
    expect(store.use.getState().phase).toEqual({ kind: 'stale', since: 7 })
    store.putAll([row(2)])
    expect(store.use.getState()).toMatchObject({ phase: { kind: 'live' }, rows: [row(2), row(1)] })
  })
})
