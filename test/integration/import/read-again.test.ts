import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { writeArchiveFile, type StreamedTable } from '#test/support/v2-import/archive-file.ts'
import { makeFolder } from '#test/support/v2-import/read-all.ts'
import { findRun, verifyImport } from '#v2-import/run/verify-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { importFrom, migratedDatabase } from './import-support.ts'

const VERSION = 14
const HEAD = 'id\tsymbol\tside\ttype\tstatus\tquantity\tprice\tcreated_at\tnote'
const columns = HEAD.split('\t')
const order = (id: number, note: string): string => `${id}\tBTCUSDT\tbuy\tmarket\tfilled\t0.50\t100.0\t2024-03-01T00:00:00Z\t${note}`

function table(name: string, lines: readonly string[]): StreamedTable {
  const definition = `CREATE TABLE public."${name}" (\n${columns.map((column) => `    "${column}" text`).join(',\n')}\n);\n`
  return { name, columns, definition, primaryKey: 'id', data: () => [...lines.map((line) => `${line}\n`), '\\.\n\n\n'] }
}

/** What the server and the reader of archives have to understand alike. */
const SPELLINGS = ['', '\\N', '\\\\N', '\\\\', 'a\\tb\\nc\\rd', '\\x41\\102\\b\\f\\v', '\\q', 'жук 😀', '\\u0041', "it''s"]

describe('the second reading of an archive', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function imported(lines: readonly string[]) {
    await using folder = await makeFolder()
    const connection = await migratedDatabase(postgres)
    const location = join(folder.path, 'v2_full_backup.dump')
    await writeArchiveFile(location, [table('orders', lines), table('Operator Notes', lines)], VERSION)
    const report = await importFrom(connection, location)
    const run = await findRun(connection, report.runId)
    return { connection, report, run, failed: report.checks.filter(({ status }) => status === 'failed') }
  }

  it('understands every spelling of a cell as the first did', async () => {
    const { report, failed } = await imported(SPELLINGS.map((note, index) => order(index + 1, note)))
    expect(report.differences).toEqual([])
    expect(failed).toEqual([])
    expect(report.tables.map(({ imported: count }) => count)).toEqual([SPELLINGS.length, SPELLINGS.length])
  })

  it('understands lines that end in two characters', async () => {
    const { report, failed } = await imported([order(1, 'a'), order(2, 'b')].map((line) => `${line}\r`))
    expect([report.differences, failed]).toEqual([[], []])
    expect(report.tables.map(({ imported: count }) => count)).toEqual([2, 2])
  })

  it.each([
    ['too few cells', `2\tBTCUSDT`],
    ['too many cells', `${order(2, 'a')}\tb`],
    ['bytes that are no UTF-8', order(2, '\\377')],
    ['the byte 0', order(2, '\\000')],
    ['a bare carriage return', order(2, 'a\rb')],
  ])('goes row by row where one has %s', async (_, line) => {
    const { report, failed } = await imported([order(1, 'a'), line, order(3, '\\N')])
    expect(report.differences).toEqual([])
    expect(failed).toEqual([])
    expect(report.tables.map(({ source, parked }) => [source, parked])).toEqual([
      [3, 1],
      [3, 1],
    ])
  })

  it('names a key that another run has brought too', async () => {
    await using folder = await makeFolder()
    const connection = await migratedDatabase(postgres)
    const location = join(folder.path, 'v2_full_backup.dump')
    await writeArchiveFile(location, [table('orders', [order(1, 'a'), order(2, 'b')])], VERSION)
    const { runId } = await importFrom(connection, location)
    const csv = await folder.write('v2_orders.csv', [HEAD, order(9, 'c')].map((line) => `${line.replaceAll('\t', ',')}\n`).join(''))
    const other = await importFrom(connection, csv)
    const verify = async () => {
      const source = await openSource(location)
      try {
        return await verifyImport({ connection, run: await findRun(connection, runId), source, clock: systemClock })
      } finally {
        await source.close()
      }
    }
    expect((await verify()).differences).toEqual([])
    for (const [name, what] of [
      ['rows', 'orders'],
      ['orders', 'orders'],
    ] as const) {
      const copied = `to_jsonb(t) || jsonb_build_object('run_id', '${other.runId}')`
      const sql = `SELECT (jsonb_populate_record(NULL::imported.${name}, ${copied})).* FROM imported.${name} t WHERE run_id = '${runId}' AND row_key = '["2"]'`
      await postgres.query(connection, `INSERT INTO imported.${name} ${sql}`)
      const { checks, differences } = await verify()
      expect(differences).toEqual([
        { check: 'N2', table: what, key: '["2"]', column: undefined, expected: 'once', found: `in run ${other.runId} too` },
      ])
      expect(checks.filter(({ status }) => status === 'failed').map((check) => check.name)).toEqual(['N2 every row once'])
      await postgres.query(connection, `DELETE FROM imported.${name} WHERE run_id = '${other.runId}' AND row_key = '["2"]'`)
    }
  })
})
