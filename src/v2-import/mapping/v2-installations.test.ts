import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as fixed from '#domain/money/fixed.ts'
import type { RawRow, TableInfo } from '../sources/import-source.ts'
import { openSource } from '../sources/open-source.ts'
import type { ImportedBalance, ImportedRecord, Verdict } from './imported-records.ts'
import { planOf } from './import-plan.ts'
import { rebuildRow } from './rebuild-row.ts'
import { TableMapper } from './table-mapper.ts'

const FOLDER = join(import.meta.dirname, '../../../../shared/data/v2-install')
const hasData = existsSync(FOLDER)
if (!hasData) process.stderr.write(`skipped: the test data are not at ${FOLDER}\n`)

interface Truth {
  readonly rows: Readonly<Record<string, number>>
  readonly trades_by_status: Readonly<Record<string, number>>
  readonly orders_by_status: Readonly<Record<string, number>>
  readonly orders_by_type: Readonly<Record<string, number>>
  readonly latest_total_usd: string
}

interface MappedTable {
  readonly table: TableInfo
  readonly rows: readonly RawRow[]
  readonly verdicts: readonly Verdict[]
  readonly records: readonly ImportedRecord[]
}

async function mapAll(paths: readonly string[]): Promise<ReadonlyMap<string, MappedTable>> {
  const tables = new Map<string, MappedTable>()
  for (const path of paths) {
    await using cleanup = new AsyncDisposableStack()
    const source = await openSource(path)
    cleanup.defer(() => source.close())
    for (const table of source.tables()) {
      const mapper = new TableMapper(planOf(), table)
      const rows: RawRow[] = []
      for await (const batch of source.rows(table)) rows.push(...batch)
      const verdicts = rows.map((row) => mapper.next(row))
      tables.set(table.key, {
        table,
        rows,
        verdicts,
        records: verdicts.flatMap((verdict) => (verdict.outcome === 'mapped' ? verdict.records : [])),
      })
    }
  }
  return tables
}

