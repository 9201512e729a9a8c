import { cci, macd, roc, rsi, stoch, williamsR } from './momentum.ts'
import { dema, ema, hma, kama, rma, sma, tema, wma } from './moving-averages.ts'
import { columns, last, typicalPrice } from './series.ts'
import { adx, linearRegression } from './trend.ts'
import { atr, bollinger, donchian, keltner, natr, standardDeviation, trueRange } from './volatility.ts'
import { mfi, obv, vwap } from './volume.ts'
import { highest, lowest } from './window.ts'

/**
 * All indicators a strategy is handed. Each takes whole columns, oldest first, and answers with a `Float64Array` of the
 * same length that is NaN before the lookback. See `docs/strategies.md` for what each is checked against.
 */
export const indicators = Object.freeze({
  columns,
  last,
  typicalPrice,
  sma,
  ema,
  rma,
  wilder: rma,
  wma,
  dema,
  tema,
  hma,
  kama,
  rsi,
  macd,
  stoch,
  williamsR,
  cci,
  roc,
  trueRange,
  atr,
  natr,
  standardDeviation,
  bollinger,
  keltner,
  donchian,
  highest,
  lowest,
  adx,
  linearRegression,
  obv,
  mfi,
  vwap,
})

export type Indicators = typeof indicators
