import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecretVault } from '#platform/secrets/secret-vault.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { MigrationChildOrder } from '#test/support/migration-child.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { listStoredRuns } from '#v2-import/migration/stored-runs.ts'
import { contentOf, hasInstall, INSTALL, migratedDatabase } from '../import/import-support.ts'
import { choiceOf, PASSPHRASE, TestDataDirectory } from './migration-support.ts'

const ROUNDS = Number(process.env['MIGRATION_KILLS'] ?? 1)
const CHILD = fileURLToPath(new URL('../../support/migration-child.ts', import.meta.url))
/** Moments of chance, three a run: in the archive and the rows, then in what follows them. */
const EARLY_MS_MAX = 2_500

describe.skipIf(!hasInstall)('a migration that is killed', () => {
  const choice = choiceOf(join(INSTALL, 'clean'))
  let postgres: TestPostgres
  let connection: PgConnection
  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  /** Runs it in a process of its own that dies at a point, or after a while; gives the exit code, null if it was killed. */
  async function runAndKill(data: TestDataDirectory, dieAt: MigrationChildOrder['dieAt'], afterMs?: number): Promise<number | null> {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const gone = once(child, 'exit') as Promise<[number | null]>
    child.send({ choice, connection, dataDirectory: data.path, passphrase: PASSPHRASE, dieAt } satisfies MigrationChildOrder)
    if (afterMs !== undefined) {
      await Promise.race([sleep(afterMs), gone])
      child.kill('SIGKILL')
    }
    return (await gone)[0]
  }

  /** The store of secrets is made anew each time: what is in it counts, not its bytes. */
  async function outcome(data: TestDataDirectory): Promise<unknown> {
    const { 'secrets.json': _, ...files } = await data.content()
    const vault = await SecretVault.open(join(data.path, 'secrets.json'), PASSPHRASE)
    const secrets = vault.names().map((name) => (name.startsWith('import.') ? 'seal' : `${name} ${vault.get(name)}`))
    return { files, secrets, rows: await counts() }
  }

  async function counts(): Promise<readonly number[]> {
    const tables = ['runs', 'rows', 'orders', 'fills', 'positions', 'signals', 'balances']
    const sql = tables.map((name) => `(SELECT count(*) FROM imported.${name})`).join(', ')
    const [row] = await postgres.query<{ counts: readonly string[] }>(connection, `SELECT ARRAY[${sql}]::text[] AS counts`)
    return row!.counts.map(Number)
  }

  it(`at moments of chance leaves nothing half written, is finished by the next run and taken back whole`, {
    timeout: 600_000,
  }, async () => {
    const nothing = await contentOf(postgres, connection)
    await using whole = await TestDataDirectory.make()
    await writeFile(join(whole.path, 'config.yaml'), 'log: {level: warn}\n')
    const wholeRun = await runMigration(choice, whole.place(connection))
    const expected = await outcome(whole)
    await rollBackMigration(wholeRun.runId, whole.place(connection))

    for (let round = 0; round < ROUNDS; round += 1) {
      await using data = await TestDataDirectory.make()
      await writeFile(join(data.path, 'config.yaml'), 'log: {level: warn}\n')
      const place = data.place(connection)
      const before = await data.content()
      const afterMs = Math.random() * EARLY_MS_MAX
      const late = (['settings', 'models', 'strategies'] as const)[Math.floor(Math.random() * 3)]
      const told = `killed after ${Math.round(afterMs)} ms, then at ${late}`
      expect([null, 0]).toContain(await runAndKill(data, undefined, afterMs))
      expect(await runAndKill(data, { step: 'verify', time: 3 }), told).toBeNull()
      expect(await runAndKill(data, { step: late ?? 'models', time: 2 }), told).toBeNull()
      const report = await runMigration(choice, place)
      expect([report.isResumed, report.checks.filter(({ status }) => status === 'failed')], told).toEqual([true, []])
      expect(await outcome(data), told).toEqual(expected)
      expect(
        (await listStoredRuns(data.path)).map(({ runId, state }) => [runId, state]),
        told,
      ).toEqual([[report.runId, 'done']])
      expect(
        readdirSync(data.path, { recursive: true }).filter((name) => String(name).endsWith('.draft')),
        told,
      ).toEqual([])
      await rollBackMigration(report.runId, place)
      expect(await data.content(), told).toEqual(before)
      expect(await contentOf(postgres, connection), told).toBe(nothing)
    }
  })
})