/** How often each value occurs among those given. */
function census(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** Counts of truth by the meaning of its words, told here without the mapper's lists. */
function merged(truth: Readonly<Record<string, number>>, meaning: (word: string) => string): Readonly<Record<string, number>> {
  return census(Object.entries(truth).flatMap(([word, count]) => Array.from({ length: count }, () => meaning(word.toUpperCase()))))
}

function latestTotalUsd(balances: readonly ImportedBalance[]): string {
  const latest = new Map<string, ImportedBalance>()
  for (const balance of balances) if (balance.ts >= (latest.get(balance.asset)?.ts ?? 0)) latest.set(balance.asset, balance)
  const total = [...latest.values()].reduce((sum, { totalUsd }) => fixed.add(sum, fixed.parse(totalUsd ?? '')), fixed.parse('0'))
  return fixed.format(fixed.trim(total))
}

const CSV = ['v2_trades.csv', 'v2_orders.csv', 'v2_signals.csv', 'v2_balances.csv', 'v2_positions.csv']
const sources: readonly (readonly [string, readonly string[]])[] = [
  ['CSV files', CSV],
  ['data-only dump', ['v2_data_backup.dump']],
  ['full dump', ['v2_full_backup.dump']],
]

describe.skipIf(!hasData).each(['clean', 'worn'])('the %s installation', (installation) => {
  const folder = join(FOLDER, installation)
  const truth = hasData ? (JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Truth) : undefined

  it.each(sources)('%s: every row is mapped or kept, and each can be made again from its records', async (_name, files) => {
    const tables = await mapAll(files.map((file) => join(folder, file)))
    let rebuilt = 0
    for (const { table, rows, verdicts } of tables.values()) {
      expect(rows).toHaveLength(truth?.rows[table.key] ?? 0)
      for (const [index, verdict] of verdicts.entries()) {
        if (verdict.outcome === 'kept') continue
        if (verdict.outcome !== 'mapped') throw new Error(`${table.key} ${JSON.stringify(verdict)}`)
        expect(rebuildRow(table, verdict.records)).toEqual(rows[index]?.cells)
        rebuilt += 1
      }
    }
    const { 'Operator Notes': kept = 0, ...others } = truth?.rows ?? {}
    const expected = files === CSV ? ['trades', 'orders', 'signals', 'balances', 'positions'] : Object.keys(others)
    expect(rebuilt).toBe(expected.reduce((sum, key) => sum + (others[key] ?? 0), 0))
    expect(tables.get('Operator Notes')?.verdicts ?? []).toHaveLength(files === CSV ? 0 : kept)
  })

  it.each(sources)('%s: the counts and the total of truth come out', async (_name, files) => {
    const tables = await mapAll(files.map((file) => join(folder, file)))
    const recordsOf = (key: string): readonly ImportedRecord[] => tables.get(key)?.records ?? []
    const trades = recordsOf('trades')
    const state = (word: string): string => (word === 'CLOSE' ? 'CLOSED' : word)
    const states = merged(truth?.trades_by_status ?? {}, state)
    expect(census(trades.flatMap((record) => (record.kind === 'position' ? [record.state] : [])))).toEqual(states)
    const orders = recordsOf('orders').flatMap((record) => (record.kind === 'order' ? [record] : []))
    const status = (word: string): string => (word === 'OPEN' ? 'ACCEPTED' : word.replace('CANCELLED', 'CANCELED'))
    expect(census(orders.map((order) => order.status))).toEqual(merged(truth?.orders_by_status ?? {}, status))
    const type = (word: string): string => (word === 'STOP' ? 'STOP_MARKET' : word)
    expect(census(orders.map((order) => order.orderType ?? ''))).toEqual(merged(truth?.orders_by_type ?? {}, type))
    const balances = recordsOf('balances').flatMap((record) => (record.kind === 'balance' ? [record] : []))
    expect(latestTotalUsd(balances)).toBe(truth?.latest_total_usd)
    const filled = (states['OPEN'] ?? 0) + 2 * (states['CLOSED'] ?? 0)
    expect(trades.filter(({ kind }) => kind === 'fill')).toHaveLength(filled)
  })

  it('has trades and orders that agree on symbol, side, quantity and, to the second, time', async () => {
    const tables = await mapAll([join(folder, 'v2_full_backup.dump')])
    const orders = (tables.get('orders')?.records ?? []).flatMap((record) => (record.kind === 'order' ? [record] : []))
    const byId = new Map(orders.map((order) => [order.orderId, order]))
    let held = 0
    for (const part of tables.get('trades')?.records ?? []) {
      const order = part.kind === 'order' ? byId.get(part.orderId) : undefined
      if (order === undefined || part.kind !== 'order') continue
      held += 1
      expect([order.symbol, order.side, order.quantity, order.purpose]).toEqual([part.symbol, part.side, part.quantity, part.purpose])
      // Some times of version 2 were cut to the second.
      expect(Math.abs(order.createdMs - part.createdMs)).toBeLessThan(1_000)
    }
    expect(held).toBe(installation === 'clean' ? 752 : 2_774)
  })

  it('has the same records from each source', async () => {
    const [csv, dataOnly, full] = await Promise.all(sources.map(([, files]) => mapAll(files.map((file) => join(folder, file)))))
    for (const [key, { records }] of full ?? []) {
      expect(dataOnly?.get(key)?.records).toEqual(records)
      // CSV cannot tell the empty text from NULL: extras may differ by that alone.
      if (csv?.has(key) === true) expect(csv.get(key)?.records.map(withoutEmpty)).toEqual(records.map(withoutEmpty))
    }
  })
})

function withoutEmpty(record: ImportedRecord): ImportedRecord {
  return { ...record, extras: Object.fromEntries(Object.entries(record.extras).filter(([, cell]) => cell !== null && cell !== '')) }
}
