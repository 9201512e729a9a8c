import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Candle } from '#domain/candle.ts'
import type { Fact } from '#domain/facts.ts'
import { parseExchangeOrderId, parseSignalId, parseTradeId, type ClientOrderId, type TraderId } from '#domain/ids.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { Signal } from '#domain/signal.ts'
import type { ExchangeReport, Quote } from '#engine/ports.ts'
import { openJournalReader } from '#storage/journal/journal-reader.ts'
import { Journal } from '#storage/journal/journal.ts'
import { BTC, NOON, OTHER_TRADER, TRADER } from '#test/support/engine/engine-driver.ts'
import { EngineThread } from '#test/support/engine/engine-thread.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'

const MINUTE_MS = 60_000
const price = (text: string) => Price.parse(text)

function quote(last: string): Quote {
  return { symbol: BTC, bid: price(last), ask: price(last), last: price(last), ts: Date.now() }
}

function signalOf(id: string): Signal {
  return {
    signalId: parseSignalId(id),
    traderId: TRADER,
    strategy: 'test',
    symbol: BTC,
    action: 'BUY',
    quantity: Quantity.parse('0.1'),
    ts: NOON,
  }
}

/** All that is durable at this moment, read through a connection of its own. */
function durable(path: string): readonly Fact[] {
  const reader = openJournalReader(path)
  try {
    return reader.read(0, 1_000_000).map(({ fact }) => fact)
  } finally {
    reader.close()
  }
}

/** A live engine with a running trader and a price. */
async function liveEngine(journalPath: string): Promise<EngineThread> {
  const engine = await EngineThread.open({ journalPath })
  await engine.runTrader(TRADER)
  await engine.request({ type: 'Record', facts: [{ type: 'RiskLimitsSet', ts: NOON, by: 'test', limits: WIDE }] })
  await engine.openMarket()
  await engine.heard(() => engine.exchange.step({ ts: Date.now(), quotes: [quote('100')] }))
  return engine
}
const WIDE = {
  maxOrderNotional: '100000',
  maxPositionNotional: '100000',
  maxOpenPositions: 10,
  maxDailyLoss: '100000',
  maxOrdersPerSecond: 10_000,
  priceCollarBps: '500',
  referenceMaxAgeMs: 180_000,
  maxOpenOrders: 10_000,
  unprotectedPolicy: 'CLOSE' as const,
}

describe('journal before send', () => {
  it('no order reaches the exchange, and no answer the caller, before the journal holds what is behind it', async () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    await using engine = await liveEngine(path)
    const early: string[] = []
    engine.exchange.onMessage = (message) => {
      if (message.type !== 'SubmitOrder') return
      const { clientOrderId } = message.order
      if (!durable(path).some((fact) => fact.type === 'OrderSubmitted' && fact.clientOrderId === clientOrderId)) early.push(clientOrderId)
    }
    for (let round = 0; round < 60; round += 1) {
      const answer = await engine.request({ type: 'SubmitSignals', signals: [signalOf(`s-${round}`)] })
      expect(answer).toMatchObject({ type: 'Decisions', decisions: [{ reason: 'ACCEPTED' }] })
      expect(durable(path).filter((fact) => fact.type === 'SignalDecided')).toHaveLength(round + 1)
    }
    for (let i = 0; i < 60; i += 1) await engine.exchange.take('SubmitOrder')
    expect(early).toEqual([])
  })

  it('a Done answer names a sequence that is durable', async () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    await using engine = await liveEngine(path)
    await engine.request({ type: 'Halt', by: 'test', reason: 'test', flatten: false })
    const answer = await engine.request({ type: 'Resume', by: 'test', reason: 'test' })
    const { length } = durable(path)
    expect(answer.type === 'Done' && answer.seq > 0 && answer.seq <= length).toBe(true)
    expect(durable(path).some(({ type }) => type === 'TradingResumed')).toBe(true)
  })

  it('when the journal cannot be written nothing leaves, callers are told, and nothing more is taken', async () => {
    using directory = temporaryDirectory()
    const path = directory.join('journal.db')
    await using engine = await liveEngine(path)
    const intruder = new Journal({ path, purpose: 'test' })
    intruder.append([{ type: 'ActionAudited', ts: NOON, actor: 'somebody else', action: 'write', target: 'journal' }])
    intruder.close()
    const [first, second] = await Promise.all(['a', 'b'].map((id) => engine.request({ type: 'SubmitSignals', signals: [signalOf(id)] })))
    expect([first?.type, second?.type]).toEqual(['Refused', 'Refused'])
    expect(await engine.take('Failed')).toMatchObject({ code: 'JOURNAL_WRITE_FAILED' })
    engine.exchange.step({ ts: Date.now(), quotes: [quote('100')] })
    expect(await engine.request({ type: 'Halt', by: 'test', reason: 'test', flatten: false })).toMatchObject({ type: 'Refused' })
    expect(await engine.ping()).toMatchObject({ waiting: 0 })
    expect(engine.exchange.inbox.all.filter(({ type }) => type === 'SubmitOrder')).toEqual([])
    expect(durable(path).filter(({ type }) => type === 'OrderSubmitted')).toEqual([])
  })
})

