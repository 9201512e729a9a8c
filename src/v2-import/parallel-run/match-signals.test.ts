import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { type Comparison, matchSignals, type MatchRules } from './match-signals.ts'
import type { ObservedSignal } from './observed-signal.ts'
import { ParallelRun } from './parallel-run.ts'

const RULES: MatchRules = { windowMs: 10_000, sameTimeMs: 1_000, sameSizeBps: 100 }
let ids = 0
const signal = (ts: number, change: Partial<ObservedSignal> = {}): ObservedSignal => {
  ids += 1
  return { id: `s${ids}`, symbol: 'BTC/USDT:USDT', direction: 'BUY', quantity: '1', ts, fate: null, ...change }
}

function only(v2: ObservedSignal[], v3: ObservedSignal[], rules = RULES): Comparison {
  const rows = matchSignals(v2, v3, rules)
  expect(rows).toHaveLength(1)
  return rows[0] as Comparison
}

describe('a pair of signals', () => {
  it.each([
    ['same', 900, '1.01', 'the same direction, size and time'],
    ['same', -900, null, 'a size is said on one side at most'],
    ['different_size', 0, '1.02', '1 there, 1.02 here'],
    ['different_size', 5_000, '2', '1 there, 2 here, 5 s later'],
    ['different_time', 5_000, '1', '5 s later'],
    ['different_time', -10_000, '1', '10 s earlier'],
  ] as const)('%s at %d ms and %s', (verdict, ts, quantity, words) => {
    const row = only([signal(0)], [signal(ts, { quantity, symbol: 'BTC/USDT' })])
    expect(row).toMatchObject({ verdict, lagMs: ts })
    expect(row.cause).toContain(words)
  })

  it('says what version 3 made of it', () => {
    expect(only([signal(0)], [signal(0, { fate: 'DENIED SHADOW_MODE' })]).cause).toContain('DENIED SHADOW_MODE')
  })

  it('pairs the nearest ones, each once', () => {
    const [a, b, near, far] = [signal(0), signal(4_000), signal(3_900), signal(1_500)]
    const rows = matchSignals([a, b], [far, near], RULES)
    expect(rows.map(({ v2, v3 }) => [v2?.id, v3?.id])).toEqual([
      [a.id, far.id],
      [b.id, near.id],
    ])
  })
})

describe('a signal alone', () => {
  it.each([
    ['missing', [signal(0)], [signal(10_001)], 'no strategy of version 3 gave it'],
    ['missing', [signal(0)], [signal(2_000, { direction: 'SELL' })], 'version 3 gave the opposite, SELL, 2 s apart'],
    ['extra', [signal(2_000, { direction: 'SELL' })], [signal(0)], 'version 2 gave the opposite, SELL, 2 s apart'],
    ['extra', [], [signal(0)], 'version 2 gave nothing for BTC/USDT'],
    ['extra', [signal(50_000)], [signal(0)], 'version 2 gave none within the window'],
  ] as const)('%s: %s', (verdict, v2, v3, words) => {
    expect(matchSignals(v2, v3, RULES).find((row) => row.verdict === verdict)?.cause).toContain(words)
  })

  it('names a pair that nobody follows here', () => {
    expect(only([signal(0)], [], { ...RULES, followed: new Set(['ETH/USDT']) }).cause).toBe('no trader of version 3 follows BTC/USDT')
  })
})

const anySignal = fc.record({
  ts: fc.integer({ min: 0, max: 60_000 }),
  direction: fc.constantFrom('BUY', 'SELL'),
  symbol: fc.constantFrom('A/USDT', 'B/USDT'),
})
const anySide = fc.array(anySignal, { maxLength: 30 }).map((list) => list.map((each) => signal(each.ts, each as Partial<ObservedSignal>)))

it('accounts for every signal exactly once, pairs only what fits, and does not depend on the order', () => {
  fc.assert(
    fc.property(anySide, anySide, (v2, v3) => {
      const rows = matchSignals(v2, v3, RULES)
      expect(rows.flatMap((row) => row.v2?.id ?? []).toSorted()).toEqual(v2.map(({ id }) => id).toSorted())
      expect(rows.flatMap((row) => row.v3?.id ?? []).toSorted()).toEqual(v3.map(({ id }) => id).toSorted())
      for (const row of rows) {
        if (row.v2 === null || row.v3 === null) continue
        expect([row.v2.symbol, row.v2.direction]).toEqual([row.v3.symbol, row.v3.direction])
        expect(Math.abs(row.v2.ts - row.v3.ts)).toBeLessThanOrEqual(RULES.windowMs)
      }
      const key = (all: readonly Comparison[]) => all.map(({ v2: a, v3: b }) => `${a?.id} ${b?.id}`).toSorted()
      expect(key(matchSignals(v2.toReversed(), v3.toReversed(), RULES))).toEqual(key(rows))
      // What stays alone had nobody free within the window.
      const alone = rows.filter(({ v3: b }) => b === null).flatMap((row) => row.v2 ?? [])
      const free = rows.filter(({ v2: a }) => a === null).flatMap((row) => row.v3 ?? [])
      for (const a of alone)
        for (const b of free)
          expect(a.symbol === b.symbol && a.direction === b.direction && Math.abs(a.ts - b.ts) <= RULES.windowMs).toBe(false)
    }),
    { numRuns: 300 },
  )
})

describe('a parallel run', () => {
  it('waits for a partner as long as one may come, counts each signal once, and takes a size that comes later', () => {
    const run = new ParallelRun(RULES, 1_000)
    const [first, lost] = [signal(2_000, { quantity: null }), signal(3_000, { direction: 'SELL' })]
    run.add('v2', [signal(500), first, lost, first])
    run.add('v3', [signal(2_500, { quantity: '3' })])
    run.settle(5_000)
    expect(run.report()).toMatchObject({ pending: { v2: 2, v3: 1 }, counts: { same: 0, missing: 0 } })
    run.add('v2', [{ ...first, quantity: '1' }])
    run.settle(12_600)
    expect(run.report()).toMatchObject({ pending: { v2: 1, v3: 0 }, counts: { different_size: 1 } })
    run.settle(20_000)
    run.add('v2', [first, lost])
    run.settle(40_000)
    expect(run.report()).toMatchObject({
      pending: { v2: 0, v3: 0 },
      counts: { same: 0, different_size: 1, different_time: 0, missing: 1, extra: 0 },
    })
    expect(run.report().rows.map(({ verdict }) => verdict)).toEqual(['missing', 'different_size'])
  })
})
