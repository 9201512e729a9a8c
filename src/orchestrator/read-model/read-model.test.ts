import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { Fact, JournalEntry } from '#domain/facts.ts'
import { parseClientOrderId, parseSignalId, parseSymbol, parseTradeId, parseTraderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import { InProcessEngine } from '#test/support/in-process-engine.ts'
import { SIGNALS_MAX, TRADES_MAX } from './list-rows.ts'
import { CLOSED_ORDERS_MAX, ReadModel } from './read-model.ts'

const START = 1_760_000_040_000
const trader = parseTraderId('manual')

interface Act {
  readonly symbol: 'BTC/USDT' | 'ETH/USDT'
  readonly price: number
  readonly signal?: 'BUY' | 'SELL' | 'CLOSE_LONG' | 'CLOSE_SHORT' | undefined
  readonly quantity: number
  readonly stop?: boolean | undefined
}
const acts = fc.array(
  fc.record<Act>({
    symbol: fc.constantFrom('BTC/USDT', 'ETH/USDT'),
    price: fc.integer({ min: 90_000, max: 110_000 }),
    signal: fc.constantFrom(undefined, 'BUY', 'SELL', 'CLOSE_LONG', 'CLOSE_SHORT'),
    quantity: fc.integer({ min: 1, max: 40 }),
    stop: fc.option(fc.boolean(), { nil: undefined, freq: 5 }),
  }),
  { minLength: 5, maxLength: 40 },
)

/** What a real engine and a paper exchange make of the acts. */
function journalOf(list: readonly Act[], onEntries: (entries: readonly JournalEntry[]) => void = () => undefined): readonly JournalEntry[] {
  const engine = new InProcessEngine(onEntries, START)
  list.forEach((act, i) => {
    const price = (act.price / 100).toFixed(2)
    engine.candle({ symbol: act.symbol, openTime: START + i * 60_000, open: price, high: price, low: price, close: price })
    if (act.stop === true) engine.ask({ type: 'Halt', by: 'test', reason: 'test', flatten: false })
    if (act.stop === false) engine.ask({ type: 'Resume', by: 'test', reason: 'test' })
    if (act.signal === undefined) return
    engine.ask({
      type: 'SubmitSignals',
      signals: [
        {
          signalId: parseSignalId(`t:${i}`),
          traderId: trader,
          strategy: 's',
          symbol: parseSymbol(act.symbol),
          action: act.signal,
          ts: engine.now,
          quantity: act.signal.startsWith('CLOSE') ? undefined : Quantity.parse((act.quantity / 100).toFixed(2)),
        },
      ],
    })
  })
  return engine.entries
}

function everything(model: ReadModel): unknown {
  const all = { limit: 1_000 }
  return {
    orders: model.orders(all),
    open: model.workingOrders(),
    trades: model.trades(all),
    signals: model.signals(all),
    alerts: model.alerts(all),
    audit: model.audit(all),
    positions: model.positions(),
    balances: model.balances(),
    curve: model.equityCurve(5_000),
    traders: model.traders(),
    risk: model.risk(),
    prices: model.prices(),
    candles: model.lastCandles(),
    instruments: model.instruments(),
    seq: model.lastSeq,
    outcomes: [...model.signalOutcomes()],
  }
}

describe('ReadModel', () => {
  it('shows the same however the journal is cut into batches, and keeps nothing of the facts it was given', () => {
    fc.assert(
      fc.property(acts, fc.array(fc.nat(200), { maxLength: 8 }), (list, cuts) => {
        const entries = journalOf(list)
        const whole = new ReadModel()
        for (const entry of entries) whole.apply(entry)
        const pieces = new ReadModel()
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, entries.length)).toSorted((a, b) => a - b), entries.length]
        for (let i = 1; i < bounds.length; i += 1)
          for (const entry of structuredClone(entries.slice(bounds[i - 1], bounds[i]))) pieces.apply(entry)
        expect(everything(pieces)).toEqual(everything(whole))
      }),
      { numRuns: 60 },
    )
  })

  it('values positions exactly as the engine does: their sum is the account at every mark', () => {
    const sum = (values: readonly (string | null)[]): string =>
      fixed.format(
        fixed.trim(values.reduce((total, value) => fixed.add(total, fixed.parse<'Sum'>(value ?? '0')), fixed.make<'Sum'>(0n, 0))),
      )
    let marks = 0
    fc.assert(
      fc.property(acts, (list) => {
        const model = new ReadModel()
        journalOf(list, (entries) => {
          for (const entry of entries) {
            model.apply(entry)
            if (entry.fact.type !== 'EquityMarked' || entry.fact.currency !== 'USDT') continue
            marks += 1
            const positions = model.positions()
            expect(sum(positions.map((position) => position.unrealized_pnl))).toBe(sum([entry.fact.unrealized]))
            expect(sum(positions.map((position) => position.notional))).toBe(sum([entry.fact.exposure]))
            const [view] = model.traders()
            expect(sum([view?.realized_pnl ?? null])).toBe(sum([entry.fact.realized]))
            expect(sum([view?.fees ?? null])).toBe(sum([entry.fact.fees]))
            const account = model.balances()[0]
            expect(sum([account?.start ?? null, account?.realized ?? null, account?.unrealized ?? null])).toBe(
              sum([account?.equity ?? null, account?.fees ?? null]),
            )
          }
        })
      }),
      { numRuns: 60 },
    )
    expect(marks).toBeGreaterThan(100)
  })

  it('counts open orders and positions as its lists do', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const model = new ReadModel()
        for (const entry of journalOf(list)) {
          model.apply(entry)
          expect(model.risk().used).toMatchObject({
            open_orders: model.orders({ limit: 1_000, status: 'OPEN' }).items.length,
            open_positions: model.positions().length,
          })
        }
      }),
      { numRuns: 20 },
    )
  })

  it('takes a live price at once', () => {
    const model = new ReadModel()
    for (const entry of syntheticOrders(1, 0)) model.apply(entry)
    const price = (text: string): Price => Price.parse(text)
    const events = model.onQuote({ symbol: parseSymbol('BTC/USDT'), bid: price('109'), ask: price('111'), last: price('110'), ts: START })
    expect(model.positions()).toMatchObject([{ mark_price: '110', notional: '1.1', unrealized_pnl: '0.1', mark_ts: START }])
    expect(events.map((event) => event.channel)).toEqual(['prices', 'positions'])
    expect(model.prices()).toEqual([{ symbol: 'BTC/USDT', bid: '109', ask: '111', last: '110', ts: START }])
  })

  it('keeps memory flat over 200,000 orders, and every working one', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heap = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const model = new ReadModel()
    let seq = 0
    const fold = (orders: number): void => {
      for (const entry of syntheticOrders(orders, seq)) {
        model.apply(entry)
        seq = entry.seq
      }
    }
    for (const entry of workingOrder(0)) {
      model.apply(entry)
      seq = entry.seq
    }
    fold(50_000)
    const early = heap()
    fold(150_000)
    const grown = heap() - early
    expect(grown / 1_048_576).toBeLessThan(3)

    expect(model.workingOrders()).toHaveLength(1)
    expect(model.orders({ limit: 1_000, status: 'OPEN' })).toMatchObject({ reachesBack: true, items: [{ seq: 1, status: 'SUBMITTED' }] })
    expect(countAll((cursor) => model.orders({ limit: 1_000, cursor }))).toBe(CLOSED_ORDERS_MAX)
    expect(countAll((cursor) => model.orders({ limit: 1_000, cursor }, true))).toBe(CLOSED_ORDERS_MAX + 1)
    expect(countAll((cursor) => model.trades({ limit: 1_000, cursor }))).toBe(TRADES_MAX)
    expect(countAll((cursor) => model.signals({ limit: 1_000, cursor }))).toBe(SIGNALS_MAX)
    const last = model.orders({ limit: 1 })
    expect(last).toMatchObject({ reachesBack: true, items: [{ status: 'FILLED', average_price: '100' }] })
    expect(model.signalOutcomes().get('ACCEPTED')).toBe(200_000)
  })

  it('says from where on it does not know, so that a reader can ask elsewhere', () => {
    const model = new ReadModel()
    for (const entry of syntheticOrders(CLOSED_ORDERS_MAX + 5, 0)) model.apply(entry)
    const page = model.orders({ limit: 1_000, cursor: String(5 * FACTS_PER_ORDER + 40 * FACTS_PER_ORDER) })
    expect(page.reachesBack).toBe(false)
    expect(page.items.length).toBe(40)
    expect(page.items.at(-1)?.seq).toBeGreaterThan(page.floorSeq)
    expect(page.floorSeq).toBe(4 * FACTS_PER_ORDER + 2)
  })
})

