import { describe, expect, it } from 'vitest'
import { MANUAL, ScriptedFront, SYMBOL } from '#test/support/scripted-front.ts'
import { awayReport } from './away-report.ts'
import { CLOSED_DIFFERENCES_MAX } from './difference-rows.ts'
import { START_ACTION } from './gap-tracker.ts'

const HOUR = 3_600_000
const POSITION = 'manual.BTC-USDT'
const PLAN = {
  stopLoss: '99000',
  takeProfit: '106000',
  trailing: { by: 'BPS', distance: '80' },
  ladder: [
    { atBps: '100', shareBps: '5000' },
    { atBps: '200', shareBps: '5000' },
  ],
} as const

function holding(): ScriptedFront {
  const script = new ScriptedFront()
  script.price('100000')
  script.fill(script.submit({ quantity: '0.02' }), { price: '100000', quantity: '0.02', after: '0.02' })
  return script
}
const protection = (script: ScriptedFront) => script.readModel.position(POSITION)?.protection

describe('orders', () => {
  it('show what makes them conditional, who holds them, and what they bring', () => {
    const script = new ScriptedFront()
    const id = script.submit({
      orderType: 'TRAILING_STOP',
      side: 'SELL',
      price: undefined,
      triggerPrice: '99500',
      trailing: { by: 'BPS', distance: '50' },
      highWater: '100000',
      execution: 'EMULATED',
      ocoGroup: 'g',
      stopLoss: '98000',
    })
    expect(script.readModel.order(id)).toMatchObject({
      status: 'EMULATED',
      execution: 'EMULATED',
      trigger_price: '99500',
      trailing: { by: 'BPS', distance: '50' },
      high_water: '100000',
      oco_group: 'g',
      time_in_force: 'GTC',
      post_only: false,
      protection: { stop_loss: '98000' },
      triggered: false,
    })
    expect(script.readModel.risk().used.open_orders).toBe(1)
    script.status(id, 'SUBMITTED')
    expect(script.readModel.order(id)).toMatchObject({ status: 'SUBMITTED', execution: 'EMULATED' })
  })

  it('show an amendment on its way and then what it made of the order', () => {
    const script = new ScriptedFront()
    const clientOrderId = script.submit()
    const order = { clientOrderId, symbol: SYMBOL, traderId: MANUAL } as const
    script.happens({ ...order, type: 'OrderAmendRequested', price: '98000' })
    expect(script.readModel.order(clientOrderId)).toMatchObject({
      price: '99000',
      amending: { price: '98000', quantity: null, trigger_price: null },
    })
    script.happens({ ...order, type: 'OrderAmended', quantity: '0.01', price: '98000' })
    expect(script.readModel.order(clientOrderId)).toMatchObject({ price: '98000', amending: null })
    script.happens({ ...order, type: 'OrderAmendRequested', quantity: '0.02', replace: true })
    script.status(clientOrderId, 'CANCELED')
    expect(script.readModel.order(clientOrderId)?.amending).toBeNull()
  })
})

