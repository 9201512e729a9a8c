import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { TradingEngine } from '#engine/engine.ts'
import type { AnalyzeStep, ToExchange } from '#engine/ports.ts'
import { createState } from '#engine/state.ts'
import { systemClock } from '#platform/clock.ts'
import { openJournalReader } from '#storage/journal/journal-reader.ts'
import { Journal } from '#storage/journal/journal.ts'
import { BTC, instrumentOf, NOON, TRADER, traderConfig, WIDE_LIMITS } from '#test/support/engine/engine-driver.ts'
import { LIVE } from '#test/support/engine/scripted-account.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import type { FromEngine } from '../engine.messages.ts'
import { serveJournal } from '../journal/serve-journal.ts'
import { EngineSession } from './engine-session.ts'
import { JournalLine } from './journal-line.ts'

describe('EngineSession', () => {
  it('asks for the whole account at the start, and again when the wall clock has leapt as over a sleep', async () => {
    using directory = temporaryDirectory()
    const { port1, port2 } = new MessageChannel()
    let leapMs = 0
    const said: FromEngine[] = []
    const asked: number[] = []
    const session = new EngineSession({
      ...(await journalAt(directory.join('journal.db'))),
      engine: new TradingEngine(createState('test')),
      exchangePort: port2,
      lockStep: false,
      clock: { ...systemClock, now: () => NOON + Math.round(systemClock.elapsed()) + leapMs },
      factsSinceSnapshot: 0,
      post: (message) => said.push(message),
    })
    const until = async (condition: () => boolean) => {
      for (let i = 0; !condition() && i < 500; i += 1) await new Promise((resolve) => setTimeout(resolve, 10))
      expect(condition()).toBe(true)
    }
    port1.on('message', (message: ToExchange) => {
      if (message.type !== 'QueryAccount') return
      asked.push(message.ts)
      const { queryId, ts } = message
      port1.postMessage({ type: 'AccountSnapshot', queryId, ts, openOrders: [], positions: [], balances: [], fills: [] })
    })
    const instruments = [instrumentOf(BTC)]
    const openingBalances = [{ currency: 'USDT', balance: '1000' }]
    port1.postMessage({
      type: 'ExchangeStatus',
      exchange: 'scripted',
      connected: true,
      ts: NOON,
      instruments,
      openingBalances,
      capabilities: LIVE,
    })
    await until(() => said.some(({ type }) => type === 'ExchangeReady'))
    session.receive({ type: 'OpenMarket' })
    await until(() => said.some(({ type }) => type === 'MarketOpen'))
    expect(asked).toHaveLength(1)
    leapMs = 3_600_000
    await until(() => asked.length === 2 && session.counters().reconciled)
    expect(asked[1]).toBeGreaterThan(NOON + leapMs)
    await session.stop()
    port1.close()
  })

  it('lets nothing out before the journal has what led to it', async () => {
    using directory = temporaryDirectory()
    await using run = await openSession(directory.join('journal.db'))
    run.exchange.postMessage({ ...STEP, ts: NOON + 60_000, candles: [CANDLE] })
    await run.until('AnalyzeStep')
    const signals = [{ action: 'BUY', quantity: '0.1' }]
    run.trader.postMessage({ type: 'StepAnswer', step: 1, traderId: TRADER, symbol: BTC, stepTime: NOON, signals })
    await run.until('SubmitOrder')
    run.session.receive({ type: 'Request', id: 1, command: { type: 'Halt', by: 'test', reason: 'test', flatten: false } })
    await run.until('CancelOrder')
    run.session.receive({ type: 'Request', id: 2, command: { type: 'Resume', by: 'test', reason: 'test' } })
    await run.until('Answer 2')
    expect(run.left).toEqual([
      // A strategy sees its candle at once; what it decides is behind it in the journal.
      { what: 'AnalyzeStep', behind: [] },
      { what: 'SubmitOrder', behind: expect.arrayContaining(['CandleClosed', 'OrderSubmitted', 'SignalDecided']) },
      { what: 'CancelOrder', behind: expect.arrayContaining(['TradingHalted', 'OrderStatusChanged']) },
      { what: 'Answer 1', behind: [] },
      { what: 'Answer 2', behind: expect.arrayContaining(['TradingResumed']) },
    ])
  })

  it('answers more than fit into a batch, in order, in several commits', async () => {
    using directory = temporaryDirectory()
    await using run = await openSession(directory.join('journal.db'))
    const before = run.session.counters()
    const count = 2_500
    const audit = { type: 'ActionAudited', ts: 0, actor: 'test', action: 'write', target: 'x' } as const
    for (let id = 1; id <= count; id += 1) run.session.receive({ type: 'Request', id, command: { type: 'Record', facts: [audit] } })
    await run.until(`Answer ${count}`)
    expect(run.left.map(({ what }) => what)).toEqual(Array.from({ length: count }, (_, n) => `Answer ${n + 1}`))
    const { head, commits, waiting } = run.session.counters()
    expect([head - before.head, commits - before.commits, waiting]).toEqual([count, 2, 0])
  })

  it('brings to the disk what nobody waits for: fills, and what a strategy says that is not traded', async () => {
    using directory = temporaryDirectory()
    await using run = await openSession(directory.join('journal.db'))
    run.exchange.postMessage({ ...STEP, ts: NOON + 60_000, candles: [CANDLE] })
    await run.until('AnalyzeStep')
    const signals = [{ action: 'CLOSE_LONG' }]
    run.trader.postMessage({ type: 'StepAnswer', step: 1, traderId: TRADER, symbol: BTC, stepTime: NOON, signals })
    await expect.poll(() => run.unseen(), { interval: 1, timeout: 2_000 }).toContain('SignalDecided')
  })
})

