import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import type { Fact } from '#domain/facts.ts'
import { Money } from '#domain/money/money.ts'
import { InvariantChecker } from '#test/support/engine/invariants.ts'
import { BTC, ETH_PERP, EngineDriver } from '#test/support/engine/engine-driver.ts'
import { act, play, startRandom, type Act } from '#test/support/engine/random-history.ts'
import { applyFact } from './apply.ts'
import { readSnapshot, snapshotPieces, writeSnapshot } from './snapshot.ts'
import { createState, type EngineState } from './state.ts'

const history = fc.array(act, { minLength: 30, maxLength: 120, size: 'max' })
/** A failure is shrunk for at most this long. */
const LIMIT = { interruptAfterTimeLimit: 15_000 }
const RUNS = { ...LIMIT, numRuns: 80 }

function live(acts: readonly Act[], isRich = false): EngineDriver {
  const driver = startRandom({ isRich })
  for (const one of acts) play(driver, one)
  return driver
}

/** As the journal gives them back. */
const reread = (facts: readonly Fact[]): Fact[] => facts.map((fact) => JSON.parse(JSON.stringify(fact)) as Fact)

function fold(facts: readonly Fact[], into: EngineState = createState('test')): EngineState {
  for (const fact of reread(facts)) applyFact(into, fact)
  return into
}

/**
 * The state as text, properties in order of name, without the clock: inputs that lead to no fact move it, and a restart need
 * not know them.
 */
function textOf(state: EngineState): string {
  const body = JSON.parse(writeSnapshot(state)) as { readonly now: number }
  const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
  const sorted = (_: string, value: unknown) =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
  return JSON.stringify({ ...body, now: 0 }, sorted)
}

function decisionsOf(one: Act): number {
  if (one.kind === 'signal') return one.repeat ? 2 : 1
  if (one.kind === 'oco') return 2
  return one.kind === 'order' || one.kind === 'conditional' ? 1 : 0
}

