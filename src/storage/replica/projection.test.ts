import { describe, expect, test } from 'vitest'
import type { Fact, JournalEntry, OrderFilled } from '#domain/facts.ts'
import { parseClientOrderId, parseExchangeOrderId, parseSignalId, parseSymbol, parseTradeId, parseTraderId } from '#domain/ids.ts'
import { DEFAULT_RISK_LIMITS } from '#domain/risk.ts'
import { syntheticFacts } from '#test/support/postgres-facts.ts'
import { project } from './projection.ts'
import type { Projection } from './projection.ts'
import { encode, pack } from './ship.ts'

const symbol = parseSymbol('BTC/USDT')
const traderId = parseTraderId('alpha')
const clientOrderId = parseClientOrderId('a'.repeat(26))
const order = { clientOrderId, symbol, traderId }

const submitted: Fact = {
  type: 'OrderSubmitted',
  ts: 10,
  ...order,
  strategy: 's',
  signalId: parseSignalId('x'),
  exchange: 'paper',
  side: 'BUY',
  orderType: 'MARKET',
  purpose: 'ENTRY',
  quantity: '0.30',
  referencePrice: '100',
  reduceOnly: false,
}
const unknown: Fact = { type: 'OrderStatusChanged', ts: 11, ...order, status: 'UNKNOWN', reason: 'no answer' }
const accepted: Fact = { type: 'OrderStatusChanged', ts: 12, ...order, status: 'ACCEPTED', exchangeOrderId: parseExchangeOrderId('9') }
const filled: OrderFilled = {
  type: 'OrderFilled',
  ts: 13,
  ...order,
  tradeId: parseTradeId('t1'),
  strategy: 's',
  exchange: 'paper',
  side: 'BUY',
  price: '100.10',
  quantity: '0.30',
  fee: '0.0300300',
  feeCurrency: 'USDT',
  liquidity: 'TAKER',
  realizedPnl: '0',
  orderStatus: 'FILLED',
  orderFilledQuantity: '0.30',
  orderFilledNotional: '30.0300',
  position: { quantity: '0.30', entryCost: '30.03', realizedPnl: '0', fees: '0.03003', openedAt: 13 },
  cash: '69.93997',
}
const removed: Fact = { type: 'TraderRemoved', ts: 20, traderId }
const changed: Fact = {
  type: 'TraderChanged',
  ts: 19,
  traderId,
  state: 'running',
  config: {
    traderId,
    strategy: 's',
    symbols: [symbol],
    timeframe: '5m',
    params: { fast: 3 },
    orderNotional: '50',
    desired: 'running',
    kind: 'strategy',
  },
}

function entries(facts: readonly Fact[], from = 1): readonly JournalEntry[] {
  return facts.map((fact, index) => ({ seq: from + index, fact }))
}