describe('restart', () => {
  it('after a terminated thread asks about its orders, sends the lost one again under its id, and stays halted if it was', async () => {
    using directory = temporaryDirectory()
    const journalPath = directory.join('journal.db')
    let ids: ClientOrderId[] = []
    {
      await using engine = await liveEngine(journalPath)
      const answer = await engine.request({ type: 'SubmitSignals', signals: [signalOf('known'), signalOf('lost')] })
      ids =
        answer.type === 'Decisions'
          ? answer.decisions.flatMap(({ clientOrderId }) => (clientOrderId === undefined ? [] : [clientOrderId]))
          : []
      const [known] = ids
      if (known === undefined) throw new Error(JSON.stringify(answer))
      await engine.heard(() => engine.exchange.accept(known, Date.now()))
    }
    await using again = await EngineThread.open({ journalPath })
    again.post({ type: 'OpenMarket' })
    const restore = await again.exchange.take('RestoreExchange')
    expect(restore.orders.map(({ clientOrderId }) => clientOrderId)).toEqual([ids[0]])
    const queries = [await again.exchange.take('QueryOrder'), await again.exchange.take('QueryOrder')]
    expect(queries.map(({ clientOrderId }) => clientOrderId)).toEqual(ids)
    const [known, lost] = queries
    if (known === undefined || lost === undefined) throw new Error('two orders were to be asked about')
    const ts = Date.now()
    again.exchange.step({
      ts,
      reports: [{ type: 'OrderNotFound', clientOrderId: lost.clientOrderId, symbol: BTC, ts, authoritative: true }],
    })
    expect((await again.exchange.take('SubmitOrder')).order.clientOrderId).toBe(ids[1])
    expect(again.inbox.all.some(({ type }) => type === 'MarketOpen')).toBe(false)
    again.exchange.step({
      ts,
      reports: [{ type: 'OrderFound', clientOrderId: known.clientOrderId, symbol: BTC, ts, exchangeOrderId: parseExchangeOrderId('X-1') }],
    })
    await again.take('MarketOpen')
    await again.request({ type: 'Halt', by: 'test', reason: 'test', flatten: false })
    await again.stop()
    await using third = await EngineThread.open({ journalPath })
    await third.heard(() => third.exchange.step({ ts: Date.now(), quotes: [quote('100')] }))
    expect(await third.request({ type: 'SubmitSignals', signals: [signalOf('late')] })).toMatchObject({ decisions: [{ reason: 'HALTED' }] })
    expect(await third.request({ type: 'SubmitSignals', signals: [signalOf('lost')] })).toMatchObject({
      decisions: [{ outcome: 'DUPLICATE' }],
    })
  })
})

function candle(n: number, close: string): Candle {
  const last = price(close)
  return {
    symbol: BTC,
    timeframe: '1m',
    openTime: NOON + n * MINUTE_MS,
    open: last,
    high: last,
    low: last,
    close: last,
    volume: Quantity.parse('1'),
  }
}

