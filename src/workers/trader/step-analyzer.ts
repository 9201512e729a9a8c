import { timeframeMs } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { TraderConfig } from '#domain/trader.ts'
import type { AnalyzeStep, StepAnswer, TraderView } from '#engine/ports.ts'
import { indicators } from '#strategies/indicators/indicators.ts'
import { checkSignals } from '#strategies/signals.ts'
import type { CheckedSignal } from '#strategies/signals.ts'
import type { ConfiguredStrategy, StrategyContext, StrategyPosition } from '#strategies/strategy.ts'
import type { CandleHistory } from './candle-history.ts'
import { withDeadline } from './deadline.ts'
import { wordsOf } from './load-strategy.ts'

/** Characters of an error that are passed on. */
const ERROR_LENGTH_MAX = 500

export interface StepAnalyzerOptions {
  readonly config: TraderConfig
  readonly configured: ConfiguredStrategy
  readonly history: (symbol: InstrumentSymbol) => CandleHistory
  readonly analyzeMs: number
}

/** Answers one step. Never throws: what goes wrong is in the answer. */
export type StepAnalyzer = (step: AnalyzeStep) => Promise<StepAnswer>

export function createStepAnalyzer({ config, configured, history, analyzeMs }: StepAnalyzerOptions): StepAnalyzer {
  /** An `analyze` that outlived its deadline and has not come back. */
  let straggler: PromiseLike<unknown> | undefined

  const ask = async (context: StrategyContext): Promise<CheckedSignal[]> => {
    if (straggler !== undefined) throw new AppError('STRATEGY_FAILED', 'the strategy is still busy with an earlier candle')
    const returned = configured.strategy.analyze(context)
    if (!isPromise(returned)) return checkSignals(returned)
    try {
      return checkSignals(await withDeadline(returned, analyzeMs, `analyze took more than ${analyzeMs} ms`))
    } catch (error) {
      if (error instanceof AppError && error.code === 'DEADLINE_EXCEEDED') {
        straggler = returned
        const release = () => {
          straggler = undefined
        }
        returned.then(release, release)
      }
      throw error
    }
  }

  const analyze = async (step: AnalyzeStep): Promise<CheckedSignal[]> => {
    if (!configured.symbols.includes(step.symbol) || step.timeframe !== configured.timeframe) {
      throw new AppError('REFUSED', `${step.symbol} ${step.timeframe} is not followed by this trader`)
    }
    const candles = await history(step.symbol).next(step)
    if (candles.length < configured.warmup) return []
    const closeTime = step.bar.openTime + timeframeMs(step.timeframe)
    return await ask(
      Object.freeze({
        symbol: step.symbol,
        timeframe: step.timeframe,
        candles,
        position: positionOf(step.view),
        params: configured.params,
        indicators,
        predict: noModel,
        clock: Object.freeze({ now: () => closeTime }),
      }),
    )
  }

  return async (step) => {
    const answer = {
      type: 'StepAnswer',
      step: step.step,
      traderId: config.traderId,
      symbol: step.symbol,
      stepTime: step.bar.openTime,
    } as const
    try {
      return { ...answer, signals: await analyze(step) }
    } catch (error) {
      return { ...answer, signals: [], error: wordsOf(error).slice(0, ERROR_LENGTH_MAX) }
    }
  }
}

function positionOf({ positionQuantity, averagePrice, unrealizedPnl, openOrders }: TraderView): StrategyPosition {
  return Object.freeze({ quantity: positionQuantity, ...(averagePrice === undefined ? {} : { averagePrice }), unrealizedPnl, openOrders })
}

function noModel(): Promise<never> {
  return Promise.reject(new AppError('MODEL_UNAVAILABLE', 'no model is loaded: predict gave no answer; load a model or do without it'))
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}
