import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { HandOverLine } from './hand-over-line.ts'
import type { AccountDifference, ExchangeSide, V2Position, V2Side, V3Side } from './sides.ts'
import { threeWayTable } from './three-way-table.ts'

const SYMBOL = 'BTC/USDT:USDT'
const NONE: V2Side = { positions: [], orders: [], isCut: false }

function trade(quantity: string, change: Partial<V2Position> = {}): V2Position {
  const [direction, size] = quantity.startsWith('-') ? (['SHORT', quantity.slice(1)] as const) : (['LONG', quantity] as const)
  const rest = { row: 'trades ["1"]', exchange: 'bybit', symbol: SYMBOL, part: 'lifecycle', state: 'OPEN' } as const
  return { ...rest, direction, quantity: size, entryPrice: null, stopLoss: null, takeProfit: null, ...change }
}

const version2 = (...positions: V2Position[]): V2Side => ({ ...NONE, positions })
const held = (...quantities: string[]): V3Side => ({
  positions: quantities.map((quantity, index) => ({ traderId: `t${index}`, symbol: SYMBOL, quantity })),
  orders: [],
})
const difference: AccountDifference = {
  id: `POSITION:bybit:${SYMBOL}`,
  kind: 'POSITION',
  symbol: SYMBOL,
  exchangeOrderId: null,
  orderId: null,
  cause: 'why.',
  decided: null,
}

function shows(quantity: string, change: Partial<ExchangeSide> = {}): ExchangeSide {
  return { exchange: 'bybit', comparedAt: 1, positions: [{ symbol: SYMBOL, quantity }], orders: [], differences: [], ...change }
}

function only(v2: V2Side, exchange: ExchangeSide, v3: V3Side): HandOverLine {
  const { lines } = threeWayTable(v2, exchange, v3)
  expect(lines).toHaveLength(1)
  return lines[0] as HandOverLine
}

describe('a position', () => {
  it.each([
    ['all agree', ['1.50'], '1.5', ['1.5'], 'all', [], true],
    ['two traders share it', ['3'], '3', ['1', '2'], 'all', [], true],
    ['hedged trades cancel out', ['1', '-1'], '0', ['0'], 'all', [], true],
    ['opened by version 2', ['-2'], '-2', [], 'v2_and_exchange', ['ADOPT', 'CLOSE', 'IGNORE'], false],
    ['closed after the export', ['1.5'], '0', [], 'exchange_and_v3', ['IGNORE'], false],
    ['smaller since the export', ['1.5'], '1', ['1'], 'exchange_and_v3', ['IGNORE'], false],
    ['ours alone', [], '1', ['1'], 'exchange_and_v3', [], true],
    ['by hand', [], '1', [], 'v2_and_v3', ['ADOPT', 'CLOSE', 'IGNORE'], false],
    ['gone at the exchange', ['1'], '0', ['1'], 'v2_and_v3', ['ADOPT', 'CLOSE', 'IGNORE'], false],
    ['all differ', ['1'], '2', ['3'], 'none', ['ADOPT', 'CLOSE', 'IGNORE'], false],
  ] as const)('%s', (...[, v2, exchange, v3, agreement, allowed, settled]) => {
    const differs = v3.reduce((sum, each) => sum + Number(each), 0) !== Number(exchange)
    const side = shows(exchange, differs ? { differences: [difference] } : {})
    const line = only(version2(...v2.map((each) => trade(each))), side, held(...v3))
    expect([line.agreement, line.allowed, line.isSettled]).toEqual([agreement, allowed, settled])
    expect(line.differenceId).toBe(differs ? difference.id : null)
    expect(line.cause).not.toBe('')
  })

  it('of a trade filled in part any amount up to its quantity agrees', () => {
    const partial = trade('2', { state: 'PARTIAL' })
    expect(only(version2(partial), shows('0.5'), held('0.5'))).toMatchObject({ agreement: 'all', v2: '0 to 2 (1 open trades)' })
    expect(only(version2(partial), shows('2.1'), held('2.1')).agreement).toBe('exchange_and_v3')
    expect(only(version2(trade('-2', { state: 'PARTIAL' })), shows('0.5'), held('0.5')).agreement).toBe('exchange_and_v3')
  })

  it('the positions table counts before open trades, and that they disagree is said', () => {
    const line = only(version2(trade('5'), trade('1', { part: 'snapshot' })), shows('1'), held('1'))
    expect(line).toMatchObject({ agreement: 'all', v2: '1' })
    expect(line.cause).toContain('Its tables disagree: its 1 open trades come to 5')
  })

  it('nothing is known of an account that was not compared, or of another exchange', () => {
    const unasked = threeWayTable(version2(trade('1')), shows('1', { comparedAt: null, positions: [] }), held())
    expect(unasked.lines[0]).toMatchObject({ agreement: 'unknown', atExchange: null, allowed: [], isSettled: false })
    expect(unasked.missing).toHaveLength(2)
    const elsewhere = threeWayTable(version2(trade('1')), shows('0', { exchange: 'paper' }), held())
    expect(elsewhere.lines[0]).toMatchObject({ exchange: 'bybit', atExchange: null, allowed: ['IGNORE'], isSettled: false })
  })
})

