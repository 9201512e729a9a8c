import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { makeFolder } from '#test/support/v2-import/read-all.ts'
import { findRun, verifyKept } from '#v2-import/run/verify-import.ts'
import { hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

const MISSING = 'the dump is gone'

describe.skipIf(!hasInstall)('a run that is verified without its source', () => {
  let postgres: TestPostgres
  let connection: PgConnection
  let runId: string
  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
    runId = (await importFrom(connection, join(INSTALL, 'clean/v2_full_backup.dump'))).runId
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function verify(id = runId) {
    const report = await verifyKept({ connection, run: await findRun(connection, id), clock: systemClock, missing: MISSING })
    const statuses = Object.fromEntries(report.checks.map(({ name, status }) => [name.split(' ')[0], status]))
    return { report, statuses }
  }

  it('checks its records against its rows as they were kept, and says what was not checked and why', async () => {
    const { report, statuses } = await verify()
    expect(report.differences).toEqual([])
    const measured = { N3: 'passed', N4: 'passed', N6: 'passed', N7: 'passed', N8: 'passed', N9: 'passed' }
    expect(statuses).toEqual({ N1: 'not_run', N2: 'not_run', N5: 'not_run', N10: 'not_run', N11: 'not_run', N12: 'not_run', ...measured })
    for (const check of report.checks.filter(({ name }) => /^N(?:1|2|5|11) /.test(name))) expect(check.detail).toBe(MISSING)
    for (const { detail } of report.checks.filter(({ status }) => status === 'passed')) expect(detail).toContain('not the source')
  })

  it('finds a changed amount, a missing record and one too many', async () => {
    const damages = [
      [`UPDATE imported.balances SET total = total + 1 WHERE row_key = '["7"]'`, 'balances', 'total'],
      [`DELETE FROM imported.signals WHERE row_key = '["9"]'`, 'signals', undefined],
      [
        `INSERT INTO imported.fills SELECT system, table_key, '["x"]', part, run_id, fill_id, order_id, exchange, symbol, side, price, quantity, fee, realized_pnl, strategy, ts_ms, extras FROM imported.fills LIMIT 1`,
        'fills',
        undefined,
      ],
    ] as const
    for (const [sql] of damages) await postgres.query(connection, sql)
    const { report, statuses } = await verify()
    for (const [sql, table, column] of damages)
      expect(
        report.differences.some((each) => each.table === table && each.column === column),
        sql,
      ).toBe(true)
    expect([statuses['N2'], statuses['N3']]).toEqual(['failed', 'failed'])
  })

  it('copes with rows that were parked in pieces, and with those of an earlier run', async () => {
    await using folder = await makeFolder()
    const head = 'id,symbol,side,type,status,quantity,price,created_at\n'
    const first = '1,BTCUSDT,buy,market,filled,0.5,100,2024-03-01T00:00:00Z\n'
    const file = await folder.write('v2_orders.csv', `${head}${first}2,"a\\b\tc",sideways,market,filled,1,1,x\ntorn,row\n`)
    const options = { system: 'other' }
    const one = await importFrom(connection, file, options)
    expect((await verify(one.runId)).report.differences).toEqual([])
    const later = await folder.write('v2_orders.csv', `${head}${first}3,ETHUSDT,sell,market,filled,2,100,2024-03-01T00:00:00Z\n`)
    const two = await importFrom(connection, later, options)
    expect(two.tables).toEqual([{ name: 'orders', source: 2, imported: 1, parked: 0, skipped: { 'already-imported': 1 } }])
    const { report } = await verify(two.runId)
    expect(report.differences).toEqual([])
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
  })
})
