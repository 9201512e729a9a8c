import type { CandleBar, Timeframe } from '#domain/candle.ts'
import { isTimeframe, TIMEFRAMES } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import { parseSymbol } from '#domain/ids.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { SignalAction } from '#domain/signal.ts'
import type { Indicators } from './indicators/indicators.ts'

/**
 * How many closed candles a strategy is shown: always exactly the last 500, fewer only while there are not so many yet.
 * The number is fixed, so a smoothed indicator is begun at the same bar before and after a restart and the same candle
 * gives the same answer.
 */
export const HISTORY_BARS = 500

export type StrategyParams = Readonly<Record<string, number>>

/** What the trader holds of the candle's instrument at the moment of the decision. */
export interface StrategyPosition {
  /** Signed: long positive, short negative, 0 when flat. */
  readonly quantity: number
  readonly averagePrice?: number | undefined
  /** In the settle currency, fees not subtracted. */
  readonly unrealizedPnl: number
  /** Orders of this trader and instrument that still work. */
  readonly openOrders: number
}

/** What a strategy wants. Quantity and levels are decimal text, or numbers that `decimalText` turns into it. */
export interface StrategySignal {
  readonly action: SignalAction
  /** Of the base. Absent: the trader's order notional (entries) or the whole position (closes). */
  readonly quantity?: string | number | undefined
  /** 0..1; recorded, never used for sizing. */
  readonly confidence?: number | undefined
  readonly stopLoss?: string | number | undefined
  readonly takeProfit?: string | number | undefined
  /** Why, in words, for the person who asks later. */
  readonly note?: string | undefined
}

export interface StrategyContext<P extends StrategyParams = StrategyParams> {
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  /** Closed candles, oldest first; the last one is the one to answer. Frozen. */
  readonly candles: readonly CandleBar[]
  readonly position: StrategyPosition
  readonly params: Readonly<P>
  readonly indicators: Indicators
  /** Asks the loaded model. Rejects with `MODEL_UNAVAILABLE` while there is none. */
  readonly predict: (input?: unknown) => Promise<unknown>
  /** `now()` is the close time of the last candle, UTC milliseconds: the only time a strategy may decide by. */
  readonly clock: { readonly now: () => number }
}

export interface ParamRange {
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly step?: number | undefined
  readonly integer?: boolean | undefined
  readonly description?: string | undefined
}

export interface StrategyDefinition<P extends StrategyParams> {
  /** Small letters, digits and hyphens; the name of its file. */
  readonly name: string
  readonly description?: string | undefined
  /** Defaults; the trader's own symbols, timeframe and params go before them. */
  readonly symbols: readonly string[]
  readonly timeframe: Timeframe
  /** Candles needed before `analyze` is asked at all, at most `HISTORY_BARS`; may depend on the params. */
  readonly warmup: number | ((params: P) => number)
  readonly params: P
  /** What each param may be; checked before a trader starts, shown on the screens. */
  readonly ranges?: { readonly [K in keyof P]?: ParamRange } | undefined
  /** Says what is wrong with a combination of params, or nothing. */
  readonly check?: ((params: P) => string | undefined) | undefined
  readonly analyze: (context: StrategyContext<P>) => readonly StrategySignal[] | Promise<readonly StrategySignal[]>
}

/** A definition that has passed the check. Its params are checked again, with the trader's own, by `configureStrategy`. */
export type Strategy = StrategyDefinition<StrategyParams>

export const STRATEGY_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/
const PARAM_NAME = /^[a-zA-Z][a-zA-Z0-9]{0,39}$/
const KEYS = ['name', 'description', 'symbols', 'timeframe', 'warmup', 'params', 'ranges', 'check', 'analyze']

/** Checks a definition and freezes it. Throws `STRATEGY_INVALID` with every fault it found. */
export function defineStrategy<P extends StrategyParams>(definition: StrategyDefinition<P>): Strategy {
  const faults = findFaults(definition)
  if (faults.length > 0) {
    const name: unknown = (definition as { readonly name?: unknown } | null)?.name
    const named = typeof name === 'string' ? `strategy '${name.slice(0, 64)}'` : 'the strategy'
    throw new AppError(
      'STRATEGY_INVALID',
      `${named} is not valid and was not loaded: ${faults.join('; ')}. Correct its file and start the trader again.`,
    )
  }
  const frozen: StrategyDefinition<P> = Object.freeze({
    ...definition,
    symbols: Object.freeze([...definition.symbols]),
    params: Object.freeze({ ...definition.params }),
  })
  // Beyond this point the params are known by name only; `configureStrategy` makes sure that each of P is there.
  return frozen as unknown as Strategy
}

