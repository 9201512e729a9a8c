import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '#platform/log/logger.ts'
import { connectClient } from '#storage/postgres/connection.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { startEmbeddedPostgres } from '#storage/postgres/embedded-server.ts'
import type { EmbeddedPostgres, EmbeddedStatus } from '#storage/postgres/embedded-server.ts'
import { readPidFile } from '#storage/postgres/postmaster.ts'
import { findServerUser } from '#storage/postgres/server-user.ts'
import { makeServerFolder } from '#test/support/postgres.ts'

const PARENT = join(import.meta.dirname, '..', 'support', 'postgres-parent.ts')
const isRoot = process.getuid?.() === 0
/** 60 to 300 ms on an idle machine; tests share theirs with others. */
const RESTART_LIMIT_MS = 4_000

interface Ready {
  readonly state: string
  readonly pid: number
  readonly reason?: string
  readonly port: number
  readonly startMs: number
  readonly connection: PgConnection
}

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

async function folder(): Promise<string> {
  const made = await makeServerFolder()
  cleanUps.push(() => rm(made, { recursive: true, force: true }))
  return join(made, 'postgres')
}

async function start(dataDir: string, options: { port?: number; restartDelaysMs?: readonly number[] } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir,
    port: options.port ?? 0,
    logger: silentLogger,
    restartDelaysMs: options.restartDelaysMs,
  })
  cleanUps.push(() => server.stop(5_000))
  return server
}

async function ask(connection: PgConnection, sql: string): Promise<Record<string, unknown>> {
  const client = await connectClient({ ...connection, database: 'postgres' }, 'test')
  const { rows } = await client.query<Record<string, unknown>>(sql)
  await client.end()
  return rows[0] ?? {}
}

function until(server: EmbeddedPostgres, wanted: EmbeddedStatus['state']): Promise<EmbeddedStatus> {
  return new Promise((resolve) => {
    const end = server.onStatus((status) => {
      if (status.state !== wanted) return
      end()
      resolve(status)
    })
  })
}