function countAll(
  page: (cursor: string | undefined) => { readonly items: readonly unknown[]; readonly nextCursor: string | null },
): number {
  let count = 0
  let cursor: string | undefined
  for (;;) {
    const { items, nextCursor } = page(cursor)
    count += items.length
    if (nextCursor === null) return count
    cursor = nextCursor
  }
}

const FACTS_PER_ORDER = 4
function* numbered(facts: readonly Fact[], after: number): Generator<JournalEntry> {
  let seq = after
  for (const fact of facts) yield { seq: (seq += 1), fact }
}

function idOf(n: number) {
  return parseClientOrderId(`test${n.toString(36).padStart(22, '0')}`)
}

function submitted(n: number, ts: number): Fact {
  return {
    type: 'OrderSubmitted',
    ts,
    clientOrderId: idOf(n),
    traderId: trader,
    strategy: 's',
    signalId: parseSignalId(`s:${n}`),
    exchange: 'paper',
    symbol: parseSymbol('BTC/USDT'),
    side: n % 2 === 0 ? 'BUY' : 'SELL',
    orderType: 'MARKET',
    purpose: 'ENTRY',
    quantity: '0.01',
    referencePrice: '100',
    reduceOnly: false,
  }
}

function* workingOrder(after: number): Generator<JournalEntry> {
  yield* numbered([submitted(1_000_000_000, START)], after)
}