describe('projection', () => {
  test('an order of one batch becomes one row as it stands at the end', () => {
    const { rows, patches } = project(entries([submitted, unknown, accepted, filled]))
    expect(rows.orders).toEqual([
      expect.objectContaining({
        client_order_id: clientOrderId,
        status: 'FILLED',
        reason: null,
        exchange_order_id: '9',
        quantity: '0.30',
        filled_quantity: '0.30',
        filled_notional: '30.0300',
        seq: 1,
        ts_ms: 10,
        updated_seq: 4,
        updated_ts_ms: 13,
      }),
    ])
    expect(patches).toEqual({})
  })

  test('changes of an earlier order are merged; a fill keeps the reason, a status replaces it', () => {
    const patchOf = (...facts: readonly Fact[]) => project(entries(facts)).patches.orders
    expect(patchOf(unknown, filled)).toEqual([
      {
        client_order_id: clientOrderId,
        patch: {
          status: 'FILLED',
          reason: 'no answer',
          filled_quantity: '0.30',
          filled_notional: '30.0300',
          amending: null,
          updated_seq: 2,
          updated_ts_ms: 13,
        },
      },
    ])
    expect(patchOf(unknown, accepted)).toEqual([
      expect.objectContaining({ patch: { status: 'ACCEPTED', reason: null, exchange_order_id: '9', updated_seq: 2, updated_ts_ms: 12 } }),
    ])
    expect(patchOf(filled)?.[0]?.['patch']).not.toHaveProperty('reason')
  })

  test('a fill is one trade and the position after it, every digit kept', () => {
    const { rows } = project(entries([filled], 7))
    expect(rows.trades).toEqual([
      expect.objectContaining({ trade_id: 't1', price: '100.10', fee: '0.0300300', cash_after: '69.93997', seq: 7 }),
    ])
    expect(rows.positions).toEqual([expect.objectContaining({ trader_id: 'alpha', entry_cost: '30.03', seq: 7 })])
  })

  test('of two fills the later position stands, and both trades', () => {
    const second: OrderFilled = { ...filled, tradeId: parseTradeId('t2'), position: { ...filled.position, quantity: '0.60' } }
    const { rows } = project(entries([filled, second]))
    expect(rows.trades).toHaveLength(2)
    expect(rows.positions).toEqual([expect.objectContaining({ quantity: '0.60', seq: 2 })])
  })

  test('a trader removed and set up again is there; set up and removed is not', () => {
    expect(project(entries([removed, changed]))).toMatchObject({ patches: {}, rows: { traders: [{ removed: false }] } })
    expect(project(entries([changed, removed]))).toMatchObject({ patches: {}, rows: { traders: [{ removed: true, strategy: 's' }] } })
    expect(project(entries([removed])).patches.traders).toEqual([{ trader_id: 'alpha', patch: { removed: true, seq: 1, ts_ms: 20 } }])
  })

  test('a candle said twice is one row', () => {
    const bar: Fact = {
      type: 'CandleClosed',
      ts: 5,
      symbol,
      timeframe: '1m',
      openTime: 0,
      open: '1',
      high: '2',
      low: '1',
      close: '2',
      volume: '3',
    }
    expect(project(entries([bar, { ...bar, close: '1.5' }])).rows.candles).toEqual([expect.objectContaining({ close: '1.5', seq: 2 })])
  })

  test('batches cut anywhere say the same as one big batch', () => {
    const facts = entries(syntheticFacts(300))
    for (const size of [1, 2, 3, 7, 50]) {
      const cut: Projection[] = []
      for (let from = 0; from < facts.length; from += size) cut.push(project(facts.slice(from, from + size)))
      expect(ordersOf(cut)).toEqual(ordersOf([project(facts)]))
      expect(cut.flatMap(({ rows }) => rows.trades ?? [])).toEqual(project(facts).rows.trades)
    }
  })

  test('every type of fact gives rows', () => {
    const others: readonly Fact[] = [
      { type: 'TradingHalted', ts: 1, by: 'me', reason: 'storm', flatten: true },
      { type: 'TradingResumed', ts: 2, by: 'me', reason: 'calm' },
      {
        type: 'RiskLimitsSet',
        ts: 3,
        by: 'me',
        limits: DEFAULT_RISK_LIMITS,
      },
    ]
    const { rows } = project(entries([...syntheticFacts(300), ...others]))
    expect(Object.keys(rows).toSorted()).toEqual([
      'alerts',
      'audit',
      'balances',
      'candles',
      'halts',
      'instruments',
      'orders',
      'positions',
      'risk_limits',
      'signals',
      'strategies',
      'traders',
      'trades',
    ])
    expect(rows.halts).toEqual([
      expect.objectContaining({ action: 'HALTED', flatten: true }),
      expect.objectContaining({ action: 'RESUMED' }),
    ])
  })
})

/** Plays the statements on a map, as the database would. */
function ordersOf(projections: readonly Projection[]): ReadonlyMap<unknown, unknown> {
  const orders = new Map<unknown, Record<string, unknown>>()
  for (const { rows, patches } of projections) {
    for (const row of rows.orders ?? []) orders.set(row['client_order_id'], { ...row })
    for (const { client_order_id: id, patch } of patches.orders ?? []) Object.assign(orders.get(id)!, patch)
  }
  for (const row of orders.values()) for (const name of ['reason', 'amending']) row[name] ??= null
  return orders
}

describe('parcel', () => {
  test('refuses a gap in the journal', () => {
    const [first, , third] = entries([submitted, unknown, accepted])
    expect(() => pack([first!, third!])).toThrow(/the journal gave/)
  })

  test('what Postgres text cannot hold becomes U+FFFD, everything else stays', () => {
    expect(JSON.parse(encode(['a\0b', 'half \ud800 pair', 'whole \u{1f600}', 'literal \\u0000']))).toEqual([
      'a\ufffdb',
      'half \ufffd pair',
      'whole \u{1f600}',
      'literal \\u0000',
    ])
  })
})
