import { at } from '../indicators/series.ts'
import { defineStrategy, HISTORY_BARS } from '../strategy.ts'
import { followRule, isAbove, reaches, words } from './rule.ts'
import type { Rule } from './rule.ts'

const ATR_PERIOD = 14

/** Goes with a close outside the bands, and lets go at the middle line. */
export const bollingerBreakout = defineStrategy({
  name: 'bollinger-breakout',
  description:
    'Goes with a breakout: long on the first close above the upper band, short (perpetuals only) below the lower one; closes at the middle line.',
  symbols: ['BTC/USDT'],
  timeframe: '5m',
  warmup: ({ period }) => Math.min(HISTORY_BARS, Math.max(60, period + 2)),
  params: { period: 20, deviations: 2, stopAtr: 2 },
  ranges: {
    period: { min: 5, max: 240, step: 1, integer: true, description: 'Candles of the middle line' },
    deviations: { min: 0.5, max: 5, step: 0.1, description: 'Width of the bands in standard deviations' },
    stopAtr: { min: 0, max: 20, step: 0.5, description: 'Stop loss in average true ranges of 14 candles; 0 for none' },
  },
  analyze(context) {
    const { candles, params, indicators } = context
    const bars = indicators.columns(candles)
    const { close } = bars
    const { upper, middle, lower } = indicators.bollinger(close, params.period, params.deviations)
    const rule: Rule = (i, held) => {
      if (held > 0) return isAbove(at(middle, i), at(close, i)) ? 0 : held
      if (held < 0) return isAbove(at(close, i), at(middle, i)) ? 0 : held
      if (reaches(at(upper, i - 1), at(close, i - 1)) && isAbove(at(close, i), at(upper, i))) return 1
      return reaches(at(close, i - 1), at(lower, i - 1)) && isAbove(at(lower, i), at(close, i)) ? -1 : 0
    }
    const last = candles.length - 1
    const explain = (wanted: number) => {
      const [line, series] =
        wanted > 0
          ? (['above the upper band', upper] as const)
          : wanted < 0
            ? (['below the lower band', lower] as const)
            : (['across the middle line', middle] as const)
      return `close ${words(close, last)} is ${line} ${words(series, last)} (${params.period} candles, ${params.deviations} deviations)`
    }
    return followRule({ context, rule, explain, stopDistance: params.stopAtr * at(indicators.atr(bars, ATR_PERIOD), last) })
  },
})