/** Orders that are decided, sent, accepted and filled, one after the other. */
function* syntheticOrders(count: number, after: number): Generator<JournalEntry> {
  for (let i = 0; i < count; i += 1) {
    const n = after + i * FACTS_PER_ORDER
    const base = { ts: START + n, clientOrderId: idOf(n), symbol: parseSymbol('BTC/USDT'), traderId: trader } as const
    yield* numbered(
      [
        {
          type: 'SignalDecided',
          ts: base.ts,
          signalId: parseSignalId(`s:${n}`),
          traderId: trader,
          strategy: 's',
          symbol: 'BTC/USDT',
          action: 'BUY',
          outcome: 'ACCEPTED',
          reason: 'ACCEPTED',
          clientOrderId: base.clientOrderId,
        },
        submitted(n, base.ts),
        { ...base, type: 'OrderStatusChanged', status: 'ACCEPTED' },
        {
          ...base,
          type: 'OrderFilled',
          tradeId: parseTradeId(`f${n}`),
          strategy: 's',
          exchange: 'paper',
          side: 'BUY',
          price: '100',
          quantity: '0.01',
          fee: '0.001',
          feeCurrency: 'USDT',
          liquidity: 'TAKER',
          realizedPnl: '0',
          orderStatus: 'FILLED',
          orderFilledQuantity: '0.01',
          orderFilledNotional: '1',
          position: { quantity: '0.01', entryCost: '1', realizedPnl: '0', fees: '0.001', openedAt: START },
          cash: '10000',
        },
      ],
      n,
    )
  }
}
