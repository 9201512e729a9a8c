import { describe, expect, it } from 'vitest'
import { mapped, ORDER, plan, recordsOf, rowOf, tableOf, TRADE, type Cells } from '#test/support/v2-rows.ts'
import { tableKey } from '../../sources/import-source.ts'
import type { ImportedRecord } from '../imported-records.ts'
import { REFERENCE_TABLES } from '../known-tables.ts'
import { mapRow } from '../map-row.ts'
import { rowRebuilder } from '../rebuild-row.ts'

describe('a trade', () => {
  it('is the life of a position: entry and exit, the exit on the opposite side', () => {
    const [position, entry, entryFill, exit, exitFill, ...rest] = recordsOf('trades', TRADE)
    expect(rest).toEqual([])
    expect(position).toMatchObject({
      kind: 'position',
      part: 'lifecycle',
      positionId: 'v2_trade_7',
      exchange: 'bybit',
      symbol: 'BTC/USDT:USDT',
      direction: 'LONG',
      state: 'CLOSED',
      entryPrice: '100.50000000',
      exitPrice: '101.25',
      realizedPnl: '0.225',
      confidence: '0.64',
      openedMs: Date.UTC(2024, 2, 1) + 123,
      closedMs: Date.UTC(2024, 2, 1, 1),
      origin: { table: 'trades', key: '["7"]' },
      extras: { symbol: 'btcusdt', created_at: '2024-03-01T00:00:00.123456', confidence: '64', ml_data: "{'buy_profit': 0.9}" },
    })
    expect(entry).toMatchObject({
      kind: 'order',
      part: 'entry',
      orderId: 'e7',
      side: 'BUY',
      status: 'FILLED',
      averagePrice: '100.50000000',
    })
    expect(entryFill).toMatchObject({
      kind: 'fill',
      part: 'entry',
      fillId: 'v2_trade_7_entry',
      orderId: 'e7',
      side: 'BUY',
      price: '100.50000000',
    })
    expect(exit).toMatchObject({ kind: 'order', part: 'exit', orderId: 'x7', side: 'SELL', status: 'FILLED', averagePrice: '101.25' })
    expect(exitFill).toMatchObject({
      kind: 'fill',
      part: 'exit',
      fillId: 'v2_trade_7_exit',
      side: 'SELL',
      price: '101.25',
      realizedPnl: '0.225',
    })
    expect([entryFill, exitFill].map((fill) => fill?.kind === 'fill' && fill.fee)).toEqual([undefined, undefined])
  })

  it('of a short closes by buying', () => {
    const sides = recordsOf('trades', { ...TRADE, side: 'short' }).map((record) => ('side' in record ? record.side : ''))
    expect(sides).toEqual(['', 'SELL', 'SELL', 'BUY', 'BUY'])
  })

  it.each([
    ['OPEN', 'OPEN', ['position', 'order', 'fill'], 'FILLED'],
    ['closed', 'CLOSED', ['position', 'order', 'fill', 'order', 'fill'], 'FILLED'],
    ['PARTIAL', 'PARTIAL', ['position', 'order'], 'PARTIALLY_FILLED'],
    ['CANCELED', 'CANCELED', ['position', 'order'], 'CANCELED'],
    ['rejected', 'REJECTED', ['position', 'order'], 'REJECTED'],
  ])('%s becomes %s', (status, state, kinds, entryStatus) => {
    const records = recordsOf('trades', { ...TRADE, status })
    expect(records.map(({ kind }) => kind)).toEqual(kinds)
    expect(records[0]).toMatchObject({ state })
    expect(records[1]).toMatchObject({ status: entryStatus })
  })

  it('has ids made from its key where version 2 kept none, and says so', () => {
    const { records, notes } = mapped('trades', { ...TRADE, order_id: null, close_order_id: '' })
    expect(records[0]).toMatchObject({
      entryOrderId: 'v2_trade_7',
      exitOrderId: 'v2_trade_7_close',
      extras: { order_id: null, close_order_id: '' },
    })
    expect(notes.filter(({ rule }) => rule === 'id-made').map(({ column }) => column)).toEqual(['order_id', 'close_order_id'])
  })

  it('needs an exit price and a time only if it is closed', () => {
    const without = { ...TRADE, close_price: null, closed_at: null }
    expect(mapRow(plan, tableOf('trades', without), rowOf(without))).toMatchObject({
      outcome: 'parked',
      rule: 'missing-value',
      column: 'closed_at',
    })
    expect(recordsOf('trades', { ...without, status: 'open' })[0]).toMatchObject({ state: 'OPEN', exitPrice: undefined })
  })

  it('says when it seems to have been closed before it was opened', () => {
    const { notes } = mapped('trades', { ...TRADE, closed_at: '2024-02-29T23:00:00Z' })
    expect(notes.map(({ rule }) => rule)).toContain('closed-before-opened')
  })
})