/** Another process that owns the server, so that it can be killed. */
async function parent(
  dataDir: string,
  command: readonly string[] = [process.execPath],
): Promise<{ readonly child: ChildProcess; readonly ready: Promise<Ready> }> {
  const child = spawn(command[0]!, [...command.slice(1), PARENT, dataDir, '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()))
  const ready = Promise.race([
    once(child.stdout!, 'data').then(([chunk]) => JSON.parse(String(chunk)) as Ready),
    once(child, 'exit').then(() => Promise.reject(new Error(`the parent ended: ${words}`))),
  ])
  ready.catch(() => undefined)
  return { child, ready }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

describe('the embedded server', () => {
  test('first start: durable, local only, password kept from others; second start finds everything again', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const settings = await ask(
      first.connection,
      `
      SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
             current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
             current_setting('server_encoding') AS encoding, current_setting('lc_collate', true) AS collate, current_setting('TimeZone') AS zone,
             current_setting('password_encryption') AS passwords, (SELECT bool_and(auth_method = 'scram-sha-256') FROM pg_hba_file_rules) AS scram`,
    )
    expect(settings).toMatchObject({
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      addresses: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
      zone: 'UTC',
      passwords: 'scram-sha-256',
      scram: true,
    })
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600)
    expect((await readFile(join(dataDir, 'password'), 'utf8')).length).toBeGreaterThanOrEqual(32)
    expect(first.connection.database).toBe('bot_trading_v3')
    await ask(first.connection, 'CREATE TABLE kept AS SELECT 42 AS n')
    await first.stop(5_000)
    expect(first.status().state).toBe('stopped')
    await expect(connectClient(first.connection, 'test')).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' })
    const second = await start(dataDir)
    expect(await ask(second.connection, 'SELECT n FROM kept')).toEqual({ n: 42 })
  })

  test('SIGKILL of the server: it is back on the same port at once, and says so', async () => {
    const server = await start(await folder())
    await ask(server.connection, 'CREATE TABLE kept AS SELECT 42 AS n')
    for (let round = 1; round <= 2; round += 1) {
      const before = server.status()
      const back = until(server, 'running')
      const killedAt = performance.now()
      process.kill(before.pid!, 'SIGKILL')
      const status = await back
      expect(performance.now() - killedAt).toBeLessThan(RESTART_LIMIT_MS)
      expect(status.pid).not.toBe(before.pid)
      expect(status.restarts).toBe(round)
      expect(await ask(server.connection, 'SELECT n FROM kept')).toEqual({ n: 42 })
    }
  })

  test('SIGKILL of its owner, again and again: the next owner has it at once', async () => {
    const dataDir = await folder()
    await (await start(dataDir)).stop(5_000)
    let last: Ready | undefined
    for (let round = 0; round < 10; round += 1) {
      const { child, ready } = await parent(dataDir)
      last = await ready
      expect(last.startMs).toBeLessThan(RESTART_LIMIT_MS)
      await ask(last.connection, round === 0 ? 'CREATE TABLE rounds (n int)' : `INSERT INTO rounds VALUES (${round})`)
      await kill(child)
      // Now and then the server dies with its owner, and nobody collects it.
      if (round % 3 === 2) process.kill(last.pid, 'SIGKILL')
    }
    const server = await start(dataDir)
    expect(await ask(server.connection, 'SELECT count(*)::int AS n FROM rounds')).toEqual({ n: 9 })
  })

  test('its owner killed at any moment of a start: the next start works', async () => {
    const dataDir = await folder()
    for (const delayMs of [150, 400, 600, 900, 1_200, 1_350, 1_500, 300, 250, 200]) {
      const { child } = await parent(dataDir)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await kill(child)
    }
    const server = await start(dataDir)
    expect(await ask(server.connection, 'SELECT 1 AS one')).toEqual({ one: 1 })
  })

  test('a server found running on another port than asked is stopped and started there', async () => {
    const dataDir = await folder()
    const { child, ready } = await parent(dataDir)
    const { pid, port } = await ready
    await kill(child)
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const wanted = (free.address() as AddressInfo).port
    free.close()
    const server = await start(dataDir, { port: wanted })
    expect([server.port, server.port === port, server.status().pid === pid]).toEqual([wanted, false, false])
  })

  test('a port somebody else holds: says who, starts nothing, kills nothing', async () => {
    const dataDir = await folder()
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const failure = startEmbeddedPostgres({ dataDir, port, logger: silentLogger })
    await expect(failure).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(process.platform === 'linux' ? `pid ${process.pid}` : 'another program') as string,
    })
    expect(holder.listening).toBe(true)
    expect(await readPidFile(join(dataDir, 'cluster'))).toBeUndefined()
    await new Promise((resolve) => holder.close(resolve))
    await start(dataDir, { port })
  })

  test('a server that cannot start any more ends as failed, with the reason, after bounded tries', async () => {
    const dataDir = await folder()
    const server = await start(dataDir, { restartDelaysMs: [10, 20, 30] })
    const states: string[] = []
    server.onStatus(({ state }) => states.push(state))
    const failed = until(server, 'failed')
    await writeFile(join(dataDir, 'cluster', 'global', 'pg_control'), Buffer.alloc(8_192, 1))
    process.kill(server.status().pid!, 'SIGKILL')
    expect((await failed).reason).toMatch(/died 3 times in a row.*(FATAL|PANIC)/)
    expect(states).toEqual(['restarting', 'restarting', 'restarting', 'failed'])
    await server.stop(1_000)
    expect(server.status().state).toBe('stopped')
  })

  test('the lock file of a dead server whose pid is now another program does not stop the start', async () => {
    const dataDir = await folder()
    const server = await start(dataDir)
    await server.stop(5_000)
    const other = spawn('sleep', ['60'])
    cleanUps.push(() => kill(other))
    await once(other, 'spawn')
    await writeFile(
      join(dataDir, 'cluster', 'postmaster.pid'),
      `${other.pid}\n${dataDir}/cluster\n1\n${server.port}\n\n127.0.0.1\n\nready\n`,
    )
    await start(dataDir)
    expect(other.exitCode).toBeNull()
    expect(other.signalCode).toBeNull()
  })

  test('a start that is called off leaves nothing running', async () => {
    const dataDir = await folder()
    await (await start(dataDir)).stop(5_000)
    for (const delayMs of [0, 20, 40, 60, 80]) {
      const signal = AbortSignal.timeout(delayMs)
      await startEmbeddedPostgres({ dataDir, port: 0, logger: silentLogger, signal }).then(
        (server) => server.stop(5_000),
        () => undefined,
      )
      expect(await readPidFile(join(dataDir, 'cluster'))).toBeUndefined()
    }
  })

  test('a lost password file is made anew', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    await ask(first.connection, 'CREATE TABLE kept AS SELECT 42 AS n')
    await first.stop(5_000)
    await rm(join(dataDir, 'password'))
    const second = await start(dataDir)
    expect(second.connection.password).not.toBe(first.connection.password)
    expect(await ask(second.connection, 'SELECT n FROM kept')).toEqual({ n: 42 })
  })

  test('files of another major version are refused untouched', async () => {
    const dataDir = await folder()
    await (await start(dataDir)).stop(5_000)
    await writeFile(join(dataDir, 'cluster', 'PG_VERSION'), '13\n')
    await expect(startEmbeddedPostgres({ dataDir, port: 0, logger: silentLogger })).rejects.toMatchObject({
      code: 'POSTGRES_WRONG_VERSION',
    })
  })
})