describe('the protection of a position', () => {
  it('is the plan, the stop in force, how far the ladder has got and who watches', () => {
    const script = holding()
    expect(protection(script)).toBeNull()
    script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan: PLAN, by: 'test' })
    expect(protection(script)).toMatchObject({
      stop: '99000',
      stop_cause: 'SET',
      watched_by: 'PROGRAM',
      ladder: [
        { at_bps: '100', price: '101000', done: false },
        { at_bps: '200', price: '102000', done: false },
      ],
    })
    const target = script.submit({ side: 'SELL', purpose: 'TAKE_PROFIT', quantity: '0.01', price: '101000', ladderLevel: 0 })
    script.status(target, 'ACCEPTED')
    expect(protection(script)).toMatchObject({ watched_by: 'BOTH', order_ids: [target] })
    script.happens({
      type: 'ProtectionMoved',
      traderId: MANUAL,
      symbol: SYMBOL,
      stopLoss: '100192',
      highWater: '101000',
      cause: 'TRAILING',
    })
    expect(script.readModel.position(POSITION)).toMatchObject({ stop_loss: '100192', take_profit: '106000' })
    expect(protection(script)).toMatchObject({ stop_cause: 'TRAILING', high_water: '101000' })
    script.fill(target, { price: '101000', quantity: '0.01', after: '0.01' })
    expect(protection(script)).toMatchObject({ ladder: [{ done: true }, { done: false }], order_ids: [], watched_by: 'PROGRAM' })
  })

  it('keeps the steps that are done while the ladder is the same, and none with another', () => {
    const script = holding()
    const set = (plan: typeof PLAN | { readonly ladder: readonly { readonly atBps: string; readonly shareBps: string }[] }): void =>
      script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan, by: 'test' })
    set(PLAN)
    const target = script.submit({ side: 'SELL', purpose: 'TAKE_PROFIT', quantity: '0.01', price: '101000', ladderLevel: 0 })
    script.fill(target, { price: '101000', quantity: '0.01', after: '0.01' })
    set({ ...PLAN })
    expect(protection(script)?.ladder.map((step) => step.done)).toEqual([true, false])
    set({ ladder: [{ atBps: '300', shareBps: '10000' }] })
    expect(protection(script)?.ladder.map((step) => step.done)).toEqual([false])
  })

  it('is watched by the exchange when its orders wait there and nothing moves them', () => {
    const script = holding()
    script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan: { stopLoss: '99000' }, by: 'test' })
    const stop = script.submit({ side: 'SELL', purpose: 'STOP_LOSS', orderType: 'STOP_MARKET', triggerPrice: '99000', price: undefined })
    script.status(stop, 'ACCEPTED')
    expect(protection(script)?.watched_by).toBe('EXCHANGE')
    script.status(stop, 'CANCELED')
    expect(protection(script)?.watched_by).toBe('PROGRAM')
  })

  it('ends with the position, and a new one does not inherit it', () => {
    const script = holding()
    script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan: PLAN, by: 'test' })
    script.fill(script.submit({ side: 'SELL' }), { price: '100000', quantity: '0.02', after: '0' })
    script.fill(script.submit(), { price: '100000', quantity: '0.01', after: '0.01' })
    expect(protection(script)).toBeNull()
    script.happens({ type: 'ProtectionSet', traderId: MANUAL, symbol: SYMBOL, plan: PLAN, by: 'test' })
    script.fill(script.submit({ side: 'SELL' }), { price: '100000', quantity: '0.03', after: '-0.02' })
    expect(protection(script)).toBeNull()
  })

  it('a position taken over from the exchange is a position', () => {
    const script = new ScriptedFront()
    script.price('100000')
    script.happens({
      type: 'PositionAssigned',
      differenceId: 'd',
      traderId: MANUAL,
      exchange: 'paper',
      symbol: SYMBOL,
      quantity: '0.5',
      price: '90000',
      by: 'test',
      position: { quantity: '0.5', entryCost: '45000', realizedPnl: '0', fees: '0', openedAt: script.now },
    })
    expect(script.readModel.positions()).toMatchObject([{ id: POSITION, quantity: '0.5', entry_price: '90000', unrealized_pnl: '5000' }])
    expect(script.readModel.risk().used.open_positions).toBe(1)
  })
})

