import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { TradingEngine } from '#engine/engine.ts'
import type { ToExchange } from '#engine/ports.ts'
import { createState } from '#engine/state.ts'
import { systemClock } from '#platform/clock.ts'
import { Journal } from '#storage/journal/journal.ts'
import { BTC, instrumentOf, NOON } from '#test/support/engine/engine-driver.ts'
import { LIVE } from '#test/support/engine/scripted-account.ts'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import type { FromEngine } from '../engine.messages.ts'
import { EngineSession } from './engine-session.ts'

describe('EngineSession', () => {
  it('asks for the whole account at the start, and again when the wall clock has leapt as over a sleep', async () => {
    using directory = temporaryDirectory()
    const { port1, port2 } = new MessageChannel()
    let leapMs = 0
    const said: FromEngine[] = []
    const asked: number[] = []
    const session = new EngineSession({
      journal: new Journal({ path: directory.join('journal.db'), instance: 'test' }),
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
    session.stop()
    port1.close()
  })
})