describe.runIf(isRoot)('as root', () => {
  test('the server itself does not run as root', async () => {
    const server = await start(await folder())
    const status = await readFile(`/proc/${server.status().pid}/status`, 'utf8')
    expect(/^Uid:\t(\d+)/m.exec(status)?.[1]).toBe(String((await findServerUser(silentLogger))?.uid))
  })

  test('a data directory nobody else may enter: the files live elsewhere, and are found again', async () => {
    const made = await makeServerFolder()
    await chmod(made, 0o700)
    cleanUps.push(() => rm(made, { recursive: true, force: true }))
    const dataDir = join(made, 'postgres')
    const first = await start(dataDir)
    const where = String((await ask(first.connection, `SELECT current_setting('data_directory') AS path`))['path'])
    expect(where).toMatch(/^\/var\/lib\/bot-trading\/postgres-[0-9a-f]{16}\/cluster$/)
    cleanUps.splice(1, 0, () => rm(join(where, '..'), { recursive: true, force: true }))
    await ask(first.connection, 'CREATE TABLE kept AS SELECT 42 AS n')
    await first.stop(5_000)
    const second = await start(dataDir)
    expect(await ask(second.connection, 'SELECT n FROM kept')).toEqual({ n: 42 })
    await second.stop(5_000)
    expect((await stat(made)).mode & 0o777).toBe(0o700)
  })
})

const canDropRights = isRoot && spawnSync('setpriv', ['--version']).status === 0
describe.runIf(canDropRights)('as an ordinary user', () => {
  test('starts, runs under that user, and is found again after a SIGKILL', async () => {
    const user = await findServerUser(silentLogger)
    const dataDir = await folder()
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, user!.uid, user!.gid)
    const command = ['setpriv', `--reuid=${user!.uid}`, `--regid=${user!.gid}`, '--clear-groups', process.execPath]
    const first = await parent(dataDir, command)
    const before = await first.ready
    expect(await ask(before.connection, 'SELECT 1 AS one')).toEqual({ one: 1 })
    await kill(first.child)
    const second = await parent(dataDir, command)
    expect(await second.ready).toMatchObject({ state: 'running', pid: before.pid })
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
    await expect(connectClient(before.connection, 'test')).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' })
  })
})
