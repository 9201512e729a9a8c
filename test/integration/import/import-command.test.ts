import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { DataFolder } from '#test/support/replay/data-folder.ts'
import { hasInstall, INSTALL, migratedDatabase } from './import-support.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SOURCE = join(INSTALL, 'clean/v2_full_backup.dump')
const INTERRUPTED = 4
const POLL_MS = 10

async function makeDataDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'bot-trading-import-command-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|NODE_|VITEST)/.test(name))
  return spawn(process.execPath, args, { cwd: ROOT, env: { ...Object.fromEntries(own), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

const command = (dataDir: string, source: string): readonly string[] => [
  'src/cli/index.ts',
  'import',
  '--data-dir',
  dataDir,
  '--source',
  source,
  '--steps',
  'history',
  '--json',
]

interface Printed {
  readonly tables: readonly { readonly source: number; readonly imported: number; readonly skipped: Readonly<Record<string, number>> }[]
  readonly checks: readonly { readonly status: string }[]
}

function expectWhole({ code, stdout, stderr }: Ended, imported: boolean): void {
  expect([code, stderr]).toEqual([0, ''])
  const { tables, checks } = JSON.parse(stdout) as Printed
  expect(checks.filter(({ status }) => status === 'failed')).toEqual([])
  expect(tables.some(({ source }) => source > 500)).toBe(true)
  for (const table of tables) expect(table.imported).toBe(imported ? table.source : 0)
}

describe.skipIf(!hasInstall)('bot-trading import', { timeout: 180_000 }, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startTestPostgres()
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  function environment({ host, port, user, password, database }: PgConnection): NodeJS.ProcessEnv {
    return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database }
  }

  async function until(connection: PgConnection, condition: string): Promise<void> {
    const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`
    while ((await postgres.query(connection, sql)).length === 0) await sleep(POLL_MS)
  }
  const waitsFor = (query: string): string => `wait_event_type = 'Lock' AND query LIKE '${query}%'`

  async function runsOf(connection: PgConnection): Promise<number> {
    return (await postgres.query(connection, 'SELECT FROM imported.runs')).length
  }

  it('works in the database of a workstation that runs on the same data directory', async () => {
    await using directory = await DataFolder.make()
    const workstation = start(['src/headless/index.ts', '--data-dir', directory.path, '--port', '0', '--token', 'token-of-this-test'])
    const gone = once(workstation, 'exit')
    try {
      workstation.stderr?.resume()
      for await (const line of createInterface({ input: workstation.stdout! }))
        if ((JSON.parse(line) as { readonly event: string }).event === 'ready') break
      // The journal is opened before the database is there: until then the command says so and does nothing.
      let first = await ended(start(command(directory.path, SOURCE)))
      for (let tries = 0; first.code !== 0 && tries < 20; tries += 1) {
        expect(first.stderr).toMatch(/^POSTGRES_UNREACHABLE: .*\n$/)
        while ((await directory.postmaster()) === undefined) await sleep(POLL_MS)
        await sleep(1_000)
        first = await ended(start(command(directory.path, SOURCE)))
      }
      expectWhole(first, true)
      expectWhole(await ended(start(command(directory.path, SOURCE))), false)
      expect([workstation.exitCode, workstation.signalCode]).toEqual([null, null])
    } finally {
      workstation.kill('SIGTERM')
      await gone
    }
  })

  it('is interrupted while the rows are moved: nothing came, one line says so, the same command finishes it', async () => {
    await using directory = await makeDataDirectory()
    const connection = await migratedDatabase(postgres)
    const holder = await connectClient(connection, 'test')
    await holder.query('BEGIN; LOCK TABLE imported.orders IN SHARE MODE')
    const child = start(command(directory.path, SOURCE), environment(connection))
    const end = ended(child)
    await until(connection, waitsFor('ALTER TABLE imported.orders ATTACH'))
    child.kill('SIGINT')
    const { code, stderr } = await end
    closeQuietly(holder)
    expect(code).toBe(INTERRUPTED)
    expect(stderr).toMatch(/^DEADLINE_EXCEEDED: .*interrupted.*the same command goes on where it stopped.*\n$/i)
    expect(await runsOf(connection)).toBe(0)
    expectWhole(await ended(start(command(directory.path, SOURCE), environment(connection))), true)
  })

  it('is interrupted after the rows came: they stand, one line says so, the same command checks them', async () => {
    await using directory = await makeDataDirectory()
    const connection = await migratedDatabase(postgres)
    const [holder, next] = [await connectClient(connection, 'test'), await connectClient(connection, 'test')]
    await holder.query('BEGIN; LOCK TABLE imported.orders IN SHARE MODE')
    const child = start(command(directory.path, SOURCE), environment(connection))
    const end = ended(child)
    await until(connection, waitsFor('ALTER TABLE imported.orders ATTACH'))
    // Behind the import in the queue, so before everything that comes after its transaction.
    const locked = next.query('BEGIN; LOCK TABLE imported.orders IN ACCESS EXCLUSIVE MODE')
    await until(connection, waitsFor('BEGIN; LOCK TABLE imported.orders IN ACCESS'))
    closeQuietly(holder)
    await locked
    await until(connection, waitsFor('ANALYZE imported.orders'))
    child.kill('SIGINT')
    const { code, stderr } = await end
    closeQuietly(next)
    expect(code).toBe(INTERRUPTED)
    expect(stderr).toMatch(/^DEADLINE_EXCEEDED: .*All rows of run \S+ are imported; only their check was not finished\..*\n$/)
    expect(await runsOf(connection)).toBe(1)
    expectWhole(await ended(start(command(directory.path, SOURCE), environment(connection))), true)
    expect(await runsOf(connection)).toBe(1)
  })

  it('answers a dump that is cut off, and a wrong password, with one line each', async () => {
    await using directory = await makeDataDirectory()
    const connection = await migratedDatabase(postgres)
    const cut = join(directory.path, 'cut.dump')
    await writeFile(cut, (await readFile(SOURCE)).subarray(0, 100_000))
    const torn = await ended(start(command(directory.path, cut), environment(connection)))
    expect(torn.code).toBe(1)
    expect(torn.stderr).toMatch(/^FILE_INVALID: .*cut\.dump.*\n$/)
    const address = `postgres://${connection.user}:wrong@${connection.host}:${connection.port}/${connection.database}`
    const refused = await ended(start(command(directory.path, address), environment(connection)))
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^POSTGRES_WRONG_PASSWORD: .*password.*\n$/)
    expect(refused.stderr).not.toContain('wrong@')
    expect(await runsOf(connection)).toBe(0)
  })
})