/** A new journal, served in this thread. */
async function journalAt(path: string): Promise<{ readonly line: JournalLine; readonly head: number }> {
  new Journal({ path, purpose: 'test', instance: 'test' }).close()
  const { port1, port2 } = new MessageChannel()
  serveJournal(port2)
  const line = new JournalLine(port1)
  return { line, head: await line.open(path, 'test') }
}

interface OpenSession extends AsyncDisposable {
  readonly session: EngineSession
  readonly exchange: MessagePort
  readonly trader: MessagePort
  /** What left the engine, and the facts that had come to the disk since what left before. */
  readonly left: { readonly what: string; readonly behind: readonly string[] }[]
  /** Facts on the disk since then. */
  unseen(): readonly string[]
  until(what: string): Promise<void>
}

/** A session with one running trader and an open market. It is looked at where a message is posted, not where it arrives. */
async function openSession(path: string): Promise<OpenSession> {
  const journal = await journalAt(path)
  const reader = openJournalReader(path)
  const [market, analyst] = [new MessageChannel(), new MessageChannel()]
  const left: OpenSession['left'] = []
  let seen = 0
  const unseen = () => reader.read(seen, 1_000).map(({ fact }) => fact.type)
  const leaves = (what: string): void => {
    left.push({ what, behind: unseen() })
    seen = reader.head()
  }
  for (const { port2 } of [market, analyst]) {
    const post = port2.postMessage.bind(port2)
    port2.postMessage = (message: ToExchange | AnalyzeStep) => {
      if (message.type !== 'StepDone') leaves(message.type)
      post(message)
    }
  }
  const session = new EngineSession({
    ...journal,
    engine: new TradingEngine(createState('test')),
    exchangePort: market.port2,
    lockStep: false,
    clock: { ...systemClock, now: () => NOON + 60_000 },
    factsSinceSnapshot: 0,
    // How the journal has grown is told in its own time.
    post: (message) => message.type !== 'Head' && leaves(message.type === 'Answer' ? `Answer ${message.id}` : message.type),
  })
  const until = (what: string) =>
    expect.poll(() => left.some((each) => each.what === what), { interval: 1, timeout: 2_000, message: what }).toBe(true)
  const status = { type: 'ExchangeStatus', exchange: 'scripted', connected: true, ts: NOON } as const
  const openingBalances = [{ currency: 'USDT', balance: '1000' }]
  market.port1.postMessage({ ...status, instruments: [instrumentOf(BTC)], openingBalances })
  await until('ExchangeReady')
  session.receive({ type: 'OpenMarket' })
  await until('MarketOpen')
  session.receive({ type: 'AttachTrader', traderId: TRADER, port: analyst.port2 })
  const limits = { type: 'RiskLimitsSet', ts: 0, by: 'test', limits: WIDE_LIMITS } as const
  const trader = { type: 'TraderChanged', ts: 0, traderId: TRADER, config: traderConfig(), state: 'running' } as const
  session.receive({ type: 'Request', id: 0, command: { type: 'Record', facts: [limits, trader] } })
  await until('Answer 0')
  left.length = 0
  const dispose = async (): Promise<void> => {
    await session.stop()
    reader.close()
    market.port1.close()
    analyst.port1.close()
  }
  return { session, exchange: market.port1, trader: analyst.port1, left, unseen, until, [Symbol.asyncDispose]: dispose }
}

const PRICE = Price.parse('100')
const STEP = { type: 'MarketStep', step: 1, lockStep: false, reports: [], candles: [], quotes: [] } as const
const CANDLE = {
  symbol: BTC,
  timeframe: '1m',
  openTime: NOON,
  open: PRICE,
  high: PRICE,
  low: PRICE,
  close: PRICE,
  volume: Quantity.parse('1'),
} as const