describe('TradingEngine', () => {
  it('keeps its books and its limits through anything (independent oracle after each step)', () => {
    let steps = 0
    fc.assert(
      fc.property(history, fc.boolean(), (acts, isRich) => {
        const driver = startRandom({ isRich })
        const checker = new InvariantChecker(driver)
        checker.check('start', false)
        for (const [i, one] of acts.entries()) {
          const before = driver.facts.length
          play(driver, one)
          checker.check(`step ${i} ${JSON.stringify(one)}`, one.kind === 'not-found' && one.authoritative)
          const decided = driver.facts.slice(before).filter(({ type }) => type === 'SignalDecided').length
          expect(decided, `step ${i}: one decision a signal`).toBe(decisionsOf(one))
          steps += 1
        }
      }),
      RUNS,
    )
    expect(steps).toBeGreaterThan(1_000)
  })

  it('sends each order in the transaction that records it, after the record', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const driver = startRandom()
        const recorded = new Set<string>()
        const process = driver.engine.process.bind(driver.engine)
        driver.engine.process = (input) => {
          const result = process(input)
          for (const fact of result.transaction.facts) if (fact.type === 'OrderSubmitted') recorded.add(fact.clientOrderId)
          for (const command of result.transaction.commands)
            if (command.type === 'SubmitOrder') expect(recorded).toContain(command.order.clientOrderId)
          return result
        }
        for (const one of acts) play(driver, one)
      }),
      { ...LIMIT, numRuns: 30 },
    )
  })

  it('the same inputs twice give the same facts and the same commands', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const [a, b] = [live(acts, true), live(acts, true)]
        expect(JSON.stringify(b.facts)).toBe(JSON.stringify(a.facts))
        expect(b.sent()).toEqual(a.sent())
        expect(b.commands.length).toBe(a.commands.length)
      }),
      { ...LIMIT, numRuns: 30 },
    )
  })

  it('live state = all facts folded from nothing = a snapshot at any place and the facts after it', () => {
    fc.assert(
      fc.property(history, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (acts, at, isRich) => {
        const { facts, state } = live(acts, isRich)
        const expected = textOf(state)
        const folded = fold(facts)
        expect(textOf(folded)).toBe(expected)
        expect(folded.now).toBeLessThanOrEqual(state.now)
        const cut = Math.floor(at * facts.length)
        const middle = readSnapshot(writeSnapshot(fold(facts.slice(0, cut))))
        if (middle === undefined) throw new Error('the snapshot was not read')
        fold(facts.slice(cut), middle)
        expect(textOf(middle)).toBe(expected)
        expect(middle.valueTotals.size).toBe(folded.valueTotals.size)
        for (const [currency, { unrealized, exposure }] of middle.valueTotals) {
          const other = folded.valueTotals.get(currency)
          expect(other && [Money.compare(other.unrealized, unrealized), Money.compare(other.exposure, exposure)]).toEqual([0, 0])
        }
        expect([...middle.tradeIds]).toEqual([...state.tradeIds])
        expect([...middle.signalIds]).toEqual([...state.signalIds])
        expect(middle.workingCount).toBe(state.workingCount)
        expect(middle.workingByKey).toEqual(state.workingByKey)
      }),
      RUNS,
    )
  })

  it('after a restart goes on exactly as if it had only lost the connection', () => {
    const reconnect = (driver: EngineDriver) => {
      driver.quote(BTC, '100')
      driver.quote(ETH_PERP, '100')
      driver.connect()
    }
    fc.assert(
      fc.property(history, history, fc.boolean(), (before, after, isRich) => {
        const stayed = live(before, isRich)
        const restarted = stayed.restarted()
        restarted.facts.push(...stayed.facts)
        stayed.disconnect()
        const lengths = [stayed, restarted].map((driver) => driver.facts.length)
        for (const driver of [stayed, restarted]) {
          reconnect(driver)
          for (const one of after) play(driver, one)
        }
        const [a, b] = [stayed.facts.slice(lengths[0]), restarted.facts.slice(lengths[1])]
        expect(b.map((fact) => JSON.stringify(fact))).toEqual(a.map((fact) => JSON.stringify(fact)))
      }),
      { ...LIMIT, numRuns: 40 },
    )
  })

  it('a snapshot in pieces is of the moment it was asked for, whatever comes before the last piece', () => {
    fc.assert(
      fc.property(history, history, fc.boolean(), (before, after, isRich) => {
        const driver = live(before, isRich)
        const expected = writeSnapshot(driver.state)
        const pieces = snapshotPieces(driver.state)[Symbol.iterator]()
        let text = ''
        for (const one of after) {
          play(driver, one)
          text += pieces.next().value ?? ''
        }
        for (let piece = pieces.next(); !piece.done; piece = pieces.next()) text += piece.value
        expect(text).toBe(expected)
      }),
      { ...LIMIT, numRuns: 40 },
    )
  })

  it('a snapshot of another form is not read', () => {
    const text = writeSnapshot(startRandom().state)
    expect(readSnapshot(text)).toBeDefined()
    expect(readSnapshot(JSON.stringify({ ...(JSON.parse(text) as object), form: 1 }))).toBeUndefined()
  })

  it('forgets closed orders in the same order, live and from a snapshot', () => {
    const driver = EngineDriver.ready({ balance: '10000000' })
    const ids = Array.from({ length: 600 }, () => driver.enter())
    for (const id of [...ids].reverse()) driver.say('OrderCanceled', id, { reason: 'test' })
    const half = driver.facts.length - 50
    const restored = readSnapshot(writeSnapshot(fold(driver.facts.slice(0, half))))
    if (restored === undefined) throw new Error('the snapshot was not read')
    expect(textOf(fold(driver.facts.slice(half), restored))).toBe(textOf(driver.state))
  })
})
