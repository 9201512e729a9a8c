import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryPage, HistoryQuery } from '#storage/postgres/history.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { TestJournal } from '#test/support/postgres-replica.ts'
import { MIGRATIONS_DIRECTORY, startTestPostgres } from '#test/support/postgres.ts'
import type { TestPostgres } from '#test/support/postgres.ts'
import type { FromReplica, ToReplica } from '#workers/replica.messages.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

type Answer = Extract<FromReplica, { readonly type: 'HistoryAnswer' }>

/** The thread, as the orchestrator has it. */
class ReplicaThread {
  readonly worker = new Worker(new URL('../../src/workers/replica.worker.ts', import.meta.url))
  readonly said: FromReplica[] = []
  readonly exited = once(this.worker, 'exit')
  #requestId = 0
  constructor() {
    this.worker.on('message', (message: FromReplica) => this.said.push(message))
  }
  send(message: ToReplica): void {
    this.worker.postMessage(message, message.type === 'AttachHeads' ? [message.port] : [])
  }
  statuses() {
    return this.said.filter((message) => message.type === 'ReplicaStatus')
  }
  async until<T>(find: () => T | undefined, deadlineMs = 30_000): Promise<T> {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (performance.now() > deadline) throw new Error(`nothing came: ${JSON.stringify(this.said.at(-1))}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  async ask(query: HistoryQuery): Promise<Answer> {
    const requestId = (this.#requestId += 1)
    this.send({ type: 'History', requestId, query })
    return this.until(() =>
      this.said.find((message): message is Answer => message.type === 'HistoryAnswer' && message.requestId === requestId),
    )
  }
  async page<List extends HistoryQuery['list']>(query: HistoryQuery<List>): Promise<HistoryPage<List>> {
    const answer = await this.ask(query)
    if (!answer.ok) throw new Error(answer.message)
    return answer.page as HistoryPage<List>
  }
  caughtUp(seq: number) {
    return this.until(() => this.statuses().find((status) => status.state === 'streaming' && status.seq === seq))
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate()
  }
}

describe('the replica thread', () => {
  test('ships, hears heads on its own port, tells at most four times a second, drains at the stop and ends by itself', async () => {
    using journal = new TestJournal()
    const facts = syntheticFacts(4_000)
    let head = journal.append(facts.slice(0, 1_000))
    const connection = postgres.freshDatabase()
    await using thread = new ReplicaThread()
    thread.send({ type: 'Init', journalPath: journal.path, migrationsDirectory: MIGRATIONS_DIRECTORY })
    expect(await thread.until(() => thread.statuses()[0])).toMatchObject({ state: 'connecting', lag: 1_000 })
    expect(await thread.ask({ list: 'orders', limit: 1 })).toMatchObject({ ok: false, code: 'POSTGRES_UNREACHABLE' })
    thread.send({ type: 'Connect', connection })
    await thread.caughtUp(head)

    const { port1, port2 } = new MessageChannel()
    thread.send({ type: 'AttachHeads', port: port2 })
    const noticesBefore = thread.statuses().length
    const started = performance.now()
    for (let from = 1_000; from < 3_000; from += 20) {
      head = journal.append(facts.slice(from, from + 20))
      port1.postMessage({ type: 'Head', seq: head })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await thread.caughtUp(head)
    const seconds = (performance.now() - started) / 1_000
    expect(thread.statuses().length - noticesBefore).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1)
    port1.close()

    head = journal.append(facts.slice(3_000))
    thread.send({ type: 'Stop', deadlineMs: 20_000 })
    await thread.exited
    expect(thread.said.at(-1)).toEqual({ type: 'Stopped', seq: head, lag: 0 })
    const rows = await postgres.query<{ n: number }>(connection, 'SELECT count(*)::int AS n FROM events')
    expect(rows[0]?.n).toBe(head)
    expect(JSON.stringify(thread.said)).not.toContain(connection.password)
  })

  test('without Postgres it is disabled and says so; a missing journal is a failure, not a crash', async () => {
    await using off = new ReplicaThread()
    off.send({ type: 'Init', journalPath: '/nowhere/journal.db', migrationsDirectory: MIGRATIONS_DIRECTORY, connection: 'none' })
    expect(await off.until(() => off.statuses()[0])).toMatchObject({ state: 'disabled' })
    off.send({ type: 'Stop', deadlineMs: 1_000 })
    await off.exited
    await using missing = new ReplicaThread()
    missing.send({
      type: 'Init',
      journalPath: '/nowhere/journal.db',
      migrationsDirectory: MIGRATIONS_DIRECTORY,
      connection: postgres.freshDatabase(),
    })
    await missing.until(() => missing.said.find(({ type }) => type === 'Failed'))
    missing.send({ type: 'Stop', deadlineMs: 1_000 })
    await missing.exited
  })
})

describe('history', () => {
  test('pages through every list, newest first, without a gap or a repeat, money as decimal text', async () => {
    using journal = new TestJournal()
    const facts = syntheticFacts(3_000)
    const head = journal.append(facts)
    const connection = postgres.freshDatabase()
    await using thread = new ReplicaThread()
    thread.send({ type: 'Init', journalPath: journal.path, migrationsDirectory: MIGRATIONS_DIRECTORY, connection })
    await thread.caughtUp(head)

    const expected = {
      orders: 'OrderSubmitted',
      trades: 'OrderFilled',
      signals: 'SignalDecided',
      alerts: 'AlertRaised',
      audit: 'ActionAudited',
    } as const
    for (const [list, type] of Object.entries(expected) as [keyof typeof expected, string][]) {
      const seqs: number[] = []
      let before: number | undefined
      for (;;) {
        const { rows, replicaSeq } = await thread.page({ list, limit: 77, before })
        expect(replicaSeq).toBe(head)
        seqs.push(...rows.map(({ seq }) => seq))
        if (rows.length < 77) break
        before = rows.at(-1)!.seq
      }
      expect(seqs).toEqual(facts.flatMap((fact, index) => (fact.type === type ? [index + 1] : [])).toReversed())
    }
    const fill = facts.findLast((fact) => fact.type === 'OrderFilled')!
    const trades = await thread.page({ list: 'trades', limit: 1 })
    expect(trades.rows[0]).toMatchObject({
      tradeId: fill.tradeId,
      price: fill.price,
      quantity: fill.quantity,
      fee: fill.fee,
      realizedPnl: fill.realizedPnl,
      cashAfter: fill.cash,
      ts: fill.ts,
    })
    const signal = (await thread.page({ list: 'signals', limit: 1 })).rows[0]
    expect(signal).toMatchObject({ confidence: 0.75, quantity: null, outcome: 'ACCEPTED' })
    const balance = (await thread.page({ list: 'balances', limit: 1 })).rows[0]
    expect(balance).toMatchObject({ opening: false, start: '100000', currency: 'USDT' })
  })

  test('filters, candles by time, and refusals', async () => {
    using journal = new TestJournal()
    const facts = syntheticFacts(1_000)
    const head = journal.append(facts)
    await using thread = new ReplicaThread()
    thread.send({
      type: 'Init',
      journalPath: journal.path,
      migrationsDirectory: MIGRATIONS_DIRECTORY,
      connection: postgres.freshDatabase(),
    })
    await thread.caughtUp(head)
    const filled = await thread.page({ list: 'orders', limit: 1_000, symbol: 'BTC/USDT', traderId: 'alpha', status: 'FILLED' })
    expect(filled.rows).toHaveLength(
      facts.filter((fact) => fact.type === 'OrderSubmitted' && fact.symbol === 'BTC/USDT' && fact.traderId === 'alpha').length,
    )
    expect((await thread.page({ list: 'orders', limit: 10, status: 'REJECTED' })).rows).toEqual([])
    const candles = await thread.page({ list: 'candles', limit: 5, symbol: 'BTC/USDT', timeframe: '1m' })
    const older = await thread.page({
      list: 'candles',
      limit: 5,
      symbol: 'BTC/USDT',
      timeframe: '1m',
      before: candles.rows.at(-1)!.openTime,
    })
    expect(older.rows[0]!.openTime).toBe(candles.rows.at(-1)!.openTime - 120_000)
    expect(await thread.ask({ list: 'audit', limit: 5, symbol: 'BTC/USDT' })).toMatchObject({ ok: false, code: 'REFUSED' })
    expect(await thread.ask({ list: 'orders', limit: 0 })).toMatchObject({ ok: false, code: 'REFUSED' })
    expect(await thread.ask({ list: 'orders', limit: 5, symbol: `'; DROP TABLE orders; --` })).toMatchObject({
      ok: true,
      page: { rows: [] },
    })
    const many = await Promise.all(Array.from({ length: 100 }, () => thread.ask({ list: 'trades', limit: 10 })))
    expect(many.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(60)
    expect(many.every((answer) => answer.ok || answer.code === 'QUEUE_FULL')).toBe(true)
  })
})