describe('differences', () => {
  const close = (script: ScriptedFront, differenceId: string, decision: 'IGNORE' | 'ADOPT' | 'GONE'): void =>
    script.happens({ type: 'DifferenceClosed', differenceId, decision, by: 'test' })

  it('are open until decided or gone, and say why entries are shut', () => {
    const script = new ScriptedFront()
    script.difference({ differenceId: 'a' })
    script.difference({ differenceId: 'b', blocking: false })
    expect(script.readModel.reconcile).toMatchObject({ open: 2, blocking: 1 })
    expect(script.readModel.reconcile.entries_shut).toContain('POSITION BTC/USDT: ours 0.01, theirs 0.02')
    close(script, 'a', 'ADOPT')
    close(script, 'b', 'GONE')
    expect(script.readModel.reconcile).toMatchObject({ open: 0, blocking: 0, entries_shut: null })
    expect(script.readModel.differences.get('a')).toMatchObject({ state: 'DECIDED', closed: { decision: 'ADOPT', by: 'test' } })
    expect(script.readModel.differences.get('b')?.state).toBe('GONE')
  })

  it('tell when the account was last compared, also where that found nothing new', () => {
    const script = new ScriptedFront()
    script.compared('START')
    const at = script.now
    expect(script.readModel.reconcile).toMatchObject({ last_at: at, compared_at: at })
    expect([at + 30_000, at + 30_000, at].map((ts) => script.readModel.differences.noteCompared(ts))).toEqual([true, false, false])
    expect(script.readModel.reconcile).toMatchObject({ last_at: at, compared_at: at + 30_000 })
    script.later(HOUR)
    script.compared('PERSON')
    expect(script.readModel.reconcile).toMatchObject({ last_at: script.now, compared_at: script.now })
  })

  it('keep their age when their figures change, and begin anew after they were closed', () => {
    const script = new ScriptedFront()
    script.difference({ differenceId: 'a' })
    const found = script.now
    script.later(HOUR)
    script.difference({ differenceId: 'a', theirs: '0.03' })
    expect(script.readModel.differences.get('a')).toMatchObject({ found_at: found, theirs: '0.03' })
    close(script, 'a', 'ADOPT')
    script.difference({ differenceId: 'a' })
    expect(script.readModel.differences.get('a')).toMatchObject({ state: 'OPEN', found_at: found + HOUR })
  })

  it('list orders that are not ours until they are gone', () => {
    const script = new ScriptedFront()
    script.difference({ differenceId: 'e', kind: 'ORDER_EXTERNAL', blocking: false })
    close(script, 'e', 'IGNORE')
    expect(script.readModel.differences.external().map((row) => row.id)).toEqual(['e'])
    close(script, 'e', 'GONE')
    expect(script.readModel.differences.external()).toEqual([])
  })

  it('come in pages, open ones first, each once, within a bound', () => {
    const script = new ScriptedFront()
    for (let i = 0; i < 25; i += 1) script.difference({ differenceId: `o${i}` })
    for (let i = 0; i < 30; i += 1) {
      script.difference({ differenceId: `c${i}` })
      close(script, `c${i}`, 'ADOPT')
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = script.readModel.differences.page({ limit: 7, cursor })
      seen.push(...page.differences.map((row) => row.id))
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    expect(seen.slice(0, 2)).toEqual(['o24', 'o23'])
    expect(seen.slice(25, 27)).toEqual(['c29', 'c28'])
    expect(new Set(seen).size).toBe(55)
    expect(seen).toHaveLength(55)
    expect(script.readModel.differences.page({ limit: 100, state: 'DECIDED' }).differences).toHaveLength(30)
    for (let i = 0; i < CLOSED_DIFFERENCES_MAX; i += 1) {
      script.difference({ differenceId: 'again' })
      close(script, 'again', 'ADOPT')
    }
    expect(script.readModel.differences.page({ limit: 20_000 })).toMatchObject({ complete: false, next_cursor: null })
    expect(script.readModel.differences.page({ limit: 20_000 }).differences).toHaveLength(25 + CLOSED_DIFFERENCES_MAX)
  })
})

describe('gaps', () => {
  const start = { type: 'ActionAudited', actor: 'workstation', action: START_ACTION, target: 'version 3' } as const

  it('are silences that a start, a wake-up or a reconnection explains', () => {
    const script = new ScriptedFront()
    script.price('100000')
    const [from] = [script.now]
    script.later(2 * HOUR)
    script.happens(start)
    expect(script.readModel.gaps).toEqual([{ from, to: script.now, cause: 'DOWN' }])
    script.later(2 * HOUR)
    script.price('100000')
    expect(script.readModel.gaps).toHaveLength(1)
    script.later(HOUR)
    script.compared('WAKE')
    expect(script.readModel.gaps.at(-1)).toMatchObject({ cause: 'ASLEEP' })
    script.happens({ type: 'AlertRaised', severity: 'critical', code: 'EXCHANGE_DISCONNECTED', message: 'gone' })
    script.later(30_000)
    script.equity('1')
    script.later(100_000)
    script.compared('RECONNECT')
    expect(script.readModel.gaps.at(-1)).toMatchObject({ cause: 'DISCONNECTED', from: script.now - 130_000, to: script.now })
  })

  it('are none when the start is quick, or the market merely quiet', () => {
    const script = new ScriptedFront()
    script.price('100000')
    script.later(119_000)
    script.happens(start)
    script.later(HOUR)
    script.equity('1')
    script.later(120_000)
    script.equity('2')
    expect(script.readModel.gaps).toEqual([])
  })
})

describe('the report on an absence', () => {
  const ask = (script: ScriptedFront, since?: number) =>
    awayReport(script.readModel, { since, now: script.now, priceBefore: async () => '100000' })

  it('has what happened after the last thing before the gap, with totals', async () => {
    const script = holding()
    script.equity('10000')
    const stop = script.submit({
      side: 'SELL',
      purpose: 'STOP_LOSS',
      orderType: 'STOP_MARKET',
      quantity: '0.02',
      price: undefined,
      triggerPrice: '99000',
    })
    const limit = script.submit({ price: '90000' })
    const from = script.now
    script.later(10 * HOUR)
    script.happens({ type: 'ActionAudited', actor: 'workstation', action: START_ACTION, target: 'version 3' })
    script.fill(stop, { price: '98990', quantity: '0.02', after: '0', realized: '-20.2' })
    script.status(limit, 'CANCELED', 'canceled at the exchange')
    script.difference({ differenceId: 'a' })
    script.happens(
      { type: 'DifferenceClosed', differenceId: 'a', decision: 'ADOPT', by: 'test' },
      { type: 'AlertRaised', severity: 'warning', code: 'X', message: 'x' },
      { type: 'TradingHalted', by: 'hotkey', reason: 'why', flatten: false },
      { type: 'TradingResumed', by: 'window', reason: 'fine' },
      { type: 'ActionAudited', actor: 'window', action: 'resume', target: 'all' },
    )
    script.price('98000')
    script.equity('9979.8')
    const report = await ask(script)
    expect(report).toMatchObject({
      since: from,
      cause: 'DOWN',
      complete: true,
      totals: {
        fills: 1,
        stops_hit: 1,
        targets_hit: 0,
        orders_ended: 1,
        differences_found: 1,
        differences_decided: 1,
        alerts: 1,
        actions: 1,
        halts: 1,
      },
      fills: [{ purpose: 'STOP_LOSS', price: '98990' }],
      orders_ended: [{ id: limit, reason: 'canceled at the exchange' }],
      halts: [{ by: 'hotkey', resumed_at: expect.any(Number) }],
      prices: [{ symbol: 'BTC/USDT', before: '100000', now: '98000', change_bps: '-200' }],
      pnl: { currency: 'USDT', equity_before: '10000', equity_now: '9979.8', change: '-20.2', realized: '-20.2', fees: '0.1' },
    })
  })

  it('is empty when nothing happened, and says when it cannot know all', async () => {
    const script = holding()
    script.later(HOUR)
    script.happens({ type: 'ActionAudited', actor: 'workstation', action: START_ACTION, target: 'version 3' })
    expect(Object.values((await ask(script)).totals).every((count) => count === 0)).toBe(true)
    expect((await ask(script)).complete).toBe(true)
    for (let i = 0; i < 1_001; i += 1) script.happens({ type: 'AlertRaised', severity: 'info', code: 'X', message: 'x' })
    expect(await ask(script, 1)).toMatchObject({ complete: false, cause: 'ASKED', totals: { alerts: 1_000 } })
  })
})
