import { copyFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Journal } from '#storage/journal/journal.ts'
import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { checkDatabase, type SetCheck } from '#test/support/durability/compare-tables.ts'
import { ControlledPostgres } from '#test/support/durability/controlled-postgres.ts'
import { richFacts } from '#test/support/durability/rich-facts.ts'
import { SteadyFlow } from '#test/support/durability/steady-flow.ts'
import { WatchedReplica } from '#test/support/durability/watched-replica.ts'
import { TestJournal } from '#test/support/postgres-replica.ts'
import { PostgresProxy } from '#test/support/postgres-proxy.ts'

/** `OUTAGE_SECONDS=60` is the long form. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 10) * 1_000
/** For what happens over and over: each failure in a row is followed by a longer wait. */
const LOOP_MS = Math.max(OUTAGE_MS / 2, 5_000)
const EVENTS_PER_SECOND = 200
const NEMESES = 14
/** More facts than all outages with all that is between them can use up. */
const FACTS = EVENTS_PER_SECOND * Math.ceil((NEMESES * (OUTAGE_MS + 40_000)) / 1_000)
const DRAIN_LIMIT_MS = 60_000
const SEEN_LIMIT_MS = 30_000
/** The driver gives a question up after 18 s. */
const QUERY_GIVEN_UP_MS = 20_000
/** Every second one takes the replica's thread as well. */
const KILLS = OUTAGE_MS >= 60_000 ? 20 : 6
const WHOLE = { lost: 0, doubled: 0, unexpected: 0, misordered: 0, faults: [] }

let server: ControlledPostgres
let proxy: PostgresProxy
let flow: SteadyFlow
let replica: WatchedReplica

