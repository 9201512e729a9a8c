import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '#platform/config/config.ts'
import { readImportedSettings } from '#platform/config/imported-settings.ts'
import { SecretVault } from '#platform/secrets/secret-vault.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { MigrationChildOrder } from '#test/support/migration-child.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import type { MigrationReport } from '#v2-import/migration/migration-order.ts'
import { migrationJson } from '#v2-import/migration/migration-report.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { listStoredRuns } from '#v2-import/migration/stored-runs.ts'
import { contentOf, hasInstall, INSTALL, migratedDatabase } from '../import/import-support.ts'
import { choiceOf, PASSPHRASE, TestDataDirectory } from './migration-support.ts'

const run = promisify(execFile)
const CLI = join(import.meta.dirname, '../../../src/cli/index.ts')
const CLEAN = join(INSTALL, 'clean')
const WORN = join(INSTALL, 'worn')
const ROUNDS = Number(process.env['MIGRATION_KILLS'] ?? 1)
const CHILD = fileURLToPath(new URL('../../support/migration-child.ts', import.meta.url))
/** How often at least a backup tells of itself, and how long at least the rest takes after the first word of a step. */
const BACKUP_NEWS = 30
const HISTORY_MS = 200
const LATE_MS = 20

const MINE = '# mine\nrisk:\n  max_open_positions: 3 # not more\n'

/** Everything in an installation that is to stay hidden. */
function secretsOf(installation: string): readonly string[] {
  const env = Object.entries(parseEnv(readFileSync(join(installation, '.env'), 'utf8')))
  const telegram = /"(.+)"/.exec(readFileSync(join(installation, 'config/telegram.yaml'), 'utf8'))?.[1] ?? ''
  const secrets = [...env.flatMap(([name, value]) => (/KEY|SECRET|PASS/.test(name) && value ? [value] : [])), telegram]
  expect(secrets).toHaveLength(8)
  return secrets
}

const stepsOf = ({ steps }: MigrationReport) => Object.fromEntries(steps.map(({ step, status }) => [step, status]))
const checksOf = ({ checks }: MigrationReport) =>
  Object.fromEntries(checks.map(({ name, status }) => [name.replace(/(N\d+)( settings| models| folder)?.*/, '$1$2'), status]))
const countsOf = (report: MigrationReport) => {
  const counts = { mapped: 0, parked: 0, ignored: 0 }
  for (const { outcome } of report.settings ?? []) counts[outcome] += 1
  return counts
}
const MEASURED = ['N1', 'N2', 'N3', 'N4', 'N5', 'N6', 'N7', 'N8', 'N9', 'N10 settings', 'N10 models', 'N11', 'N11 folder']

let postgres: TestPostgres
beforeAll(async () => {
  if (hasInstall) postgres = await startTestPostgres()
})
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]()
})

