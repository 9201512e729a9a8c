import type { InstrumentSymbol, TraderId } from './ids.ts'
import type { Timeframe } from './candle.ts'

export const TRADER_STATES = ['created', 'initializing', 'ready', 'running', 'paused', 'stopping', 'stopped', 'error'] as const
export type TraderState = (typeof TRADER_STATES)[number]

const NEXT: Readonly<Record<TraderState, readonly TraderState[]>> = {
  created: ['initializing', 'stopped', 'error'],
  initializing: ['ready', 'stopping', 'stopped', 'error'],
  ready: ['running', 'paused', 'stopping', 'stopped', 'error'],
  running: ['paused', 'stopping', 'stopped', 'error'],
  paused: ['running', 'stopping', 'stopped', 'error'],
  stopping: ['stopped', 'error'],
  stopped: ['initializing', 'error'],
  error: ['initializing', 'stopping', 'stopped'],
}

/** Whether a trader may go from one state to the other. */
export function mayBecome(from: TraderState, to: TraderState): boolean {
  return NEXT[from].includes(to)
}

/** What a person set up: survives restarts in the journal. Decimal text for money. */
export interface TraderConfig {
  readonly traderId: TraderId
  /** Name of a built-in strategy or of one in the data directory. */
  readonly strategy: string
  readonly symbols: readonly InstrumentSymbol[]
  readonly timeframe: Timeframe
  readonly params: Readonly<Record<string, number>>
  /** Notional of an entry whose signal names no quantity, in the settle currency. */
  readonly orderNotional: string
  /** What the person wants: started traders start again after a restart. `manual` traders have no strategy thread. */
  readonly desired: 'running' | 'paused' | 'stopped'
  readonly kind: 'strategy' | 'manual'
}