/** Plain checks of what arrives from a file: nothing about it is known yet. */
function findFaults(definition: unknown): string[] {
  if (typeof definition !== 'object' || definition === null) return ['defineStrategy takes one object']
  const { name, description, symbols, timeframe, warmup, params, ranges, check, analyze, ...rest } = definition as Record<string, unknown>
  const faults: string[] = []
  const need = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault)
  }
  for (const key of Object.keys(rest)) faults.push(`'${key}' is not a property of a strategy (known are ${KEYS.join(', ')})`)
  need(typeof name === 'string' && STRATEGY_NAME.test(name), 'name must be small letters, digits and hyphens, at most 64')
  need(description === undefined || typeof description === 'string', 'description must be text')
  need(Array.isArray(symbols) && symbols.length > 0 && symbols.every(isSymbol), "symbols must be a list such as ['BTC/USDT']")
  need(typeof timeframe === 'string' && isTimeframe(timeframe), `timeframe must be one of ${TIMEFRAMES.join(', ')}`)
  need(
    typeof warmup === 'function' || isWarmup(warmup),
    `warmup must be a whole number from 0 to ${HISTORY_BARS}, or a function of the params`,
  )
  need(check === undefined || typeof check === 'function', 'check must be a function of the params')
  need(typeof analyze === 'function', 'analyze must be a function')
  if (!isRecord(params)) return [...faults, 'params must be an object of numbers, {} when there are none']
  for (const [key, value] of Object.entries(params)) {
    need(PARAM_NAME.test(key), `the param name '${key}' must be letters and digits`)
    need(
      typeof value === 'number' && Number.isFinite(value),
      `the param '${key}' must be a number, not ${JSON.stringify(value) ?? typeof value}`,
    )
  }
  need(ranges === undefined || isRecord(ranges), 'ranges must be an object')
  for (const key of isRecord(ranges) ? Object.keys(ranges) : [])
    need(Object.hasOwn(params, key), `ranges names '${key}', which is not a param`)
  return faults
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWarmup(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= HISTORY_BARS
}

function isSymbol(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    parseSymbol(text)
    return true
  } catch {
    return false
  }
}

export interface ConfiguredStrategy {
  readonly strategy: Strategy
  readonly symbols: readonly InstrumentSymbol[]
  readonly timeframe: Timeframe
  readonly params: StrategyParams
  readonly warmup: number
}

/** What a trader's own settings say; each goes before the strategy's default. */
export interface StrategySettings {
  readonly symbols?: readonly string[] | undefined
  readonly timeframe?: Timeframe | undefined
  readonly params?: StrategyParams | undefined
}

/** The strategy with a trader's settings. Throws `STRATEGY_INVALID` for an unknown param or one out of its range. */
export function configureStrategy(strategy: Strategy, settings: StrategySettings): ConfiguredStrategy {
  const faults = Object.keys(settings.params ?? {})
    .filter((key) => !Object.hasOwn(strategy.params, key))
    .map((key) => `it has no param '${key}' (it has ${Object.keys(strategy.params).join(', ') || 'none'})`)
  const params: StrategyParams = Object.freeze({ ...strategy.params, ...settings.params })
  for (const [key, value] of Object.entries(params)) faults.push(...rangeFaults(key, value, strategy.ranges?.[key] ?? {}))
  const combination = faults.length === 0 ? strategy.check?.(params) : undefined
  if (combination !== undefined) faults.push(combination)
  const warmup = typeof strategy.warmup === 'function' ? strategy.warmup(params) : strategy.warmup
  if (faults.length === 0 && !isWarmup(warmup)) faults.push(`these params need ${warmup} candles to warm up, and ${HISTORY_BARS} are kept`)
  if (faults.length > 0) {
    throw new AppError(
      'STRATEGY_INVALID',
      `strategy '${strategy.name}' cannot run with these settings: ${faults.join('; ')}. The trader was not started; change its params.`,
    )
  }
  const symbols = settings.symbols === undefined || settings.symbols.length === 0 ? strategy.symbols : settings.symbols
  return { strategy, symbols: symbols.map(parseSymbol), timeframe: settings.timeframe ?? strategy.timeframe, params, warmup }
}

function rangeFaults(key: string, value: number, { min, max, integer }: ParamRange): string[] {
  if (!Number.isFinite(value)) return [`${key} must be a number`]
  if (integer === true && !Number.isInteger(value)) return [`${key} must be a whole number, not ${value}`]
  if (min !== undefined && value < min) return [`${key} must be at least ${min}, not ${value}`]
  if (max !== undefined && value > max) return [`${key} must be at most ${max}, not ${value}`]
  return []
}
