import { at } from '../indicators/series.ts'
import { defineStrategy, HISTORY_BARS } from '../strategy.ts'
import { followRule, isAbove, reaches, words } from './rule.ts'
import type { Rule } from './rule.ts'

const ATR_PERIOD = 14

/** Buys when the strength index comes back out of an extreme, and lets go in the middle. */
export const rsiReversal = defineStrategy({
  name: 'rsi-reversal',
  description:
    'Bets on the way back: long when the RSI rises out of oversold, short (perpetuals only) when it falls out of overbought; closes at the middle.',
  symbols: ['BTC/USDT'],
  timeframe: '5m',
  warmup: ({ period }) => Math.min(HISTORY_BARS, Math.max(60, 4 * period)),
  params: { period: 14, oversold: 30, overbought: 70, exit: 50, stopAtr: 2 },
  ranges: {
    period: { min: 2, max: 120, step: 1, integer: true, description: 'Candles of the RSI' },
    oversold: { min: 1, max: 49, step: 1, description: 'RSI below which the market is oversold' },
    overbought: { min: 51, max: 99, step: 1, description: 'RSI above which the market is overbought' },
    exit: { min: 2, max: 98, step: 1, description: 'RSI at which a position is closed' },
    stopAtr: { min: 0, max: 20, step: 0.5, description: 'Stop loss in average true ranges of 14 candles; 0 for none' },
  },
  check: ({ oversold, overbought, exit }) =>
    oversold < exit && exit < overbought
      ? undefined
      : `exit (${exit}) must lie between oversold (${oversold}) and overbought (${overbought})`,
  analyze(context) {
    const { candles, params, indicators } = context
    const bars = indicators.columns(candles)
    const rsi = indicators.rsi(bars.close, params.period)
    const atr = indicators.atr(bars, ATR_PERIOD)
    const [top, bottom] = [indicators.highest(bars.close, params.period + 1), indicators.lowest(bars.close, params.period + 1)]
    const rule: Rule = (i, held) => {
      const [before, now] = [at(rsi, i - 1), at(rsi, i)]
      // A market that has not moved has an RSI of 0, which is no extreme.
      if (!isAbove(at(top, i - 1), at(bottom, i - 1))) return held
      if (held > 0) return reaches(now, params.exit) ? 0 : held
      if (held < 0) return reaches(params.exit, now) ? 0 : held
      if (isAbove(params.oversold, before) && reaches(now, params.oversold) && isAbove(params.exit, now)) return 1
      return isAbove(before, params.overbought) && reaches(params.overbought, now) && isAbove(now, params.exit) ? -1 : 0
    }
    const last = candles.length - 1
    const explain = (wanted: number) => {
      const why =
        wanted > 0
          ? `rose out of oversold ${params.oversold}`
          : wanted < 0
            ? `fell out of overbought ${params.overbought}`
            : `reached the exit at ${params.exit}`
      return `RSI${params.period} went from ${words(rsi, last - 1)} to ${words(rsi, last)} and ${why}, close ${words(bars.close, last)}`
    }
    return followRule({ context, rule, explain, stopDistance: params.stopAtr * at(atr, last) })
  },
})
