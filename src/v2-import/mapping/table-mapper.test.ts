import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { ORDER, plan, recordsOf, rowOf, tableOf, TRADE } from '#test/support/v2-rows.ts'
import { rowKey, type RawCell } from '../sources/import-source.ts'
import type { ImportedRecord } from './imported-records.ts'
import { planOf } from './import-plan.ts'
import { keyColumnsOf } from './known-tables.ts'
import { mapRow } from './map-row.ts'
import { rebuildRow } from './rebuild-row.ts'
import { TableMapper } from './table-mapper.ts'

describe('what cannot be mapped without a guess is parked', () => {
  it.each([
    ['trades', TRADE, { side: 'Hold' }, 'unknown-side', 'side'],
    ['trades', TRADE, { status: 'SL_HIT' }, 'unknown-status', 'status'],
    ['trades', TRADE, { symbol: 'BTC' }, 'unknown-symbol', 'symbol'],
    ['trades', TRADE, { quantity: null }, 'missing-value', 'quantity'],
    ['trades', TRADE, { quantity: '-1' }, 'negative-value', 'quantity'],
    ['trades', TRADE, { entry_price: 'NaN' }, 'not-a-decimal', 'entry_price'],
    ['trades', TRADE, { pnl: '1e400' }, 'too-many-digits', 'pnl'],
    ['trades', TRADE, { created_at: 'yesterday' }, 'not-a-time', 'created_at'],
    ['trades', TRADE, { created_at: '1970-01-01 00:00:00' }, 'time-out-of-range', 'created_at'],
    ['orders', ORDER, { type: 'iceberg' }, 'unknown-type', 'type'],
    ['orders', ORDER, { status: 'closed' }, 'unknown-status', 'status'],
    ['orders', ORDER, { side: 'long', reduce_only: 't' }, 'ambiguous-side', 'side'],
    ['orders', ORDER, { type: 'stop_limit', price: null }, 'missing-value', 'price'],
    ['orders', ORDER, { is_sltp: 'maybe' }, 'not-a-boolean', 'is_sltp'],
    ['partial_tp_history', { id: '1', level: '1' }, { level: '1.5' }, 'not-an-integer', 'level'],
    ['signals', { id: '1', symbol: 'BTCUSDT', created_at: '2024-03-01T00:00:00Z' }, { action: 'close' }, 'unknown-action', 'action'],
  ])('%s %#', (...[name, good, change, rule, column]) => {
    const cells = { ...good, ...change }
    const verdict = mapRow(plan, tableOf(name, cells), rowOf(cells))
    expect(verdict).toMatchObject({ outcome: 'parked', rule, column })
    expect(mapRow(plan, tableOf(name, good), rowOf(good))).toMatchObject({ outcome: 'mapped' })
  })

  it('parks each row of a table without a needed column, whatever else it lacks', () => {
    const { side, quantity, ...without } = TRADE
    expect([side, quantity].length).toBe(2)
    const verdict = mapRow(plan, tableOf('trades', without), rowOf(without))
    expect(verdict).toMatchObject({
      outcome: 'parked',
      rule: 'missing-column',
      column: 'side',
      reason: expect.stringContaining('side, quantity'),
    })
  })

  it('parks a damaged row with what the reader said', () => {
    const damage = { rule: 'bad-escape', message: 'a cell ends in the middle of an escape', bytes: new Uint8Array() } as const
    const row = { number: 4, offset: 0, cells: [], damage }
    expect(new TableMapper(plan, tableOf('trades', TRADE)).next(row)).toEqual({
      outcome: 'parked',
      rule: 'bad-escape',
      column: undefined,
      reason: damage.message,
    })
  })

  it('parks times of an hour that came twice if the plan says so, else notes them', () => {
    const cells = { ...ORDER, created_at: '2024-10-27 02:30:00' }
    const table = tableOf('orders', cells)
    const berlin = { timeZone: 'Europe/Berlin' } as const
    expect(mapRow(planOf({ ...berlin, ambiguousTime: 'park' }), table, rowOf(cells))).toMatchObject({
      outcome: 'parked',
      rule: 'ambiguous-time',
    })
    const verdict = mapRow(planOf(berlin), table, rowOf(cells))
    expect(verdict).toMatchObject({ outcome: 'mapped', records: [{ createdMs: Date.UTC(2024, 9, 27, 0, 30) }] })
    expect(verdict.outcome === 'mapped' && verdict.notes.map(({ rule }) => rule)).toEqual(['naive-time', 'ambiguous-time'])
  })
})

