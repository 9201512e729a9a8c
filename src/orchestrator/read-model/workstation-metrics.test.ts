import { describe, expect, it } from 'vitest'
import { WorkstationMetrics, type WorkstationMetricValues } from './workstation-metrics.ts'

const VALUES: WorkstationMetricValues = {
  journalSeq: 12,
  replicaLagEvents: 3,
  replicaConnected: true,
  uptimeSeconds: 5,
  halted: false,
  openPositions: 1,
  workingOrders: 2,
  signals: new Map([
    ['ACCEPTED', 7],
    ['DENIED', 1],
  ]),
  orders: new Map([['FILLED', 4]]),
  equity: [{ exchange: 'paper', currency: 'USDT', value: 10_000.5 }],
  traders: [{ id: 'one', state: 'running', steps: 9, errors: 0, restarts: 0 }],
  components: [{ name: 'engine', state: 'running', restarts: 0 }],
}

describe('WorkstationMetrics', () => {
  it('writes text in which every line is a comment or a sample, with the values of this scrape', async () => {
    let journalSeq = 11
    const metrics = new WorkstationMetrics(() => ({ ...VALUES, journalSeq: (journalSeq += 1) }))
    await metrics.text()
    const text = await metrics.text()
    metrics.close()
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? -?[\d.e+-]+|)$/)
    expect(text).toContain('bot_trading_journal_seq 14\n')
    expect(text).toContain('bot_trading_signals{outcome="DENIED"} 1\n')
    expect(text).toContain('bot_trading_equity{exchange="paper",currency="USDT"} 10000.5\n')
    expect(text).toContain('bot_trading_event_loop_delay_seconds{quantile="0.99"}')
  })

  it('forgets what is gone', async () => {
    let values = VALUES
    const metrics = new WorkstationMetrics(() => values)
    await metrics.text()
    values = { ...VALUES, traders: [{ id: 'two', state: 'paused', steps: 1, errors: 0, restarts: 0 }] }
    const text = await metrics.text()
    metrics.close()
    expect(text).not.toContain('trader="one"')
    expect(text).toContain('bot_trading_trader_state{trader="two",state="paused"} 1')
  })
})
