import type { StatusView, TraderView } from '#contract/views.ts'
import type { Clock } from '#platform/clock.ts'
import type { ComponentBoard } from './component-board.ts'
import type { ReadModel } from './read-model/read-model.ts'

export interface StatusSources {
  readonly version: string
  readonly mode: StatusView['mode']
  readonly startedElapsed: number
  readonly clock: Clock
  readonly board: ComponentBoard
  readonly readModel: ReadModel
  readonly traders: () => readonly TraderView[]
  readonly replay: () => StatusView['replay']
  readonly head: () => number
  readonly replica: () => StatusView['replica']
  readonly isStopping: () => boolean
  readonly isOpen: () => boolean
}

/** The state of everything as last seen. Nothing here is a constant: each verdict comes from a part that spoke. */
export function readStatus(sources: StatusSources): StatusView {
  const { board, readModel, clock } = sources
  const components = board.rows()
  return {
    state: overallState(sources),
    uptime_ms: Math.round(clock.elapsed() - sources.startedElapsed),
    version: sources.version,
    mode: sources.mode,
    components,
    traders: sources.traders().map(({ id, state }) => ({ id, state })),
    replay: sources.replay(),
    journal: { seq: sources.head(), last_ts: readModel.lastTs },
    replica: sources.replica(),
    halted: readModel.halted,
    reconcile: readModel.reconcile,
    last_gap: readModel.gaps.at(-1) ?? null,
    now: clock.now(),
  }
}

function overallState(sources: StatusSources): StatusView['state'] {
  if (sources.isStopping()) return 'stopping'
  if (!sources.isOpen()) return 'starting'
  if (sources.readModel.halted !== null) return 'halted'
  const unwell = sources.board.rows().some(({ state }) => state === 'down' || state === 'degraded')
  const inError = sources.traders().some(({ state }) => state === 'error')
  return unwell || inError ? 'degraded' : 'running'
}

/** What keeps trading from going on, in words; empty when nothing does. Postgres is not among it: the journal is the record. */
export function missingForTrading(sources: StatusSources): string[] {
  const missing: string[] = []
  if (!sources.isOpen()) missing.push('the engine has not yet reconciled with the exchange')
  if (sources.isStopping()) missing.push('the workstation is stopping')
  for (const name of ['engine', 'exchange']) {
    const state = sources.board.state(name)
    if (state !== 'running') missing.push(`${name} is ${state ?? 'not there'}`)
  }
  if (sources.readModel.halted !== null)
    missing.push(`trading is halted since ${new Date(sources.readModel.halted.since).toISOString()}: ${sources.readModel.halted.reason}`)
  return missing
}