describe('the exchange', () => {
  it('is the one of the row, else the one of the plan', () => {
    const exchangeOf = (cells: Cells): unknown => recordsOf('trades', { ...TRADE, ...cells })[1]
    expect(exchangeOf({ exchange: 'OKX' })).toMatchObject({ exchange: 'okx' })
    expect(exchangeOf({ exchange: null })).toMatchObject({ exchange: 'bybit' })
  })
})

describe('an order', () => {
  const order = (cells: Cells): ImportedRecord | undefined => recordsOf('orders', { ...ORDER, ...cells })[0]

  it.each([
    [
      { type: 'market', price: null },
      { orderType: 'MARKET', price: undefined, triggerPrice: undefined },
    ],
    [{ type: 'LIMIT' }, { orderType: 'LIMIT', price: '3000.10', triggerPrice: undefined }],
    [{ type: 'stop' }, { orderType: 'STOP_MARKET', price: undefined, triggerPrice: '3000.10' }],
    [
      { type: 'stop', trigger_price: '2990' },
      { orderType: 'STOP_MARKET', price: undefined, triggerPrice: '2990' },
    ],
    [
      { type: 'Stop_Limit', trigger_price: '2990' },
      { orderType: 'STOP_LIMIT', price: '3000.10', triggerPrice: '2990' },
    ],
    [{ type: 'stop_limit' }, { orderType: 'STOP_LIMIT', price: '3000.10', triggerPrice: undefined }],
  ])('%j', (cells, expected) => {
    expect(order(cells)).toMatchObject(expected)
  })

  it.each([
    ['filled', '2'],
    ['rejected', '0'],
    ['open', '0'],
    ['partially_filled', undefined],
    ['cancelled', undefined],
  ])('%s: filled is %s, nothing is guessed', (status, filledQuantity) => {
    expect(order({ status })).toMatchObject({ filledQuantity })
    expect(order({ status, filled_quantity: '1.5' })).toMatchObject({ filledQuantity: '1.5' })
  })

  it.each([
    [{}, 'ENTRY'],
    [{ reduce_only: 't' }, 'EXIT'],
    [{ reduce_only: 't', is_sltp: 't', type: 'stop' }, 'STOP_LOSS'],
    [{ reduce_only: 't', is_sltp: 't', type: 'limit' }, 'TAKE_PROFIT'],
    [{ reduce_only: 't', is_sltp: 't', type: 'market' }, 'EXIT'],
    [{ reduce_only: null }, undefined],
  ])('%j is for %s', (cells, purpose) => {
    expect(order(cells)).toMatchObject({ purpose })
  })

  it('has an id made from its key where version 2 kept none', () => {
    expect(order({ order_id: null })).toMatchObject({ orderId: 'v2_order_3', extras: { order_id: null } })
  })
})

