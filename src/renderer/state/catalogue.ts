import { create } from 'zustand'
import type { EquityPoint, InstrumentView, StrategyView, TraderView } from '#contract/views.ts'
import { toFailure } from '#renderer/client/failure.ts'
import type { Api } from '#renderer/client/workstation-client.ts'
import type { Phase } from './rows.ts'
import { balances, positions, trades, useConnection, useSystem } from './stores.ts'

/** What is asked for rather than streamed; asked again only when the stream says that something moved. */
interface Catalogue {
  readonly traders: readonly TraderView[]
  readonly tradersPhase: Phase
  readonly instruments: readonly InstrumentView[]
  readonly instrumentsPhase: Phase
  readonly strategies: readonly StrategyView[]
  readonly equity: readonly EquityPoint[]
  readonly equityPhase: Phase
}

export const EQUITY_POINTS_MAX = 2_000
/** At most one question about traders in this time, however much moves. */
const TRADERS_EVERY_MS = 1_000
const LOADING: Phase = { kind: 'loading' }
const LIVE: Phase = { kind: 'live' }

export const useCatalogue = create<Catalogue>(() => ({
  traders: [],
  tradersPhase: LOADING,
  instruments: [],
  instrumentsPhase: LOADING,
  strategies: [],
  equity: [],
  equityPhase: LOADING,
}))

export function useInstruments(): readonly InstrumentView[] {
  return useCatalogue((state) => state.instruments)
}

function errorPhase(error: unknown): Phase {
  return { kind: 'error', message: toFailure(error).message }
}

export async function refreshTraders(api: Api): Promise<void> {
  try {
    const { items } = await api.traders.list()
    useCatalogue.setState({ traders: items, tradersPhase: LIVE })
  } catch (error) {
    if (useCatalogue.getState().tradersPhase.kind === 'loading') useCatalogue.setState({ tradersPhase: errorPhase(error) })
  }
}

export async function loadInstruments(api: Api): Promise<void> {
  try {
    const { items } = await api.exchanges.list()
    useCatalogue.setState({ instruments: items.flatMap((exchange) => exchange.instruments), instrumentsPhase: LIVE })
  } catch (error) {
    useCatalogue.setState({ instrumentsPhase: errorPhase(error) })
  }
}

export async function loadStrategies(api: Api): Promise<void> {
  const { items } = await api.strategies.list()
  useCatalogue.setState({ strategies: items })
}

async function loadEquity(api: Api): Promise<void> {
  try {
    const { equity_curve } = await api.accounts.balance({ points: EQUITY_POINTS_MAX })
    useCatalogue.setState({ equity: equity_curve, equityPhase: LIVE })
  } catch (error) {
    useCatalogue.setState({ equityPhase: errorPhase(error) })
  }
}

/** Adds the newest equity to the curve; every second point goes when it grows past its bound. */
function followEquity(): () => void {
  return balances.use.subscribe((state) => {
    const newest = state.rows.at(-1)
    const { equity, equityPhase } = useCatalogue.getState()
    const last = equity.at(-1)
    if (newest === undefined || equityPhase.kind !== 'live' || (last !== undefined && newest.ts <= last.ts)) return
    const grown = [...equity, { ts: newest.ts, equity: newest.equity }]
    useCatalogue.setState({ equity: grown.length > 2 * EQUITY_POINTS_MAX ? grown.filter((_point, i) => i % 2 === 1) : grown })
  })
}

/** Calls `ask` soon after the first of many nudges, and never more often than `everyMs`. */
export function throttled(ask: () => void, everyMs: number): { readonly nudge: () => void; readonly cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    nudge: () => {
      timer ??= setTimeout(() => {
        timer = undefined
        ask()
      }, everyMs)
    },
    cancel: () => clearTimeout(timer),
  }
}

export function startCatalogue(api: Api): () => void {
  const askAll = (): void => {
    void refreshTraders(api)
    void loadInstruments(api)
    void loadEquity(api)
    loadStrategies(api).catch(() => undefined)
  }
  const tradersSoon = throttled(() => void refreshTraders(api), TRADERS_EVERY_MS)
  const stops = [
    trades.use.subscribe(tradersSoon.nudge),
    positions.use.subscribe(tradersSoon.nudge),
    useSystem.subscribe(tradersSoon.nudge),
    followEquity(),
    // Exchanges may list their instruments after the first question; a lost line may hide any change.
    useConnection.subscribe(({ turns }, before) => {
      if (turns > 1 && turns !== before.turns) askAll()
    }),
  ]
  askAll()
  return () => {
    tradersSoon.cancel()
    for (const stop of stops) stop()
  }
}
