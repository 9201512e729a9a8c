import { bollingerBreakout } from './built-in/bollinger-breakout.ts'
import { emaCross } from './built-in/ema-cross.ts'
import { rsiReversal } from './built-in/rsi-reversal.ts'
import { configureStrategy } from './strategy.ts'
import type { Strategy } from './strategy.ts'

export const builtInStrategies: readonly Strategy[] = Object.freeze([emaCross, rsiReversal, bollingerBreakout])

export function findBuiltIn(name: string): Strategy | undefined {
  return builtInStrategies.find((strategy) => strategy.name === name)
}

/** A param as a form needs it. */
export interface ParamInfo {
  readonly name: string
  readonly type: 'integer' | 'number'
  readonly default: number
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly step?: number | undefined
  readonly description?: string | undefined
}

/** A strategy as screens and lists need it; plain data. */
export interface StrategyInfo {
  readonly name: string
  readonly description: string
  readonly symbols: readonly string[]
  readonly timeframe: string
  /** Candles before the first decision, with the default params. */
  readonly warmup: number
  readonly params: readonly ParamInfo[]
}

export function describeStrategy(strategy: Strategy): StrategyInfo {
  const { warmup } = configureStrategy(strategy, {})
  return {
    name: strategy.name,
    description: strategy.description ?? '',
    symbols: strategy.symbols,
    timeframe: strategy.timeframe,
    warmup,
    params: Object.entries(strategy.params).map(([name, value]) => {
      const { integer, ...range } = strategy.ranges?.[name] ?? {}
      return { name, type: integer === true ? ('integer' as const) : ('number' as const), default: value, ...range }
    }),
  }
}
