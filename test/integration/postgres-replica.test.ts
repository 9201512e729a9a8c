import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { silentLogger } from '#platform/log/logger.ts'
import type { FactSource } from '#storage/journal/fact-source.ts'
import { closeQuietly, connectClient } from '#storage/postgres/connection.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { encode } from '#storage/replica/ship.ts'
import { MemoryFacts, syntheticFacts } from '#test/support/postgres-facts.ts'
import { PostgresProxy } from '#test/support/postgres-proxy.ts'
import type { CommitFate } from '#test/support/postgres-proxy.ts'
import { RunningReplica, TestJournal } from '#test/support/postgres-replica.ts'
import { startTestPostgres } from '#test/support/postgres.ts'
import type { TestPostgres } from '#test/support/postgres.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const admin = (): PgConnection => ({ ...postgres.server.connection, database: 'postgres' })

/** The set checker: nothing lost, nothing doubled, nothing invented, all in order, and every table as the facts say. */
async function expectEqualToJournal(connection: PgConnection, source: FactSource): Promise<void> {
  const events = await postgres.query<{ seq: number; ts_ms: number; type: string; payload: unknown }>(
    connection,
    'SELECT seq, ts_ms, type, payload FROM events ORDER BY seq',
  )
  const journal = source.read(0, source.head())
  expect(events.length).toBe(journal.length)
  for (const [index, { seq, fact }] of journal.entries()) {
    const row = events[index]!
    if (row.seq !== seq || row.type !== fact.type || row.ts_ms !== fact.ts) expect(row).toEqual({ seq, type: fact.type, ts_ms: fact.ts })
    expect(row.payload).toEqual(JSON.parse(encode(fact)))
  }
  const facts = journal.map(({ fact }) => fact)
  const of = <T extends Fact['type']>(type: T) => facts.filter((fact): fact is Extract<Fact, { readonly type: T }> => fact.type === type)
  const counts = await postgres.query<Record<string, number>>(
    connection,
    `
    SELECT (SELECT count(*)::int FROM trades) AS trades, (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM signals) AS signals,
           (SELECT count(*)::int FROM balances) AS balances, (SELECT count(*)::int FROM alerts) AS alerts, (SELECT count(*)::int FROM audit) AS audit,
           (SELECT seq::int FROM replica_cursor) AS cursor`,
  )
  expect(counts[0]).toEqual({
    trades: of('OrderFilled').length,
    orders: of('OrderSubmitted').length,
    signals: of('SignalDecided').length,
    balances: of('EquityMarked').length + of('AccountOpened').length,
    alerts: of('AlertRaised').length,
    audit: of('ActionAudited').length,
    cursor: journal.length,
  })
  const orders = await postgres.query<{ id: string; status: string; filled: string }>(
    connection,
    'SELECT client_order_id AS id, status, filled_quantity AS filled FROM orders',
  )
  const last = new Map<string, readonly [string, string]>()
  for (const fact of facts) {
    if (fact.type === 'OrderSubmitted') last.set(fact.clientOrderId, ['SUBMITTED', '0'])
    if (fact.type === 'OrderStatusChanged') last.set(fact.clientOrderId, [fact.status, last.get(fact.clientOrderId)![1]])
    if (fact.type === 'OrderFilled') last.set(fact.clientOrderId, [fact.orderStatus, fact.orderFilledQuantity])
  }
  expect(new Map(orders.map(({ id, status, filled }) => [id, [status, filled]]))).toEqual(last)
}

/** From Postgres alone: what the account is worth, by cash flow, against what the engine said, to the last digit. */
const EQUITY_IDENTITY = `
  WITH opening AS (SELECT start FROM balances WHERE opening),
       flow AS (SELECT COALESCE(sum(CASE side WHEN 'SELL' THEN 1 ELSE -1 END * price * quantity), 0) AS cash, COALESCE(sum(fee), 0) AS fees FROM trades),
       marks AS (SELECT DISTINCT ON (symbol) symbol, close FROM candles ORDER BY symbol, open_time_ms DESC),
       held AS (SELECT COALESCE(sum(p.quantity * m.close), 0) AS value FROM positions p JOIN marks m USING (symbol)),
       newest AS (SELECT equity FROM balances ORDER BY seq DESC LIMIT 1)
  SELECT (SELECT start FROM opening) + flow.cash + held.value - flow.fees = newest.equity AS same, newest.equity AS said
    FROM flow, held, newest`

