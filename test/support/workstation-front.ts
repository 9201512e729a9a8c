import { createRouter } from '#orchestrator/handlers/router.ts'
import type { HandlerDependencies, History } from '#orchestrator/handlers/dependencies.ts'
import { ReadModel } from '#orchestrator/read-model/read-model.ts'
import { WorkstationStream } from '#orchestrator/stream/workstation-stream.ts'
import type { StatusView, TraderView } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { InProcessEngine } from './in-process-engine.ts'

export const START_TS = 1_760_000_000_000 - (1_760_000_000_000 % 60_000)

const NO_HISTORY: History = {
  orders: async () => 'unavailable',
  trades: async () => 'unavailable',
  signals: async () => 'unavailable',
  alerts: async () => 'unavailable',
  audit: async () => 'unavailable',
}

const noImport = async (): Promise<never> => {
  throw new AppError('CONFLICT', 'there are no imports in this test; nothing was done')
}
const NO_IMPORTS: HandlerDependencies['imports'] = {
  runs: async () => ({ items: [], current: null, trial: null, target: { state: 'off', detail: 'no database in this test' }, found: [] }),
  look: () => ({ asked: null, source: null, analysis: null }),
  get: noImport,
  report: noImport,
  inspect: noImport,
  analyse: noImport,
  start: noImport,
  verify: noImport,
  rollback: noImport,
  cancel: () => {
    throw new AppError('CONFLICT', 'there are no imports in this test; nothing was done')
  },
}

const NO_HAND_OVER: HandlerDependencies['handOver'] = {
  table: noImport,
  v2Claim: () => null,
  shadow: () => null,
  setV2Trading: noImport,
}

const NOT_FOLLOWED = { state: 'off', source: null, started_at: null, looked_at: null, report: null, problem: null } as const
const NOT_MEASURED = { running: null, last: null, problem: null }
const noChecklist = () => {
  throw new AppError('CONFLICT', 'nothing is measured in this test; nothing was done')
}

/** Read model, stream and handlers over a real engine and a paper exchange in this thread; no supervisor of traders, no Postgres. */
export function startFront(overrides: Partial<HandlerDependencies> = {}) {
  const readModel = new ReadModel()
  const status = (): StatusView => ({
    state: readModel.halted === null ? 'running' : 'halted',
    uptime_ms: 1_000,
    version: '3.0.0',
    mode: 'paper',
    components: [],
    traders: readModel.traders().map(({ id, state }) => ({ id, state })),
    replay: null,
    journal: { seq: readModel.lastSeq, last_ts: readModel.lastTs },
    replica: { seq: 0, lag_events: readModel.lastSeq, state: 'disabled', reason: null },
    halted: readModel.halted,
    reconcile: readModel.reconcile,
    last_gap: readModel.gaps.at(-1) ?? null,
    now: systemClock.now(),
  })
  const stream = new WorkstationStream({ readModel, status, clock: systemClock })
  const engine = new InProcessEngine((entries) => stream.onEntries(entries), START_TS)
  const refuse = async (): Promise<TraderView> => {
    throw new AppError('CONFLICT', 'there is no supervisor in this test; nothing was changed')
  }
  const dependencies: HandlerDependencies = {
    readModel,
    engine,
    traders: {
      list: () => readModel.traders(),
      strategies: async () => [],
      create: refuse,
      update: refuse,
      start: refuse,
      stop: refuse,
      pause: refuse,
      resume: refuse,
      remove: async () => {
        throw new AppError('NOT_FOUND', 'there is no such trader; nothing was removed')
      },
    },
    status,
    ready: () => ({ ready: true, missing: [] }),
    history: NO_HISTORY,
    imports: NO_IMPORTS,
    handOver: NO_HAND_OVER,
    parallelRun: { state: () => NOT_FOLLOWED, start: noImport, end: noImport },
    checklist: { state: () => NOT_MEASURED, start: noChecklist, cancel: noChecklist },
    candles: () => readModel.lastCandles().map((event) => event.candle),
    exchanges: () => [{ name: 'paper', connected: true, kind: 'paper', instruments: readModel.instruments() }],
    clock: systemClock,
    logger: silentLogger,
    ...overrides,
  }
  return { readModel, stream, engine, dependencies, router: createRouter(dependencies), status }
}

export type Front = ReturnType<typeof startFront>

/** The next minute of BTC/USDT, at one price. */
export function tick(front: Front, price: string): void {
  front.engine.candle({ symbol: 'BTC/USDT', openTime: front.engine.now, open: price, high: price, low: price, close: price })
}
