import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseSignalId, parseSymbol } from '#domain/ids.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { Signal } from '#domain/signal.ts'
import { openJournalReader } from '#storage/journal/journal-reader.ts'
import { Journal } from '#storage/journal/journal.ts'
import { benchTrader, startBenchEngine, type BenchEngine } from './support/bench-engine.ts'
import { atLeast, noGoal, round, type BenchResult } from './support/result.ts'
import { workspace } from './support/workspace.ts'

/** Sent, and not timed: after so many the engine's code is compiled. */
const WARM_UP = 10_000
const ACKNOWLEDGED = 40_000
const FILLED = 100_000
/** SignalDecided, OrderSubmitted, OrderStatusChanged. */
const FACTS_TO_ACKNOWLEDGEMENT = 3
const BATCH = 250
const IN_FLIGHT = 8
const TRADERS = 20
const FACT_PAGE = 50_000

/**
 * Signals through risk, journal (fsync) and exchange acknowledgement, all journalled, the orders resting; and the same with
 * a fill of each. Beside each the journal alone taking the very same facts in as many commits: what disk and SQLite allow.
 */
export async function benchSignals(): Promise<BenchResult[]> {
  const acknowledged = await measure({ signals: ACKNOWLEDGED, fills: false })
  const filled = await measure({ signals: FILLED, fills: true })
  return [
    atLeast(20_000, {
      name: 'signals through risk, journal (fsync) and acknowledgement',
      unit: 'signals/s',
      n: ACKNOWLEDGED,
      ...acknowledged.rate,
    }),
    noGoal({ name: 'the same and a fill of each order', unit: 'signals/s', n: FILLED, ...filled.rate }),
    noGoal({ name: 'facts a commit while filling', value: filled.perCommit, unit: 'facts', n: filled.commits }),
  ]
}

interface Load {
  readonly signals: number
  readonly fills: boolean
}

async function measure(
  load: Load,
): Promise<{ readonly rate: { readonly value: number; readonly limit: number }; readonly perCommit: number; readonly commits: number }> {
  using place = workspace()
  const { perSecond, commits } = await runEngine(place.path, load)
  const facts = readFacts(join(place.path, 'journal.db'))
  const perCommit = Math.max(1, Math.round(facts.length / commits))
  const raw = new Journal({ path: join(place.path, 'raw.db'), purpose: 'bench' })
  const began = performance.now()
  for (let at = 0; at < facts.length; at += perCommit) raw.append(facts.slice(at, at + perCommit))
  const limit = (WARM_UP + load.signals) / ((performance.now() - began) / 1_000)
  raw.close()
  return { rate: { value: round(perSecond, 0), limit: round(limit, 0) }, perCommit, commits }
}

async function runEngine(directory: string, { signals, fills }: Load): Promise<{ readonly perSecond: number; readonly commits: number }> {
  await using bench = await startBenchEngine(directory, { symbolCount: TRADERS, fills }, (symbol, n) => benchTrader(symbol, n, 'bench'))
  let submitted = 0
  const done = Promise.withResolvers<void>()
  bench.exchange.onSubmit = () => {
    submitted += 1
    if (submitted === WARM_UP + signals) done.resolve()
  }
  for (let from = -WARM_UP; from < 0; from += BATCH) await submit(bench, from)
  const before = await bench.engine.ping()
  const began = performance.now()
  let next = 0
  const pump = async (): Promise<void> => {
    while (next < signals) {
      const from = next
      next += BATCH
      await submit(bench, from)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, pump))
  await done.promise
  let counters = await bench.engine.ping()
  const isOver = () => (fills ? counters.workingOrders === 0 : counters.head - before.head >= FACTS_TO_ACKNOWLEDGEMENT * signals)
  while (!isOver()) counters = await bench.engine.ping()
  const seconds = (performance.now() - began) / 1_000
  return { perSecond: signals / seconds, commits: counters.commits - before.commits }
}

async function submit(bench: BenchEngine, from: number): Promise<void> {
  const signals = Array.from({ length: BATCH }, (_, i): Signal => {
    const n = from + i
    const { config } = trader((n + WARM_UP) % TRADERS)
    // Half of the traders go long, half short: a fill never races with its own close.
    return {
      ...config,
      signalId: parseSignalId(`s${n + WARM_UP}`),
      action: (n + WARM_UP) % 2 === 0 ? 'BUY' : 'SELL',
      quantity: Quantity.parse('0.1'),
      ts: 0,
    }
  })
  const answer = await bench.engine.request({ type: 'SubmitSignals', signals })
  if (answer.type !== 'Decisions') throw new Error(`the engine answered ${answer.type}`)
  const refused = answer.decisions.find(({ outcome }) => outcome !== 'ACCEPTED')
  if (refused !== undefined)
    throw new Error(`a signal was ${refused.outcome}: ${refused.reason} ${refused.value ?? ''} / ${refused.limit ?? ''}`)
}

function trader(n: number) {
  const symbol = parseSymbol(`A${n}/USDT:USDT`)
  return { config: { traderId: benchTrader(symbol, n, 'bench').traderId, strategy: 'bench', symbol } }
}

function readFacts(path: string) {
  const reader = openJournalReader(path)
  const facts = []
  for (let seq = 0; ; ) {
    const page = reader.read(seq, FACT_PAGE)
    const last = page.at(-1)
    if (last === undefined) break
    facts.push(...page.map(({ fact }) => fact))
    seq = last.seq
  }
  reader.close()
  return facts
}