describe('the replica', () => {
  test('fills an empty database: events equal to the journal, tables equal to the facts, money to the last digit', async () => {
    using journal = new TestJournal()
    const head = journal.append(syntheticFacts(5_000))
    const connection = postgres.freshDatabase()
    await using running = new RunningReplica({ source: journal.reader, connection })
    expect(await running.caughtUp(head)).toMatchObject({ lag: 0, shipped: head })
    await expectEqualToJournal(connection, journal.reader)
    expect((await postgres.query<{ same: boolean }>(connection, EQUITY_IDENTITY))[0]?.same).toBe(true)
    const digits = await postgres.query<{ lost: number }>(
      connection,
      `
      SELECT count(*)::int AS lost FROM trades t JOIN events e USING (seq)
       WHERE t.price::text <> e.payload ->> 'price' OR t.fee::text <> e.payload ->> 'fee' OR t.cash_after::text <> e.payload ->> 'cash' OR t.ts <> to_timestamp(e.ts_ms / 1000.0)`,
    )
    expect(digits[0]?.lost).toBe(0)
  })

  test('follows what is appended, however it is cut', async () => {
    using journal = new TestJournal()
    const connection = postgres.freshDatabase()
    await using running = new RunningReplica({ source: journal.reader, connection, batchFacts: 7 })
    const facts = syntheticFacts(600)
    for (let from = 0; from < facts.length; from += 37) {
      running.replica.notifyHead(journal.append(facts.slice(from, from + 37)))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    await running.caughtUp(facts.length)
    await expectEqualToJournal(connection, journal.reader)
  })

  test('notices that never come are no loss: it looks for itself', async () => {
    using journal = new TestJournal()
    await using running = new RunningReplica({ source: journal.reader, connection: postgres.freshDatabase() })
    await running.caughtUp(0)
    await running.caughtUp(journal.append(syntheticFacts(50)), 10_000)
  })

  test('backends killed in a loop while it ships: each fact once', async () => {
    using journal = new TestJournal()
    const connection = postgres.freshDatabase()
    const facts = syntheticFacts(2_400).slice(0, 2_400)
    await using running = new RunningReplica({ source: journal.reader, connection, batchFacts: 50 })
    const killer = await connectClient(admin(), 'killer')
    for (let round = 0; round < 8; round += 1) {
      running.replica.notifyHead(journal.append(facts.slice(round * 300, round * 300 + 300)))
      await new Promise((resolve) => setTimeout(resolve, round * 4))
      let killed = 0
      while (killed === 0) {
        const { rowCount } = await killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bot-trading replica' AND datname = $1`,
          [connection.database],
        )
        killed = rowCount ?? 0
      }
    }
    await running.caughtUp(facts.length)
    closeQuietly(killer)
    await expectEqualToJournal(connection, journal.reader)
  })

  test('answers to COMMIT that are lost, requests that never arrive: each fact once', async () => {
    using journal = new TestJournal()
    const head = journal.append(syntheticFacts(900))
    const direct = postgres.freshDatabase()
    await using proxy = await PostgresProxy.start(direct)
    let commits = 0
    const fates: readonly CommitFate[] = ['pass', 'lose-answer', 'pass', 'lose-request', 'lose-answer']
    proxy.fate = () => fates[(commits += 1) % fates.length]!
    await using running = new RunningReplica({ source: journal.reader, connection: { ...direct, port: proxy.port }, batchFacts: 50 })
    await running.caughtUp(head)
    expect(proxy.commitsLost).toBeGreaterThan(4)
    expect(proxy.requestsLost).toBeGreaterThan(2)
    await expectEqualToJournal(direct, journal.reader)
  })

  test('two replicas of one journal at once do not double anything', async () => {
    using journal = new TestJournal()
    const head = journal.append(syntheticFacts(3_000))
    const connection = postgres.freshDatabase()
    await using one = new RunningReplica({ source: journal.reader, connection, batchFacts: 100 })
    await using two = new RunningReplica({ source: journal.reader, connection, batchFacts: 130 })
    await Promise.all([one.caughtUp(head), two.caughtUp(head)])
    await expectEqualToJournal(connection, journal.reader)
  })

  test('the server killed and stopped in the middle: down, then on again', async () => {
    await using own = await startTestPostgres()
    using journal = new TestJournal()
    const connection = own.freshDatabase()
    const facts = syntheticFacts(6_000).slice(0, 6_000)
    await using running = new RunningReplica({ source: journal.reader, connection, batchFacts: 200 })
    for (let from = 0; from < facts.length; from += 2_000) {
      const head = journal.append(facts.slice(from, from + 2_000))
      running.replica.notifyHead(head)
      await running.until((status) => status.seq > from)
      process.kill(own.server.status().pid!, 'SIGKILL')
      await running.until((status) => status.state === 'down' || status.seq === head)
      await running.caughtUp(head)
    }
    expect(running.seen.some(({ state, code }) => state === 'down' && code === 'POSTGRES_UNREACHABLE')).toBe(true)
    while (own.server.status().state !== 'running') await new Promise((resolve) => setTimeout(resolve, 20))
    const rows = await own.query<{ n: number; total: number }>(connection, 'SELECT count(*)::int AS n, max(seq)::int AS total FROM events')
    expect(rows[0]).toEqual({ n: facts.length, total: facts.length })
  })

  test('a cable that goes dead without a word is noticed', { timeout: 120_000 }, async () => {
    using journal = new TestJournal()
    const direct = postgres.freshDatabase()
    await using proxy = await PostgresProxy.start(direct)
    await using running = new RunningReplica({ source: journal.reader, connection: { ...direct, port: proxy.port } })
    await running.caughtUp(0)
    proxy.frozen = true
    const head = journal.append(syntheticFacts(100))
    running.replica.notifyHead(head)
    await running.until(({ state }) => state === 'down', 50_000)
    proxy.frozen = false
    proxy.cutAll()
    await running.caughtUp(head)
    await expectEqualToJournal(direct, journal.reader)
  })

  test('an empty database again is filled again, and said', async () => {
    using journal = new TestJournal()
    const head = journal.append(syntheticFacts(500))
    const connection = postgres.freshDatabase()
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) }
    await using running = new RunningReplica({ source: journal.reader, connection, logger })
    await running.caughtUp(head)
    await postgres.query(admin(), `DROP DATABASE ${connection.database} WITH (FORCE)`)
    await running.until(({ state }) => state !== 'streaming')
    await running.caughtUp(head)
    await expectEqualToJournal(connection, journal.reader)
    expect(warnings.filter((words) => words.includes('is empty'))).toHaveLength(2)
  })

  test('an empty database at the very first start is what there has to be', async () => {
    using journal = new TestJournal()
    const head = journal.append(syntheticFacts(10))
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) }
    const facts = { source: journal.reader, logger }
    for (const pastSeq of [0, 5]) {
      await using running = new RunningReplica({ ...facts, connection: postgres.freshDatabase(), pastSeq })
      await running.caughtUp(head)
      expect(warnings.filter((words) => words.includes('is empty'))).toHaveLength(pastSeq === 0 ? 0 : 1)
    }
  })

  test('an older copy of the database put in place: it goes on from there', async () => {
    using journal = new TestJournal()
    const facts = syntheticFacts(1_000)
    const connection = postgres.freshDatabase()
    const half = journal.append(facts.slice(0, 500))
    {
      await using running = new RunningReplica({ source: journal.reader, connection })
      await running.caughtUp(half)
    }
    await postgres.query(admin(), `CREATE DATABASE ${connection.database}_old TEMPLATE ${connection.database}`)
    await using running = new RunningReplica({ source: journal.reader, connection, batchFacts: 50 })
    await running.caughtUp(journal.append(facts.slice(500, 800)))
    running.replica.connect({ ...connection, port: 1 })
    await postgres.query(admin(), `DROP DATABASE ${connection.database} WITH (FORCE)`)
    await postgres.query(admin(), `ALTER DATABASE ${connection.database}_old RENAME TO ${connection.database}`)
    const head = journal.append(facts.slice(800))
    running.replica.connect(connection)
    await running.caughtUp(head)
    await expectEqualToJournal(connection, journal.reader)
  })
})