describe('the other tables', () => {
  it('keeps a signal without a direction without one', () => {
    const signal = { id: '1', symbol: 'BTCUSDT', created_at: '2024-03-01T00:00:00Z', score: '-34', strength: '0.5' }
    expect(recordsOf('signals', signal)[0]).toMatchObject({
      action: undefined,
      score: '-34',
      confidence: undefined,
      extras: { strength: '0.5' },
    })
    expect(recordsOf('signals', { ...signal, action: 'sell' })[0]).toMatchObject({ action: 'SELL' })
    expect(recordsOf('signals', { ...signal, action: 'neutral' })[0]).toMatchObject({ action: undefined })
  })

  it('carries the stop and target of a trade, and what a session came to', () => {
    const protection = {
      id: '5',
      trade_id: '7',
      symbol: 'BTCUSDT',
      side: 'Buy',
      stop_loss_price: '99.5',
      take_profit_price: '110',
      sl_order_id: 's1',
    }
    expect(recordsOf('sltp_orders', { ...protection, status: 'pending', created_at: '2024-03-01 00:00:00+00' })).toMatchObject([
      {
        kind: 'protection',
        protectionId: 'v2_sltp_5',
        tradeId: '7',
        side: 'BUY',
        stopLoss: '99.5',
        takeProfit: '110',
        stopOrderId: 's1',
        status: 'pending',
      },
    ])
    const session = { id: '1', session_id: 's1', started_at: '2024-03-01 00:00:00', ended_at: null, status: 'active', total_pnl: '-279.41' }
    expect(recordsOf('trading_sessions', session)).toMatchObject([
      { kind: 'session', sessionId: 's1', status: 'active', totalPnl: '-279.41', startedMs: Date.UTC(2024, 2, 1), endedMs: undefined },
    ])
    const step = { id: '2', trade_id: '7', level: '1', status: 'executed', close_qty: '0.10', price: '105', order_id: 'p1' }
    expect(recordsOf('partial_tp_history', step)).toMatchObject([
      { stepId: 'v2_partial_tp_2', quantity: '0.10', price: '105', orderId: 'p1' },
    ])
    const balance = { id: '1', asset: 'usdt', free: '-1.5', locked: '0', total: '-1.50', total_balance_usd: '1', timestamp: '1709251200' }
    expect(recordsOf('balances', balance)).toMatchObject([
      { asset: 'USDT', free: '-1.5', total: '-1.50', totalUsd: '1', ts: Date.UTC(2024, 2, 1) },
    ])
  })

  it('takes a position of size zero for closed', () => {
    const position = { id: '1', symbol: 'BTCUSDT', side: 'Sell', size: '0.00', leverage: '5' }
    expect(recordsOf('positions', position)[0]).toMatchObject({ part: 'snapshot', state: 'CLOSED', direction: 'SHORT', quantity: '0.00' })
    expect(recordsOf('positions', { ...position, size: '0.10' })[0]).toMatchObject({ state: 'OPEN' })
  })

  it('reads references that an export made decimal', () => {
    const step = { id: '1', trade_id: '12.0', level: '2.0', status: 'filled', close_qty: '1' }
    expect(recordsOf('partial_tp_history', step)[0]).toMatchObject({ tradeId: '12', level: 2, extras: { trade_id: '12.0', level: '2.0' } })
  })

  it.each([...REFERENCE_TABLES, 'Operator Notes', 'archive'])('keeps %s word for word', (name) => {
    const cells = { id: '1', symbol: 'BTCUSDT' }
    expect(mapRow(plan, tableOf(name, cells), rowOf(cells))).toEqual({ outcome: 'kept' })
    expect(rowRebuilder(tableOf(name, cells))).toBeUndefined()
  })

  it('takes no table of another schema for one of version 2', () => {
    const table = { ...tableOf('trades', TRADE), schema: 'archive', key: tableKey('archive', 'trades') }
    expect(mapRow(plan, table, rowOf(TRADE))).toEqual({ outcome: 'kept' })
  })
})