describe.skipIf(!hasInstall)('a migration', () => {
  /** The command line over a database of the test. */
  async function cli(connection: PgConnection, data: TestDataDirectory, args: readonly string[]): Promise<Record<string, unknown>> {
    const { host, port, user, password = '', database } = connection
    const env = { PATH: process.env['PATH'], PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database }
    const options = { env: { ...env, BOT_TRADING_PASSPHRASE: PASSPHRASE }, maxBuffer: 50_000_000 }
    const { stdout, stderr } = await run(process.execPath, [CLI, 'import', ...args, '--data-dir', data.path, '--json'], options)
    expect(stderr).toBe('')
    return JSON.parse(stdout) as Record<string, unknown>
  }

  it('tried first writes nothing and says what would be', async () => {
    await using data = await TestDataDirectory.make()
    const connection = await migratedDatabase(postgres)
    await writeFile(join(data.path, 'config.yaml'), MINE)
    data.place(connection)
    const before = [await data.everything(), await contentOf(postgres, connection)]
    const report = await cli(connection, data, ['--source', join(CLEAN, 'v2_data_backup.dump'), '--v2-dir', CLEAN, '--dry-run'])
    expect([await data.everything(), await contentOf(postgres, connection)]).toEqual(before)
    const settings = report['settings'] as { key: string; outcome: string; to?: string }[]
    expect(settings).toContainEqual(expect.objectContaining({ key: '.env: BYBIT_API_KEY', outcome: 'mapped', to: 'vault: bybit.main.key' }))
    expect(report['models']).toEqual([expect.objectContaining({ status: 'converted' })])
    expect(report['strategies']).toEqual([expect.objectContaining({ name: 'v2-ema-cross', status: 'ready' })])
    expect(new Set((report['checks'] as { status: string }[]).map(({ status }) => status))).toEqual(new Set(['not_run']))
  })

  it('brings everything, shows no secret anywhere, adds nothing the second time, and is taken back byte by byte', async () => {
    await using data = await TestDataDirectory.make()
    const connection = await migratedDatabase(postgres)
    const place = data.place(connection)
    await writeFile(join(data.path, 'config.yaml'), MINE, { mode: 0o640 })
    const vaultPath = join(data.path, 'secrets.json')
    await (await SecretVault.open(vaultPath, PASSPHRASE)).put('okx.main.key', 'mine, stored before')
    const before = await data.content()
    const rowsBefore = await contentOf(postgres, connection)
    const progress: string[] = []
    const report = await runMigration(choiceOf(WORN), place, { onProgress: (news) => void progress.push(JSON.stringify(news)) })

    expect(stepsOf(report)).toEqual({ backup: 'done', history: 'done', settings: 'done', models: 'done', strategies: 'done' })
    expect(checksOf(report)).toEqual({ ...Object.fromEntries(MEASURED.map((name) => [name, 'passed'])), N12: 'not_run' })
    const truth = JSON.parse(readFileSync(join(WORN, 'truth.json'), 'utf8')) as { rows: Record<string, number> }
    expect(
      Object.fromEntries(
        report.tables
          .filter(({ name }) => name in truth.rows || name.includes('Notes'))
          .map(({ name, source }) => [name.replaceAll('"', ''), source]),
      ),
    ).toEqual(truth.rows)
    // 11 keys in .env, 24 in config.yaml, 2 and 3 in the small ones, 12 in strategies.json; two of its lists and the chats go member by member.
    expect([report.settings?.length, countsOf(report)]).toEqual([53, { mapped: 24, parked: 17, ignored: 12 }])
    expect(report.models).toEqual([expect.objectContaining({ file: 'models/best_model_20250728_215703.pth', status: 'converted' })])
    expect(report.models?.[0]?.maxAbsDiff).toBeLessThan(1e-4)
    expect(readConfig(place.configPath, true).risk).toMatchObject({ max_open_positions: 3, max_position_notional: '1500' })
    expect((await readImportedSettings(data.path))?.traders.map(({ id, strategy, desired }) => [id, strategy, desired])).toEqual([
      ['ema_cross', 'v2-ema-cross', 'stopped'],
      ['migrated_strategy', 'v2-migrated-strategy', 'stopped'],
    ])
    const vault = await SecretVault.open(vaultPath, PASSPHRASE)
    expect([vault.get('bybit.main.secret'), vault.get('okx.main.key')]).toEqual(['example+secret/not-real==', 'mine, stored before'])

    const folder = join(data.path, 'imports', report.runId)
    expect((await readdir(folder)).sort()).toEqual([
      'COMPONENT_MAPPING.md',
      'MIGRATION_REPORT.md',
      'backup',
      'report.json',
      'run.json',
      'settings',
    ])
    const [stored] = await listStoredRuns(data.path)
    expect([stored?.state, stored?.report]).toEqual(['done', JSON.parse(JSON.stringify(report))])
    // The archive holds the folder of version 2 as it is, its keys too: it is the one place.
    const archive = await readFile(report.backup?.path ?? '')
    await rm(report.backup?.path ?? '')
    const rows = await contentOf(postgres, connection)
    const shown = Buffer.concat([
      await data.everything(),
      Buffer.from([rows, JSON.stringify(migrationJson(report)), ...progress].join('\n')),
    ])
    for (const secret of secretsOf(WORN))
      for (const encoding of ['utf8', 'base64', 'hex'] as const)
        expect(
          shown.includes(
            Buffer.from(secret)
              .toString(encoding)
              .slice(0, encoding === 'base64' ? -4 : undefined),
          ),
          secret,
        ).toBe(false)
    await writeFile(report.backup?.path ?? '', archive)

    const again = await runMigration(choiceOf(WORN, { steps: ['settings', 'models', 'strategies'] }), place)
    expect(again.runId).not.toBe(report.runId)
    expect([countsOf(again), again.models, again.strategies]).toEqual([countsOf(report), report.models, report.strategies])
    for (const runId of [again.runId, report.runId]) {
      const back = await rollBackMigration(runId, place)
      expect(back.kept.map(({ what }) => what).filter((what) => !what.endsWith('.tar.gz'))).toEqual([join(data.path, 'imports', runId)])
    }
    expect(await data.content()).toEqual(before)
    expect(await contentOf(postgres, connection)).toBe(rowsBefore)
    await expect(rollBackMigration(report.runId, place)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('taken back keeps what a person changed since, and names it', async () => {
    await using data = await TestDataDirectory.make()
    const connection = await migratedDatabase(postgres)
    const place = data.place(connection)
    const { runId } = await runMigration(choiceOf(CLEAN, { steps: ['settings', 'models', 'strategies'] }), place)
    const [strategy, description] = [
      join(data.path, 'strategies/v2-ema-cross.ts'),
      join(data.path, 'models/best_model_20250728_215703.json'),
    ]
    for (const path of [strategy, description, place.configPath]) await writeFile(path, 'log: {level: warn}\n')
    await (await SecretVault.open(join(data.path, 'secrets.json'), PASSPHRASE)).put('bybit.main.key', 'a newer one')
    await expect(rollBackMigration(runId, data.place(connection, {}))).rejects.toMatchObject({ code: 'REFUSED' })
    const back = await rollBackMigration(runId, place)
    expect(back.kept.map(({ what }) => what)).toEqual([
      place.configPath,
      'secret bybit.main.key',
      strategy,
      description,
      expect.any(String),
    ])
    expect(back.secretsRemoved).toHaveLength(6)
    expect(Object.keys(await data.content())).toEqual([
      'config.yaml',
      'logs',
      'models',
      'models/best_model_20250728_215703.json',
      'secrets.json',
      'strategies',
      'strategies/v2-ema-cross.ts',
    ])
  })

  it('without a passphrase parks the secrets and does the rest; never writes over a file; starts no trader', async () => {
    await using data = await TestDataDirectory.make()
    const connection = await migratedDatabase(postgres)
    const place = data.place(connection, {})
    await writeFile(join(data.path, 'strategies/v2-ema-cross.js'), '// mine\n')
    const report = await runMigration(choiceOf(CLEAN, { steps: ['settings', 'models', 'strategies'] }), place)
    const secrets = (report.settings ?? []).filter(({ reason }) => reason?.includes('BOT_TRADING_PASSPHRASE') === true)
    expect([secrets.length, new Set(secrets.map(({ outcome }) => outcome))]).toEqual([10, new Set(['parked'])])
    expect(report.strategies).toEqual([expect.objectContaining({ status: 'kept', to: join(data.path, 'strategies/v2-ema-cross.js') })])
    expect((await readImportedSettings(data.path))?.traders.map(({ desired }) => desired)).toEqual(['stopped', 'stopped'])
    expect(Object.keys(await data.content())).not.toContain('secrets.json')
    expect(checksOf(report)).toMatchObject({ N1: 'not_run', 'N10 settings': 'passed', 'N10 models': 'passed', 'N11 folder': 'passed' })
    await rollBackMigration(report.runId, place)
    expect(Object.keys(await data.content())).toEqual(['logs', 'strategies', 'strategies/v2-ema-cross.js'])
  })
})

describe.skipIf(!hasInstall)('a migration that is killed', () => {
  // Few rows: an import that is killed among many has a test of its own.
  const choice = choiceOf(CLEAN, { source: join(INSTALL, '../pg-archives/pg18-gzip-copy-basic.dump') })
  let connection: PgConnection
  beforeAll(async () => {
    connection = await migratedDatabase(postgres)
  })

  /** Runs it in a process of its own that dies; gives the exit code, null if it was killed. */
  async function runAndKill(data: TestDataDirectory, dieAt: MigrationChildOrder['dieAt']): Promise<number | null> {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const gone = once(child, 'exit') as Promise<[number | null]>
    child.send({ choice, connection, dataDirectory: data.path, passphrase: PASSPHRASE, dieAt } satisfies MigrationChildOrder)
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
      const below = (end: number): number => Math.floor(Math.random() * end)
      const moments = [
        { step: 'backup', time: 1 + below(BACKUP_NEWS), afterMs: 0 },
        { step: 'history', time: 1, afterMs: below(HISTORY_MS) },
        { step: ['settings', 'models', 'strategies'][below(3)] ?? '', time: 1, afterMs: below(LATE_MS) },
      ]
      const told = JSON.stringify(moments)
      for (const moment of moments) expect(await runAndKill(data, moment), told).toBeNull()
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