beforeAll(async () => {
  server = await ControlledPostgres.create()
  proxy = await PostgresProxy.start(server.connection)
  flow = new SteadyFlow(richFacts(FACTS), { perSecond: EVENTS_PER_SECOND, onHead: (seq) => replica?.notice(seq) })
  replica = new WatchedReplica(flow.journal.path, server.connection)
  await replica.until('the start', ({ state, seq }) => state === 'streaming' && seq > 0, DRAIN_LIMIT_MS)
})
afterAll(async () => {
  await replica?.[Symbol.asyncDispose]()
  flow?.[Symbol.dispose]()
  await proxy?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

const admin = () => ({ ...server.connection, database: 'postgres' })
const REPLICA_BACKENDS = `FROM pg_stat_activity WHERE application_name = 'bot-trading replica'`

/** All that the journal had promised by now is in Postgres, once, in order, and so are the tables; the thread never died. */
async function expectWhole(name: string, outageLag: number): Promise<SetCheck> {
  const head = flow.head
  const began = performance.now()
  await replica.until('catching up', ({ state, seq }) => state === 'streaming' && seq >= head, DRAIN_LIMIT_MS)
  const drainMs = performance.now() - began
  const check = await checkDatabase(server.connection, (cursor) => flow.expectedAt(cursor))
  process.stderr.write(
    `outage, ${name}: ${outageLag} facts waited, drained in ${Math.round(drainMs)} ms; at fact ${check.cursor}: ${check.lost} lost, ${check.doubled} doubled, ${check.unexpected} unexpected, ${check.misordered} out of order, ${check.faults.length} rows wrong; ${Math.round(flow.perSecond)} facts/s all the time\n`,
  )
  expect(check.faults).toEqual([])
  expect(check).toEqual({ ...WHOLE, cursor: check.cursor, events: check.cursor })
  expect(check.cursor).toBeGreaterThanOrEqual(head)
  expect(replica.deaths).toEqual([])
  expect(flow.perSecond).toBeGreaterThan(EVENTS_PER_SECOND * 0.9)
  return check
}

const lag = (): number => flow.head - replica.status.seq

// First, while the journal is small: here all of it goes to Postgres again.
describe('Postgres comes back with less than it had', { timeout: OUTAGE_MS * 4 + 120_000 }, () => {
  /** A person is told once, in the log and in what the component shows. */
  function expectTold(from: number, words: RegExp): void {
    const told = replica.warnings.slice(from).filter((message) => message.includes('filled again'))
    expect(told).toEqual([expect.stringMatching(words)])
    expect(replica.status).toMatchObject({ state: 'streaming', reason: told[0] })
  }

  test('restarted empty: a new data directory', async () => {
    const from = replica.warnings.length
    await server.stop('fast')
    await server.restoreEmpty()
    await server.start()
    await replica.until('the loss', ({ seq }) => seq < flow.head / 2, SEEN_LIMIT_MS).catch(() => undefined)
    await expectWhole('restarted empty', flow.head)
    expectTold(from, /is empty, as new; it had \d+/)
  })

  test.each(['DROP SCHEMA public CASCADE; CREATE SCHEMA public', 'DROP SCHEMA public CASCADE'])('%s, while connected', async (sql) => {
    const from = replica.warnings.length
    await server.query(server.connection, sql)
    await replica.until('the loss', () => replica.warnings.slice(from).some((message) => message.includes('filled again')), SEEN_LIMIT_MS)
    await expectWhole(sql, flow.head)
    expectTold(from, /is empty, as new; it had \d+/)
  })

  test('restored from an older copy', async () => {
    const from = replica.warnings.length
    await server.stop('fast')
    await server.keepCopy('older')
    await server.start()
    await replica.until('going on', ({ state, seq }) => state === 'streaming' && seq >= flow.head - EVENTS_PER_SECOND, DRAIN_LIMIT_MS)
    const before = replica.status.seq
    await sleep(OUTAGE_MS / 2)
    await server.stop('immediate')
    await server.restoreCopy('older')
    await server.start()
    await expectWhole('restored from an older copy', flow.head - before)
    expectTold(from, /older state: it holds \d+ facts; it had \d+/)
  })
})

describe('Postgres is away, and facts go on at 200 a second', { timeout: OUTAGE_MS * 4 + 120_000 }, () => {
  test.each(['fast', 'immediate'] as const)('stopped: -m %s', async (mode) => {
    await server.stop(mode)
    await replica.until('the loss', ({ state }) => state === 'down', SEEN_LIMIT_MS)
    await sleep(OUTAGE_MS)
    // The present cause, not the one it began with: that the session was ended, where the first look still found somebody to say so.
    expect(replica.status).toMatchObject({
      state: 'down',
      code: 'POSTGRES_UNREACHABLE',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    })
    const waited = lag()
    expect(waited).toBeGreaterThan((EVENTS_PER_SECOND * OUTAGE_MS) / 2_000)
    await server.start()
    await expectWhole(`stop -m ${mode}`, waited)
  })

  test('killed while a COMMIT is on its way, over and over; the thread too', async () => {
    replica.connect({ ...server.connection, port: proxy.port })
    for (let round = 0; round < KILLS; round += 1) {
      await replica.until('streaming', ({ state }) => state === 'streaming', SEEN_LIMIT_MS)
      await new Promise<void>((resolve) => {
        proxy.fate = () => {
          proxy.fate = () => 'pass'
          server.kill()
          resolve()
          return 'pass'
        }
      })
      await server.gone()
      if (round % 2 === 1) await replica.restart()
      await server.start()
    }
    replica.connect(server.connection)
    await expectWhole('SIGKILL at COMMIT', 0)
  })

  test('answers to COMMIT are lost, and requests', async () => {
    const fates = ['lose-answer', 'pass', 'lose-request', 'lose-answer', 'pass'] as const
    let commits = 0
    const before = { answers: proxy.commitsLost, requests: proxy.requestsLost }
    proxy.fate = () => fates[(commits += 1) % fates.length] ?? 'pass'
    replica.connect({ ...server.connection, port: proxy.port })
    await sleep(LOOP_MS)
    proxy.fate = () => 'pass'
    expect(proxy.commitsLost - before.answers).toBeGreaterThan(1)
    expect(proxy.requestsLost - before.requests).toBeGreaterThan(0)
    replica.connect(server.connection)
    await expectWhole('COMMIT lost', lag())
  })

  test('its process for us is stopped by SIGSTOP', async () => {
    const [backend] = await server.query<{ pid: number }>(admin(), `SELECT pid ${REPLICA_BACKENDS}`)
    process.kill(backend!.pid, 'SIGSTOP')
    await sleep(LOOP_MS)
    const waited = lag()
    process.kill(backend!.pid, 'SIGCONT')
    // In the long form the question has been given up, and it goes on over a new connection unless the stopped one holds what it needs.
    if (LOOP_MS < QUERY_GIVEN_UP_MS) expect(waited).toBeGreaterThan(EVENTS_PER_SECOND)
    await expectWhole('SIGSTOP of the backend', waited)
  })

  test('sessions are ended in a loop', async () => {
    const killer = await connectClient(admin(), 'killer')
    let killed = 0
    for (const until = performance.now() + LOOP_MS; performance.now() < until; await sleep(30)) {
      killed += (await killer.query(`SELECT pg_terminate_backend(pid) ${REPLICA_BACKENDS}`)).rowCount ?? 0
    }
    closeQuietly(killer)
    expect(killed).toBeGreaterThan(3)
    await expectWhole(`${killed} sessions ended`, lag())
  })

  test('the password is another one', async () => {
    const person = await connectClient(admin(), 'person')
    const setPassword = (words: string) =>
      person.query(`ALTER ROLE ${person.escapeIdentifier(server.connection.user)} PASSWORD ${person.escapeLiteral(words)}`)
    await setPassword('another')
    await person.query(`SELECT pg_terminate_backend(pid) ${REPLICA_BACKENDS}`)
    await replica.until('the refusal', ({ code }) => code === 'POSTGRES_WRONG_PASSWORD', SEEN_LIMIT_MS)
    expect(replica.status).toMatchObject({ state: 'failed', reason: expect.stringMatching(/password/) as string })
    await sleep(OUTAGE_MS / 2)
    const waited = lag()
    await setPassword(server.connection.password ?? '')
    closeQuietly(person)
    await expectWhole('wrong password', waited)
  })

  test('there is no connection left', async () => {
    const others: Client[] = []
    const takeAll = async (): Promise<void> => {
      for (;;) {
        try {
          others.push(await connectClient(admin(), 'crowd'))
        } catch {
          return
        }
      }
    }
    try {
      await takeAll()
      // The place of an ended session is free a moment later: for us or for the replica, who is the first.
      for (const until = performance.now() + SEEN_LIMIT_MS; performance.now() < until && replica.status.state === 'streaming'; ) {
        await others[0]!.query(`SELECT pg_terminate_backend(pid) ${REPLICA_BACKENDS}`)
        await sleep(5)
        await takeAll()
        await sleep(200)
      }
      await replica.until('the crowd', ({ reason }) => reason?.includes('too many clients') === true, SEEN_LIMIT_MS)
      await sleep(OUTAGE_MS / 2)
      expect(replica.status).toMatchObject({ state: 'down', reason: expect.stringContaining('too many clients') as string })
    } finally {
      for (const client of others) closeQuietly(client)
    }
    await expectWhole('max_connections', lag())
  })

  test('everything takes two seconds each way', async () => {
    replica.connect({ ...server.connection, port: proxy.port })
    await replica.until('streaming', ({ state }) => state === 'streaming', SEEN_LIMIT_MS)
    proxy.delayMs = 2_000
    await sleep(LOOP_MS)
    const waited = lag()
    proxy.delayMs = 0
    await expectWhole('slow by 2 s', waited)
    replica.connect(server.connection)
  })

  test('a cable goes dead without a word', async () => {
    replica.connect({ ...server.connection, port: proxy.port })
    await replica.until('streaming', ({ state }) => state === 'streaming', SEEN_LIMIT_MS)
    proxy.frozen = true
    await replica.until('the loss', ({ state }) => state === 'down', QUERY_GIVEN_UP_MS * 2)
    const waited = lag()
    proxy.frozen = false
    proxy.cutAll()
    replica.connect(server.connection)
    await expectWhole('dead cable', waited)
  })
})

describe('Postgres that must not be written to', { timeout: 120_000 }, () => {
  const count = () => server.query<{ n: number; last: number }>(other, 'SELECT count(*)::int AS n, max(seq)::int AS last FROM events')
  let other: PgConnection
  beforeAll(() => {
    other = { ...server.connection, database: 'other_journal' }
  })

  test('is ahead of the journal, and stays so when the journal grows past it', async () => {
    using journal = new TestJournal()
    const facts = richFacts(3_000, 77)
    journal.append(facts.slice(0, 1_000))
    // A backup of the journal, restored later: a whole file, as its writer has closed it.
    const older = `${journal.path}.older`
    await backUp(journal, older)
    journal.append(facts.slice(1_000, 2_000))
    {
      await using filled = new WatchedReplica(journal.path, other)
      await filled.until('filling', ({ seq }) => seq === 2_000, DRAIN_LIMIT_MS)
    }
    const before = await count()
    await using late = new WatchedReplica(older, other)
    await late.until('the refusal', ({ code }) => code === 'POSTGRES_AHEAD', SEEN_LIMIT_MS)
    expect(late.status).toMatchObject({ state: 'failed', reason: expect.stringContaining('Nothing is written') as string })
    // Another life after the restored one, longer than what Postgres has.
    const writer = new Journal({ path: older })
    writer.append(richFacts(1_500, 78))
    late.notice(writer.head)
    writer.close()
    await late.restart()
    await late.until(
      'the refusal',
      ({ code, reason }) => code === 'POSTGRES_AHEAD' && reason?.includes('different stories') === true,
      SEEN_LIMIT_MS,
    )
    expect(await count()).toEqual(before)
    expect(late.deaths).toEqual([])
    await rm(older, { force: true })
  })

  test('belongs to another journal', async () => {
    using journal = new TestJournal()
    journal.append(richFacts(3_000, 79))
    const before = await count()
    await using foreign = new WatchedReplica(journal.path, other)
    await foreign.until('the refusal', ({ code }) => code === 'POSTGRES_FOREIGN_DATABASE', SEEN_LIMIT_MS)
    expect(foreign.status).toMatchObject({ state: 'failed', reason: expect.stringContaining('another installation') as string })
    expect(await count()).toEqual(before)
  })
})

/** Folds the log into the file and copies it. */
async function backUp(journal: TestJournal, to: string): Promise<void> {
  const db = new Database(journal.path)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  await copyFile(journal.path, to)
}
