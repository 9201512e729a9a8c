import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '#domain/facts.ts'
import { parseSymbol } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { MANUAL, ScriptedFront, SYMBOL } from '#test/support/scripted-front.ts'
import { ReadModel } from './read-model.ts'
import { loadReadModel, READ_MODEL_FORM, saveReadModel, type SavedFrom } from './saved-read-model.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bot-trading-read-model-'))
  path = join(dir, 'read-model.bin')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Everything that can happen, at least once, in an order that could be. */
function aDay(): readonly JournalEntry[] {
  const script = new ScriptedFront()
  const entries: JournalEntry[] = [...script.front.engine.entries]
  const apply = script.readModel.apply.bind(script.readModel)
  script.readModel.apply = (entry) => {
    entries.push(structuredClone(entry))
    return apply(entry)
  }
  script.price('100000')
  script.equity('10000')
  script.happens({
    type: 'SignalDecided',
    signalId: 's:1' as never,
    traderId: MANUAL,
    strategy: 's',
    symbol: 'BTC/USDT',
    action: 'BUY',
    outcome: 'DENIED',
    reason: 'HALTED',
  })
  script.fill(script.submit({ quantity: '0.02' }), { price: '100000', quantity: '0.02', after: '0.02' })
  const plan = { stopLoss: '99000', ladder: [{ atBps: '100', shareBps: '5000' }], trailing: { by: 'BPS', distance: '80' } } as const
  script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan, by: 'test' })
  script.happens({ type: 'ProtectionMoved', traderId: MANUAL, symbol: SYMBOL, stopLoss: '99500', highWater: '100300', cause: 'TRAILING' })
  const target = script.submit({ side: 'SELL', purpose: 'TAKE_PROFIT', price: '101000', ladderLevel: 0 })
  script.fill(target, { price: '101000', quantity: '0.01', after: '0.01', realized: '10' })
  const order = {
    clientOrderId: script.submit({ execution: 'EMULATED', orderType: 'STOP_LIMIT', triggerPrice: '1' }),
    symbol: SYMBOL,
    traderId: MANUAL,
  } as const
  script.happens({ ...order, type: 'OrderAmendRequested', price: '98000' })
  script.difference({ differenceId: 'a' })
  script.difference({ differenceId: 'e', kind: 'ORDER_EXTERNAL' })
  script.happens({ type: 'DifferenceClosed', differenceId: 'e', decision: 'IGNORE', by: 'test' })
  script.compared('START', 2)
  script.happens({ type: 'AlertRaised', severity: 'critical', code: 'EXCHANGE_DISCONNECTED', message: 'gone' })
  script.later(36_000_000)
  script.happens({ type: 'ActionAudited', actor: 'workstation', action: 'start-workstation', target: 'x' })
  script.happens(
    { type: 'TradingHalted', by: 'test', reason: 'why', flatten: false },
    { type: 'TradingResumed', by: 'test', reason: 'fine' },
  )
  script.happens({ type: 'TradingHalted', by: 'test', reason: 'again', flatten: false })
  script.price('100500')
  script.equity('10011')
  return entries
}

function source(entries: readonly JournalEntry[], journalId = 'j'): SavedFrom {
  return {
    journalId,
    head: () => entries.at(-1)?.seq ?? 0,
    read: (after, limit) => entries.filter(({ seq }) => seq > after).slice(0, limit),
  }
}

function fold(model: ReadModel, entries: readonly JournalEntry[]): ReadModel {
  for (const entry of entries) model.apply(structuredClone(entry))
  return model
}

/** What the saved form may have left out shows here. */
function shown(model: ReadModel): unknown {
  const all = { limit: 1_000 }
  return {
    orders: model.orders(all),
    working: model.workingOrders(),
    trades: model.trades(all),
    signals: model.signals(all),
    alerts: model.alerts(all),
    audit: model.audit(all),
    positions: model.positions(),
    balances: model.balances(),
    curve: model.equityCurve(1_000),
    traders: model.traders(),
    risk: model.risk(),
    prices: model.prices(),
    candles: model.lastCandles(),
    instruments: model.instruments(),
    outcomes: [...model.signalOutcomes()],
    halts: [...model.logs.halts.newestFirst()],
    gaps: model.gaps,
    differences: model.differences.page(all),
    external: model.differences.external(),
    runs: model.differences.runs(10),
    reconcile: model.reconcile,
    last: [model.lastSeq, model.lastTs],
  }
}

describe('a saved read model', () => {
  it('goes on from any fact to the same as folding everything', () => {
    const entries = aDay()
    const whole = fold(new ReadModel(), entries)
    for (let at = 1; at <= entries.length; at += 1) {
      saveReadModel(path, fold(new ReadModel(), entries.slice(0, at)), source(entries))
      const { model, rebuilt } = loadReadModel(path, source(entries))
      expect(rebuilt).toBeNull()
      expect(model.lastSeq).toBe(at)
      fold(model, entries.slice(at))
      expect(model.save()).toEqual(whole.save())
      expect(shown(model)).toEqual(shown(whole))
    }
  })

  it('is not taken from another journal, another history, the future, another form or a damaged file', () => {
    const entries = aDay()
    const save = (): boolean => saveReadModel(path, fold(new ReadModel(), entries), source(entries))
    const why = (from: SavedFrom): string | null => {
      const { model, rebuilt } = loadReadModel(path, from)
      if (rebuilt !== null) expect(model.lastSeq).toBe(0)
      return rebuilt
    }
    expect(why(source(entries))).toBe('there is none yet')
    save()
    expect(why(source(entries, 'other'))).toContain('another journal')
    save()
    expect(why(source(entries.slice(0, -1)))).toContain('more than the journal')
    save()
    const changed = entries.map((entry) => (entry.seq === entries.length ? { ...entry, fact: { ...entry.fact, ts: 1 } } : entry))
    expect(why(source(changed))).toContain('something else')
    save()
    const file = readFileSync(path)
    file[file.length - 100] = (file[file.length - 100] ?? 0) ^ 1
    writeFileSync(path, file)
    expect(why(source(entries))).toContain('damaged')
    writeFileSync(path, '')
    expect(why(source(entries))).toContain('cannot be read')
  })

  it('with no fact is not written', () => {
    expect(saveReadModel(path, new ReadModel(), source([]))).toBe(false)
  })

  it('keeps a live price', () => {
    const entries = aDay()
    const model = fold(new ReadModel(), entries)
    const price = Price.parse('123')
    model.onQuote({ symbol: parseSymbol('BTC/USDT'), bid: price, ask: price, last: price, ts: 1 })
    saveReadModel(path, model, source(entries))
    expect(loadReadModel(path, source(entries)).model.positions()).toEqual(model.positions())
  })

  it('has the form its number stands for: raise READ_MODEL_FORM when this changes, then write the new digest here', () => {
    const shape = shapeOf(fold(new ReadModel(), aDay()).save())
    const digest = createHash('sha256').update(shape).digest('hex').slice(0, 16)
    expect([READ_MODEL_FORM, digest]).toEqual([1, '895b9f9f5fbeca31'])
  })
})

/** Names and kinds of everything that is saved, without the values. */
function shapeOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value
  if (value instanceof Map) return `Map<${merged([...value.values()])}>`
  if (value instanceof Set) return 'Set'
  if (Array.isArray(value)) return `[${merged(value)}]`
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${name}:${field === null ? '?' : shapeOf(field)}`).join(',')}}`
}

function merged(values: readonly unknown[]): string {
  return [...new Set(values.map(shapeOf))].toSorted().join('|')
}
