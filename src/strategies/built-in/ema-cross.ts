import { at } from '../indicators/series.ts'
import { defineStrategy, HISTORY_BARS } from '../strategy.ts'
import { followRule, isAbove, words } from './rule.ts'
import type { Rule } from './rule.ts'

const ATR_PERIOD = 14

/** Holds the side of the fast average. It waits a candle between closing and reversing. */
export const emaCross = defineStrategy({
  name: 'ema-cross',
  description:
    'Follows the trend: long while the fast average is above the slow one and the price above both, short (perpetuals only) the other way round.',
  symbols: ['BTC/USDT'],
  timeframe: '5m',
  warmup: ({ slow }) => Math.min(HISTORY_BARS, 2 * slow + 8),
  params: { fast: 12, slow: 26, stopAtr: 3 },
  ranges: {
    fast: { min: 2, max: 200, step: 1, integer: true, description: 'Candles of the fast average' },
    slow: { min: 3, max: 240, step: 1, integer: true, description: 'Candles of the slow average' },
    stopAtr: { min: 0, max: 20, step: 0.5, description: 'Stop loss in average true ranges of 14 candles; 0 for none' },
  },
  check: ({ fast, slow }) => (fast < slow ? undefined : `fast (${fast}) must be below slow (${slow})`),
  analyze(context) {
    const { candles, params, indicators } = context
    const bars = indicators.columns(candles)
    const fast = indicators.ema(bars.close, params.fast)
    const slow = indicators.ema(bars.close, params.slow)
    const rule: Rule = (i, held) => {
      const [above, below] = [isAbove(at(fast, i), at(slow, i)), isAbove(at(slow, i), at(fast, i))]
      if (held !== 0) return (held > 0 ? below : above) ? 0 : held
      if (above && isAbove(at(bars.close, i), at(fast, i))) return 1
      return below && isAbove(at(fast, i), at(bars.close, i)) ? -1 : 0
    }
    const last = candles.length - 1
    const explain = () =>
      `EMA${params.fast} ${words(fast, last)} is ${at(fast, last) > at(slow, last) ? 'above' : 'below'} EMA${params.slow} ${words(slow, last)}, close ${words(bars.close, last)}`
    return followRule({ context, rule, explain, stopDistance: params.stopAtr * at(indicators.atr(bars, ATR_PERIOD), last) })
  },
})
