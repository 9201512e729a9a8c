import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { ImportChildOrder } from '#test/support/import-child.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { ImportDatabase } from '#v2-import/run/import-database.ts'
import { rollBack } from '#v2-import/rollback/roll-back.ts'
import { hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

const KILLS = Number(process.env['IMPORT_KILLS'] ?? 4)
const CHILD = fileURLToPath(new URL('../../support/import-child.ts', import.meta.url))
const COUNTED = ['runs', 'tables', 'rows', 'orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps', 'sessions']

describe.skipIf(!hasInstall)('an import that is killed', () => {
  const location = join(INSTALL, 'worn/v2_full_backup.dump')
  let postgres: TestPostgres
  let connection: PgConnection
  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  async function counts(): Promise<readonly number[]> {
    const sql = COUNTED.map((name) => `(SELECT count(*) FROM imported.${name})`).join(', ')
    const [row] = await postgres.query<{ counts: readonly string[] }>(connection, `SELECT ARRAY[${sql}]::text[] AS counts`)
    return row!.counts.map(Number)
  }

  async function rollback(runId: string): Promise<void> {
    const database = await ImportDatabase.open(connection)
    await rollBack(database, runId)
    await database.close()
  }

  /** Runs an import and kills it after a while; gives the exit code, null if it was killed. */
  async function runAndKill(afterMs: number): Promise<number | null> {
    const child = fork(CHILD, { stdio: 'ignore' })
    const gone = once(child, 'exit') as Promise<[number | null]>
    child.send({ connection, location } satisfies ImportChildOrder)
    await Promise.race([sleep(afterMs), gone])
    child.kill('SIGKILL')
    return (await gone)[0]
  }

  it(`leaves all or nothing and is finished by the next run, ${KILLS} times`, { timeout: 3_600_000 }, async () => {
    const nothing = await counts()
    expect(nothing.every((count) => count === 0)).toBe(true)
    const began = performance.now()
    const whole = await importFrom(connection, location)
    const wholeMs = performance.now() - began
    const all = await counts()
    await rollback(whole.runId)
    const outcomes = { nothing: 0, all: 0, resumed: 0 }
    for (let round = 0; round < KILLS; round += 1) {
      // From the first moment to beyond the end, at moments of chance.
      const code = await runAndKill(((round + Math.random()) / KILLS) * wholeMs * 1.2)
      const now = await counts()
      expect([nothing, all]).toContainEqual(now)
      outcomes[now[0] === 0 ? 'nothing' : 'all'] += 1
      expect([null, 0]).toContain(code)
      const rerun = await importFrom(connection, location)
      if (rerun.isResumed) outcomes.resumed += 1
      expect(rerun.differences).toEqual([])
      expect(rerun.checks.filter(({ status }) => status === 'failed')).toEqual([])
      const runs = await postgres.query<{ runId: string }>(connection, 'SELECT run_id AS "runId" FROM imported.runs ORDER BY started_ms')
      expect((await counts()).slice(2)).toEqual(all.slice(2))
      const left = await postgres.query(connection, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'import\\_%'`)
      expect(left).toEqual([])
      for (const { runId } of runs) await rollback(runId)
      expect(await counts()).toEqual(nothing)
    }
    process.stderr.write(`killed ${KILLS} times: ${JSON.stringify(outcomes)}\n`)
  })
})