describe('what the replica refuses', () => {
  async function filled(facts: readonly Fact[], journalId = 'mine'): Promise<PgConnection> {
    const connection = postgres.freshDatabase()
    await using running = new RunningReplica({ source: new MemoryFacts(journalId, facts), connection })
    await running.caughtUp(facts.length)
    return connection
  }
  async function expectFailure(source: FactSource, connection: PgConnection, code: string): Promise<void> {
    const before = await postgres.query(connection, 'SELECT count(*) AS n, max(seq) AS last FROM events')
    await using running = new RunningReplica({ source, connection })
    const status = await running.until(({ state }) => state === 'failed')
    expect(status).toMatchObject({ code, reason: expect.stringContaining('othing') as string })
    expect(await postgres.query(connection, 'SELECT count(*) AS n, max(seq) AS last FROM events')).toEqual(before)
  }
  const facts = syntheticFacts(100)

  test('the database of another journal', async () => {
    await expectFailure(new MemoryFacts('another', syntheticFacts(200)), await filled(facts), 'POSTGRES_FOREIGN_DATABASE')
  })

  test('a database ahead of the journal', async () => {
    await expectFailure(new MemoryFacts('mine', facts.slice(0, 50)), await filled(facts), 'POSTGRES_AHEAD')
  })

  test('a database whose past is another one than the journal’s', async () => {
    await expectFailure(new MemoryFacts('mine', syntheticFacts(200, 2)), await filled(facts), 'POSTGRES_AHEAD')
  })

  test('a fill that comes twice: nothing of that batch is written, the reason is said', async () => {
    const fill = facts.find((fact) => fact.type === 'OrderFilled')!
    const source = new MemoryFacts('mine', [...facts, fill])
    const connection = await filled(facts)
    await expectFailure(source, connection, 'CONFLICT')
    expect((await postgres.query<{ seq: number }>(connection, 'SELECT seq FROM replica_cursor'))[0]?.seq).toBe(facts.length)
  })

  test('events cannot be changed or removed', async () => {
    const connection = await filled(facts)
    for (const sql of [`UPDATE events SET type = 'x'`, 'DELETE FROM events', 'TRUNCATE events CASCADE']) {
      await expect(postgres.query(connection, sql)).rejects.toThrow('append only')
    }
  })
})

