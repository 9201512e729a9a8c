import { type FileSeal, sealFiles } from '../load/fingerprint.ts'
import type { TableCounts } from '../load/count-rows.ts'
import type { Check, Difference } from '../run/import-report.ts'
import type { ImportSource } from '../sources/import-source.ts'
import type { RecordsComparison } from './compare-records.ts'
import type { RowsComparison } from './compare-rows.ts'

/** A table of the source, and how many rows were read again. */
export interface CountedTable {
  readonly key: string
  readonly rows: number
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Three counts of every table, by code that shares nothing: read again, counted by the server, and what the loader reports. */
export function checkCounts(counts: readonly TableCounts[], tables: readonly CountedTable[], rows: readonly RowsComparison[]): Check {
  const odd = tables.flatMap((table, index) => {
    const said = counts.find(({ name }) => name === table.key)
    const [skipped, comparison] = [said?.skipped ?? {}, rows[index]]
    const accounted = (said?.imported ?? 0) + (said?.parked ?? 0) + sum(Object.values(skipped))
    const isLive = (skipped['already-imported'] ?? 0) > 0 || comparison?.hashes === undefined || comparison.live === table.rows
    const isRight = said?.source === table.rows && accounted === table.rows && isLive
    return isRight ? [] : [`${table.key}: ${table.rows} read, ${accounted} accounted for, ${comparison?.live ?? 0} live`]
  })
  const expected = sum(tables.map((table) => table.rows))
  const found = sum(counts.map(({ imported, parked, skipped }) => imported + parked + sum(Object.values(skipped))))
  const detail = odd.length === 0 ? 'rows of each table: read again = imported + parked + skipped' : odd.join('; ')
  return {
    name: 'N1 every row accounted for',
    status: odd.length === 0 ? 'passed' : 'failed',
    expected: String(expected),
    found: String(found),
    detail,
  }
}

export function checkKeys(rows: readonly RowsComparison[], differences: readonly Difference[]): Check {
  const odd = differences.filter(({ check }) => check === 'N2').length
  const [missing, extra] = [sum(rows.map((each) => each.missing)), sum(rows.map((each) => each.extra))]
  return {
    name: 'N2 every row once',
    status: odd === 0 ? 'passed' : 'failed',
    expected: '0 missing, 0 extra',
    found: odd === 0 ? '0 missing, 0 extra' : `${missing} rows missing, ${extra} extra, ${odd} rows and records in all`,
    detail: 'keys of rows and records of the source against those that stand, both ways',
  }
}

export function checkHashes(
  rows: readonly RowsComparison[],
  records: readonly RecordsComparison[],
  differences: readonly Difference[],
): Check {
  const total = (texts: readonly (string | undefined)[]): string => String(texts.reduce((all, text) => all + BigInt(text ?? 0), 0n))
  const odd = differences.filter(({ check }) => check === 'N3').length
  const compared = [...rows, ...records].map(({ hashes }) => hashes)
  const areEqual =
    records.every(({ hashes }) => hashes.source === hashes.live) &&
    rows.every(({ hashes }) => hashes === undefined || hashes.source === hashes.live)
  return {
    name: 'N3 row hashes equal',
    status: odd === 0 && areEqual ? 'passed' : 'failed',
    expected: total(compared.map((each) => each?.source)),
    found: total(compared.map((each) => each?.live)),
    detail: `${sum(rows.map((each) => each.source))} rows word for word and ${sum(records.map((each) => each.expected))} records column by column; ${odd} cells differ`,
  }
}

export function checkRoundTrip(rebuilt: readonly RecordsComparison[]): Check {
  const total = (texts: readonly string[]): string => String(texts.reduce((all, text) => all + BigInt(text), 0n))
  const isRight = rebuilt.every(({ hashes, expected, found }) => hashes.source === hashes.live && expected === found)
  return {
    name: 'N9 round trip',
    status: !isRight ? 'failed' : rebuilt.every(({ expected }) => expected === 0) ? 'not_run' : 'passed',
    expected: total(rebuilt.map(({ hashes }) => hashes.source)),
    found: total(rebuilt.map(({ hashes }) => hashes.live)),
    detail: `${sum(rebuilt.map((each) => each.expected))} rows made again from their records, against the cells that were read`,
  }
}

export async function checkUntouched(source: ImportSource, seals: readonly FileSeal[]): Promise<Check> {
  const name = 'N11 source untouched'
  if (source.identity.kind === 'postgres')
    return {
      name,
      status: 'not_run',
      detail: 'a live database was read in a read-only transaction; whether others wrote to it is not measured',
    }
  const now = await sealFiles(source.identity)
  const changed = seals.filter((seal) => {
    const same = now.find(({ path }) => path === seal.path)
    return same?.sha256 !== seal.sha256 || same.size !== seal.size || same.modifiedMs !== seal.modifiedMs
  })
  const detail =
    changed.length === 0 ? `${seals.length} files: size, time of change and sha256` : changed.map(({ path }) => path).join(', ')
  return {
    name,
    status: changed.length === 0 && seals.length > 0 ? 'passed' : 'failed',
    expected: seals.map(({ sha256 }) => sha256.slice(0, 16)).join(' '),
    found: now.map(({ sha256 }) => sha256.slice(0, 16)).join(' '),
    detail,
  }
}