const CLOSES = ['100', '101', '99', '102', '98', '103']

/** Six candles in lock-step, two traders; `order` says who answers first. Gives back the text of every fact. */
async function lockStepRun(journalPath: string, order: readonly TraderId[]): Promise<string[]> {
  await using engine = await EngineThread.open({ journalPath, lockStep: true })
  for (const traderId of order) await engine.runTrader(traderId)
  const traders = order.map((traderId) => engine.attach(traderId))
  await engine.openMarket()
  expect(await engine.exchange.take('StepDone')).toMatchObject({ step: 0 })
  let waiting: ClientOrderId[] = []
  for (const [n, close] of CLOSES.entries()) {
    const ts = NOON + (n + 1) * MINUTE_MS
    const step = engine.exchange.nextStep({ ts, reports: waiting.map((id) => fillOf(id, close, ts)), candles: [candle(n, close)] })
    for (const [i, trader] of traders.entries()) {
      const asked = await trader.next()
      expect(
        engine.exchange.inbox.all.filter((message) => message.type === 'StepDone' && message.step === step),
        `before answer ${i}`,
      ).toEqual([])
      trader.answer(asked, [{ action: n % 2 === 0 ? 'BUY' : 'CLOSE_LONG' }])
      await setImmediate()
      await engine.ping()
    }
    expect(await engine.exchange.take('StepDone')).toMatchObject({ step })
    waiting = engine.exchange.inbox.all
      .flatMap((message) => (message.type === 'SubmitOrder' ? [message.order.clientOrderId] : []))
      .slice(-2)
    for (const id of waiting) await engine.heard(() => engine.exchange.accept(id, ts))
  }
  await engine.stop()
  return durable(journalPath).map((fact) => JSON.stringify(fact))
}

function fillOf(clientOrderId: ClientOrderId, at: string, ts: number): ExchangeReport {
  return {
    type: 'OrderFill',
    clientOrderId,
    symbol: BTC,
    ts,
    tradeId: parseTradeId(`T-${clientOrderId}`),
    exchangeOrderId: parseExchangeOrderId(`X-${clientOrderId}`),
    price: price(at),
    quantity: Quantity.parse('0.9'),
    fee: Money.parse('0.01', 'USDT'),
    liquidity: 'TAKER',
  }
}

describe('lock-step', () => {
  it('two traders that answer in either order give the same journal', async () => {
    using directory = temporaryDirectory()
    const runs = [
      await lockStepRun(directory.join('a.db'), [TRADER, OTHER_TRADER]),
      await lockStepRun(directory.join('b.db'), [OTHER_TRADER, TRADER]),
    ]
    const decided = (run: readonly string[] = []) => run.filter((text) => !text.startsWith('{"type":"TraderChanged"'))
    expect(decided(runs[1])).toEqual(decided(runs[0]))
    expect(decided(runs[0]).filter((text) => text.startsWith('{"type":"OrderSubmitted"')).length).toBeGreaterThanOrEqual(CLOSES.length)
  })

  it.each(['detached', 'replaced'])('a trader that was %s does not hold the others up', async (how) => {
    using directory = temporaryDirectory()
    await using engine = await EngineThread.open({ journalPath: directory.join('journal.db'), lockStep: true })
    for (const traderId of [TRADER, OTHER_TRADER]) await engine.runTrader(traderId)
    const [quick, hung] = [engine.attach(TRADER), engine.attach(OTHER_TRADER)]
    await engine.openMarket()
    await engine.exchange.take('StepDone')
    const step = engine.exchange.nextStep({ ts: NOON + MINUTE_MS, candles: [candle(0, '100')] })
    await hung.next()
    quick.answer(await quick.next(), [])
    await engine.ping()
    expect(engine.exchange.inbox.all.some((message) => message.type === 'StepDone' && message.step === step)).toBe(false)
    if (how === 'detached') engine.post({ type: 'DetachTrader', traderId: OTHER_TRADER })
    else engine.attach(OTHER_TRADER)
    expect(await engine.exchange.take('StepDone')).toMatchObject({ step })
  })
})