describe('an order', () => {
  const order = { row: 'orders ["1"]', exchange: 'bybit', orderId: 'X1', symbol: SYMBOL, words: 'LIMIT BUY 1' }
  const external: AccountDifference = { ...difference, id: 'ORDER_EXTERNAL:bybit:X1', kind: 'ORDER_EXTERNAL', exchangeOrderId: 'X1' }
  const missing: AccountDifference = { ...difference, id: 'ORDER_MISSING:bybit:o', kind: 'ORDER_MISSING', orderId: 'o' }
  const listed = { exchangeOrderId: 'X1', symbol: SYMBOL, words: 'LIMIT BUY 1' }
  const ours = { id: 'o', traderId: 't', exchangeOrderId: 'X1', symbol: SYMBOL, words: 'LIMIT BUY 1' }

  it.each([
    ['still open', [order], [listed], [], [external], 'v2_and_exchange', ['CANCEL', 'ADOPT', 'IGNORE'], false],
    ['gone since', [order], [], [], [], 'exchange_and_v3', ['IGNORE'], false],
    ['by hand', [], [listed], [], [external], 'v2_and_v3', ['CANCEL', 'ADOPT', 'IGNORE'], false],
    ['ours', [], [listed], [ours], [], 'exchange_and_v3', [], true],
    ['ours, and nobody can find it', [], [], [ours], [missing], 'v2_and_exchange', ['CANCEL', 'ADOPT'], false],
    ['listed, and not yet compared with ours', [order], [listed], [], [], 'v2_and_exchange', [], false],
  ] as const)('%s', (...[, v2, exchange, v3, differences, agreement, allowed, settled]) => {
    const line = only({ ...NONE, orders: v2 }, shows('0', { positions: [], orders: exchange, differences }), { positions: [], orders: v3 })
    expect([line.agreement, line.allowed, line.isSettled]).toEqual([agreement, allowed, settled])
    expect(line.differenceId).toBe(differences[0]?.id ?? null)
  })

  it('one the exchange never confirmed is listed and needs nothing', () => {
    const line = only(NONE, shows('0', { positions: [] }), { positions: [], orders: [{ ...ours, exchangeOrderId: null }] })
    expect(line).toMatchObject({ id: 'order.bybit.ours.o', isSettled: true, atExchange: 'not there' })
  })
})

describe('a decision', () => {
  const gone = [version2(trade('1')), shows('0', { positions: [] }), held()] as const

  it('holds for what was looked at, and no longer when that changes', () => {
    const [line] = threeWayTable(...gone).lines
    const seen = new Map([[line?.id ?? '', { decision: 'IGNORE', by: 'anna', reason: 'old', at: 5, fingerprint: line?.fingerprint ?? '' }]])
    expect(threeWayTable(...gone, seen)).toMatchObject({ open: 0, missing: [], lines: [{ isSettled: true, decided: { by: 'anna' } }] })
    const changed = threeWayTable(version2(trade('2')), gone[1], gone[2], seen)
    expect(changed).toMatchObject({ open: 1, lines: [{ isSettled: false, decided: null }] })
  })

  it('of the engine settles a line that still differs', () => {
    const decided = { decision: 'IGNORE', by: 'anna', reason: null, at: 5 }
    const side = shows('2', { differences: [{ ...difference, decided }] })
    expect(threeWayTable(version2(trade('1')), side, held())).toMatchObject({ open: 0, lines: [{ decided, isSettled: true }] })
  })
})

const quantity = fc.integer({ min: -5, max: 5 }).map(String)
const anyTrade = fc
  .record({
    size: fc.integer({ min: 1, max: 5 }),
    short: fc.boolean(),
    part: fc.constantFrom('lifecycle', 'snapshot'),
    state: fc.constantFrom('OPEN', 'PARTIAL'),
    symbol: fc.constantFrom('A/USDT', 'B/USDT'),
  })
  .map(({ size, short, ...rest }) => trade(`${short ? '-' : ''}${size}`, rest as Partial<V2Position>))
const anyHeld = fc.array(fc.record({ symbol: fc.constantFrom('A/USDT', 'B/USDT', 'C/USDT'), quantity }), { maxLength: 4 })

it('never settles what the exchange and this workstation differ in, nor anything of an account nobody asked', () => {
  fc.assert(
    fc.property(fc.array(anyTrade, { maxLength: 5 }), anyHeld, anyHeld, fc.option(fc.constant(7)), (trades, there, here, comparedAt) => {
      const v3 = { positions: here.map((each, index) => ({ ...each, traderId: `t${index}` })), orders: [] }
      const exchange = shows('0', { positions: there, comparedAt })
      const table = threeWayTable(version2(...trades), exchange, v3)
      const total = (rows: readonly { readonly symbol: string; readonly quantity: string }[], symbol: string): number =>
        rows.reduce((sum, row) => sum + (row.symbol === symbol ? Number(row.quantity) : 0), 0)
      for (const line of table.lines) {
        if (comparedAt === null) expect(line.isSettled).toBe(false)
        if (total(there, line.symbol) !== total(here, line.symbol)) expect(line.isSettled).toBe(false)
      }
      for (const symbol of ['A/USDT', 'B/USDT', 'C/USDT'])
        if (comparedAt !== null && total(there, symbol) !== total(here, symbol))
          expect(table.lines.some((line) => line.symbol === symbol)).toBe(true)
      expect(new Set(table.lines.map(({ id }) => id)).size).toBe(table.lines.length)
      expect(
        threeWayTable(version2(...trades.toReversed()), exchange, v3)
          .lines.map(({ id }) => id)
          .toSorted(),
      ).toEqual(table.lines.map(({ id }) => id).toSorted())
    }),
    { numRuns: 500 },
  )
})