describe('the life of a replica', () => {
  test('without a server it waits; given one it goes; a wrong password is failed until another login is given', async () => {
    const facts = syntheticFacts(100)
    const connection = postgres.freshDatabase()
    await using running = new RunningReplica({ source: new MemoryFacts('life', facts) })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(running.replica.status()).toMatchObject({ state: 'connecting', lag: facts.length })
    running.replica.connect({ ...connection, password: 'wrong' })
    expect(await running.until(({ state }) => state === 'failed')).toMatchObject({ code: 'POSTGRES_WRONG_PASSWORD', lag: facts.length })
    running.replica.connect({ ...connection, port: 1 })
    await running.until(({ state }) => state === 'down')
    running.replica.connect(connection)
    await running.caughtUp(facts.length, 10_000)
    expect(running.seen.map(({ state }) => state)).toEqual(expect.arrayContaining(['failed', 'down', 'streaming']))
  })

  test('stop ships what is left', async () => {
    using journal = new TestJournal()
    const connection = postgres.freshDatabase()
    const running = new RunningReplica({ source: journal.reader, connection, batchFacts: 100 })
    await running.caughtUp(0)
    const head = journal.append(syntheticFacts(2_000))
    expect(await running.stop(30_000)).toMatchObject({ seq: head, lag: 0 })
    await expectEqualToJournal(connection, journal.reader)
  })

  test('stop keeps its deadline, with the server gone and with the cable dead', async () => {
    const source = new MemoryFacts('stop', syntheticFacts(100))
    const gone = new RunningReplica({ source, connection: { ...postgres.freshDatabase(), port: 1 } })
    await gone.until(({ state }) => state === 'down')
    let started = performance.now()
    await gone.stop(5_000)
    expect(performance.now() - started).toBeLessThan(3_000)
    const direct = postgres.freshDatabase()
    await using proxy = await PostgresProxy.start(direct)
    const dead = new RunningReplica({ source, connection: { ...direct, port: proxy.port } })
    await dead.caughtUp(source.head())
    proxy.frozen = true
    dead.replica.notifyHead(source.append(syntheticFacts(10)))
    started = performance.now()
    expect((await dead.stop(500)).lag).toBeGreaterThan(0)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test('words that Postgres cannot hold do not stop it', async () => {
    const source = new MemoryFacts('words')
    source.append([{ type: 'AlertRaised', ts: 1, severity: 'info', code: 'X', message: 'nul \0, half \ud800, "quotes" \\u0000 \u{1f600}' }])
    const connection = postgres.freshDatabase()
    await using running = new RunningReplica({ source, connection })
    await running.caughtUp(1)
    expect((await postgres.query<{ message: string }>(connection, 'SELECT message FROM alerts'))[0]?.message).toBe(
      'nul \ufffd, half \ufffd, "quotes" \\u0000 \u{1f600}',
    )
    await using again = new RunningReplica({ source, connection })
    await again.caughtUp(1)
  })
})
