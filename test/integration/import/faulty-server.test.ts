import { execFile } from 'node:child_process'
import { chown, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '#domain/errors.ts'
import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { PostgresProxy } from '#test/support/postgres-proxy.ts'
import type { ImportOrder } from '#v2-import/run/run-import.ts'
import type { ImportSource } from '#v2-import/sources/import-source.ts'
import { openSource } from '#v2-import/sources/open-source.ts'
import { hasInstall, importFrom, INSTALL, migratedDatabase } from './import-support.ts'

const COUNTED = ['runs', 'tables', 'rows', 'orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps', 'sessions']
const READY_DEADLINE_MS = 60_000
const POLL_MS = 10
const MIB = 1_048_576
/** With 2 MiB more each time: an import of this size takes about 10. */
const ATTEMPTS_MAX = 12
const run = promisify(execFile)

describe.skipIf(!hasInstall)('an import whose server fails', { timeout: 300_000 }, () => {
  const location = join(INSTALL, 'clean/v2_full_backup.dump')
  let postgres: TestPostgres
  let nothing: readonly number[]
  let all: readonly number[]
  beforeAll(async () => {
    postgres = await startTestPostgres()
    const connection = await migratedDatabase(postgres)
    nothing = await counts(connection)
    await importFrom(connection, location)
    all = await counts(connection)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())
  afterEach(() => serverBack())

  async function counts(connection: PgConnection): Promise<readonly number[]> {
    const sql = COUNTED.map((name) => `(SELECT count(*) FROM imported.${name})`).join(', ')
    const [row] = await postgres.query<{ counts: readonly string[] }>(connection, `SELECT ARRAY[${sql}]::text[] AS counts`)
    return row!.counts.map(Number)
  }

  /** The failure that an import ends with. */
  async function failureOf(connection: PgConnection, options: Partial<ImportOrder> = {}): Promise<AppError> {
    const error: unknown = await importFrom(connection, location, options).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof AppError)) throw new Error('the import did not fail, or not with words', { cause: error })
    return error
  }

  async function expectFinished(connection: PgConnection): Promise<void> {
    const report = await importFrom(connection, location)
    expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
    expect((await counts(connection)).slice(2)).toEqual(all.slice(2))
    const left = await postgres.query(connection, String.raw`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'import\_%'`)
    expect(left).toEqual([])
  }

  const kill = (): boolean => process.kill(postgres.server.status().pid!, 'SIGKILL')

  async function serverBack(): Promise<void> {
    const deadline = performance.now() + READY_DEADLINE_MS
    while (performance.now() < deadline) {
      await sleep(10 * POLL_MS)
      const answer = await postgres.query({ ...postgres.server.connection, database: 'postgres' }, 'SELECT 1').catch(() => [])
      if (answer.length === 1 && postgres.server.status().state === 'running') return
    }
    throw new Error('the server did not come back')
  }

  it.each(['read', 'move'] as const)('is killed while it works on "%s": nothing came, and the next call goes on', async (phase) => {
    const connection = await migratedDatabase(postgres)
    let killed = false
    const onProgress: ImportOrder['onProgress'] = (progress) => {
      if (killed || progress.phase !== phase || (phase === 'read' && progress.rows < 1_000)) return
      killed = kill()
    }
    const error = await failureOf(connection, { onProgress })
    expect(killed).toBe(true)
    expect(error.code).toBe('POSTGRES_UNREACHABLE')
    expect(error.message).toMatch(/^Postgres at .* failed: .*The imported history is as it was\. Run it again when that is mended/)
    await serverBack()
    expect(await counts(connection)).toEqual(nothing)
    await expectFinished(connection)
  })

  it('cannot read its source a second time: nothing came, and the next call goes on', async () => {
    const connection = await migratedDatabase(postgres)
    const source = await openSource(location)
    const fault = new AppError('FILE_INVALID', 'the disk of the source has gone')
    const torn: ImportSource = {
      identity: source.identity,
      damage: source.damage,
      tables: () => source.tables(),
      rows: (table, options) => source.rows(table, options),
      copyText: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }) }),
      findings: () => source.findings(),
      close: () => source.close(),
    }
    expect(await failureOf(connection, { source: torn })).toBe(fault)
    await source.close()
    expect(await counts(connection)).toEqual(nothing)
    await expectFinished(connection)
  })

  it('is killed while the rows are checked: they stand, and the message says so', async () => {
    const connection = await migratedDatabase(postgres)
    const watcher = (async () => {
      const client = await connectClient(connection, 'test')
      while ((await client.query('SELECT FROM imported.runs')).rowCount === 0) await sleep(POLL_MS)
      closeQuietly(client)
      kill()
    })()
    const error = await failureOf(connection)
    await watcher
    expect(error.code).toBe('POSTGRES_UNREACHABLE')
    expect(error.message).toMatch(
      /All rows of run \S+ are imported; only their check was not finished\. Run the same again, or: import --verify/,
    )
    await serverBack()
    expect(await counts(connection)).toEqual(all)
    await expectFinished(connection)
  })

  it.each([
    ['never arrives', 'lose-request'],
    ['is done and its answer is lost', 'lose-answer'],
  ] as const)('loses the connection at a COMMIT that %s: all or nothing, and the next call finds out', async (_, fate) => {
    const connection = await migratedDatabase(postgres)
    await using proxy = await PostgresProxy.start(connection)
    let isMoving = false
    proxy.fate = () => (isMoving ? fate : 'pass')
    const onProgress: ImportOrder['onProgress'] = ({ phase }) => (isMoving ||= phase === 'move')
    const error = await failureOf({ ...connection, port: proxy.port }, { onProgress })
    expect(error.message).toMatch(/lost at the very moment of writing: all rows of this import stand, or none\. Run it again/)
    expect(proxy.requestsLost + proxy.commitsLost).toBe(1)
    expect(await counts(connection)).toEqual(fate === 'lose-answer' ? all : nothing)
    await expectFinished(connection)
  })

  it('runs out of disk, at whatever point: all or nothing, words that say so, and with more room it is finished', async (context) => {
    await using disk = await SmallDisk.mount(join(dirname(postgres.dataDir), 'small'), postgres.dataDir)
    if (disk === undefined) return context.skip('no file system of a given size can be mounted here')
    const admin = { ...postgres.server.connection, database: 'postgres' }
    const connection = postgres.freshDatabase()
    await disk.resize(64 * MIB)
    await postgres.query(admin, `CREATE TABLESPACE small LOCATION '${disk.path}'`)
    await postgres.query(admin, `CREATE DATABASE ${connection.database} TABLESPACE small`)
    await migratedDatabase(postgres, connection)
    await postgres.query(connection, 'CHECKPOINT')
    const held = await disk.usedBytes()
    const outcomes: string[] = []
    for (let room = MIB; outcomes.length < ATTEMPTS_MAX; room += 2 * MIB) {
      await disk.resize(held + room)
      const error: unknown = await importFrom(connection, location).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const now = await counts(connection)
      if (error === undefined) break
      expect((error as AppError).code).toBe('POSTGRES_UNREACHABLE')
      const isWhole = now[0] !== 0
      expect(now).toEqual(isWhole ? all : nothing)
      const rest = isWhole ? /All rows of run \S+ are imported; only their check/ : /The imported history is as it was\. Free some space/
      expect((error as AppError).message).toMatch(/^The disk of Postgres at \S+ is full: .*No space left on device/)
      expect((error as AppError).message).toMatch(rest)
      outcomes.push(isWhole ? 'checking' : 'before')
    }
    process.stderr.write(`disk full: ${outcomes.join(', ')}, then enough\n`)
    // What a failed attempt took is given back: else each would need as much again.
    expect(outcomes.length).toBeLessThan(ATTEMPTS_MAX)
    expect(outcomes).toContain('before')
    // A second import has its rows once more until it has found that they stand.
    await disk.resize(2 * (await disk.usedBytes()))
    await expectFinished(connection)
    await postgres.query(admin, `DROP DATABASE ${connection.database} WITH (FORCE)`)
    await postgres.query(admin, 'DROP TABLESPACE small')
  })
})

/** A file system in memory of a size that can change. */
class SmallDisk implements AsyncDisposable {
  readonly path: string
  private constructor(path: string) {
    this.path = path
  }

  /** Undefined where we may not mount. */
  static async mount(path: string, ownedLike: string): Promise<SmallDisk | undefined> {
    await mkdir(path)
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path])
    } catch {
      await rm(path, { recursive: true })
      return undefined
    }
    const owner = await stat(ownedLike)
    await chown(path, owner.uid, owner.gid)
    return new SmallDisk(path)
  }

  async resize(bytes: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${bytes}`, this.path])
  }

  async usedBytes(): Promise<number> {
    const { stdout } = await run('df', ['--output=used', '--block-size=1', this.path])
    return Number(stdout.split('\n')[1])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', [this.path])
  }
}