describe('keys', () => {
  it('are those of rowKey, the same with and without a declared primary key', () => {
    for (const id of ['7', null, '', '"odd"', 'a\\b', '\u2028', 'é', '-1.5']) {
      const cells = { ...TRADE, id }
      const row = rowOf(cells, 9)
      for (const table of [tableOf('trades', cells), tableOf('trades', cells, ['id']), tableOf('trades', cells, ['trade_id'])]) {
        const mapper = new TableMapper(plan, table)
        expect(mapper.keyColumns).toEqual(['id'])
        expect(mapper.keyOf(row)).toBe(rowKey(table, row, keyColumnsOf(table)))
      }
    }
    const { id, ...cells } = TRADE
    expect(keyColumnsOf(tableOf('trades', cells))).toEqual(['trade_id'])
    expect(recordsOf('trades', cells)[0]).toMatchObject({ positionId: `v2_trade_T${id}`, origin: { key: '["T7"]' } })
    const two = { a: '1', b: null, c: 'x' }
    for (const key of [['a', 'c'], ['a', 'b'], []]) {
      const table = tableOf('unknown', two, key)
      expect(new TableMapper(plan, table).keyOf(rowOf(two, 5))).toBe(rowKey(table, rowOf(two, 5)))
    }
  })

  it('come once: the same row again is skipped, another row with the key parked', () => {
    const mapper = new TableMapper(plan, tableOf('orders', ORDER))
    expect(mapper.next(rowOf(ORDER, 1))).toMatchObject({ outcome: 'mapped' })
    expect(mapper.map(rowOf(ORDER, 2))).toMatchObject({ outcome: 'mapped' })
    expect(mapper.next(rowOf(ORDER, 2))).toMatchObject({ outcome: 'skipped', rule: 'exact-duplicate' })
    expect(mapper.next(rowOf({ ...ORDER, price: '3000.1' }, 3))).toMatchObject({ outcome: 'parked', rule: 'key-taken', column: 'id' })
    expect(mapper.next(rowOf({ ...ORDER, id: '4' }, 4))).toMatchObject({ outcome: 'mapped' })
    expect(mapper.next(rowOf({ ...ORDER, id: null }, 5))).toMatchObject({ outcome: 'mapped' })
    expect(mapper.next(rowOf({ ...ORDER, id: null }, 6))).toMatchObject({
      outcome: 'mapped',
      records: [{ orderId: 'o3', origin: { key: '#6' } }],
    })
  })

  it('are not remembered where a row is looked at by itself', () => {
    const table = tableOf('orders', ORDER)
    expect([1, 2].map((number) => mapRow(plan, table, rowOf(ORDER, number)).outcome)).toEqual(['mapped', 'mapped'])
  })

  it('come once in tables that are kept, too', () => {
    const cells = { id: '1', closed_pnl: '5' }
    const mapper = new TableMapper(plan, tableOf('bybit_closed_pnl', cells))
    expect(['5', '5', '6'].map((pnl, index) => mapper.next(rowOf({ ...cells, closed_pnl: pnl }, index)).outcome)).toEqual([
      'kept',
      'skipped',
      'parked',
    ])
  })
})

describe('no cell is lost', () => {
  it('wherever the columns stand, and however many nobody knows', () => {
    const cell = fc.oneof(fc.constant(null), fc.constantFrom('', 't', '12.0', '1e3', '0.50', 'Buy', '2024-03-01 00:00:00.5'), fc.string())
    const sources = fc.constantFrom(
      ['trades', TRADE] as const,
      ['orders', ORDER] as const,
      ['positions', { id: '1', symbol: 'BTC/USDT:USDT', side: 'LONG', size: '1' }] as const,
    )
    const unknown = fc.dictionary(
      fc.constantFrom('note', 'user_id', 'Symbol2', '1', '__proto__', 'constructor', 'toString', 'Über "x"'),
      cell,
    )
    let mappings = 0
    fc.assert(
      fc.property(
        sources,
        unknown,
        fc.array(fc.tuple(fc.nat(30), cell), { maxLength: 2 }),
        fc.infiniteStream(fc.nat(1_000)),
        (source, extra, changes, order) => {
          const [name, good] = source
          const entries: [string, RawCell][] = [...Object.entries(good), ...Object.entries(extra)]
          for (const [at, value] of changes) {
            const entry = entries[at % entries.length]
            if (entry !== undefined) entry[1] = value
          }
          const shuffled = entries.map((entry) => ({ entry, rank: order.next().value ?? 0 })).toSorted((a, b) => a.rank - b.rank)
          const columns = shuffled.map(({ entry }) => ({ name: entry[0], type: undefined }))
          const table = { ...tableOf(name, {}), columns }
          const cells = shuffled.map(({ entry }) => entry[1])
          const verdict = mapRow(plan, table, { number: 3, offset: 0, cells, damage: undefined })
          if (verdict.outcome !== 'mapped') return
          mappings += 1
          expect(rebuildRow(table, verdict.records)).toEqual(cells)
          // Also after a way through a database, where extras are JSON.
          expect(rebuildRow(table, JSON.parse(JSON.stringify(verdict.records)) as ImportedRecord[])).toEqual(cells)
        },
      ),
      { numRuns: 1_000 },
    )
    expect(mappings).toBeGreaterThan(200)
  })

  it('finds columns whose names a spreadsheet wrote in capitals', () => {
    const cells = Object.fromEntries(Object.entries(ORDER).map(([name, cell]) => [name.toUpperCase(), cell]))
    expect(recordsOf('orders', cells)[0]).toMatchObject({ orderId: 'o3', side: 'SELL' })
    expect(rebuildRow(tableOf('orders', cells), recordsOf('orders', cells))).toEqual(Object.values(cells))
  })
})
