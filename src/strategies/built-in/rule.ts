import type { CandleBar } from '#domain/candle.ts'
import { at } from '../indicators/series.ts'
import type { Series } from '../indicators/series.ts'
import { HISTORY_BARS } from '../strategy.ts'
import type { StrategyContext, StrategySignal } from '../strategy.ts'

/** Long, nothing, short. */
export type Direction = -1 | 0 | 1

/**
 * What to hold after the candle at `index` when `held` is held now. From a position it goes to nothing, never straight to
 * the other side: a close and the opposite entry are two decisions, one candle apart.
 */
export type Rule = (index: number, held: Direction) => Direction

export interface RuleDecision {
  readonly context: StrategyContext
  readonly rule: Rule
  /** Says the numbers behind the change. */
  readonly explain: (wanted: Direction) => string
  /** How far below (above) the close the stop of an entry lies; 0 for none. */
  readonly stopDistance: number
}

/** Asks the rule about the last candle and turns a change into one signal. Nothing while an order still works. */
export function followRule({ context, rule, explain, stopDistance }: RuleDecision): StrategySignal[] {
  const { candles, position, symbol } = context
  const bar = candles.at(-1)
  if (bar === undefined || position.openOrders > 0) return []
  const held = Math.sign(position.quantity) as Direction
  const wanted = rule(candles.length - 1, held)
  if (wanted === held) return []
  if (held !== 0) return [{ action: held > 0 ? 'CLOSE_LONG' : 'CLOSE_SHORT', note: explain(wanted) }]
  if (wanted < 0 && !mayShort(symbol)) return []
  const record = trackRecord(candles, rule, wanted)
  const stop = bar.close - wanted * stopDistance
  return [
    {
      action: wanted > 0 ? 'BUY' : 'SELL',
      confidence: record.confidence,
      ...(stopDistance > 0 && stop > 0 ? { stopLoss: stop.toFixed(priceDecimals(candles)) } : {}),
      note: `${explain(wanted)}; ${record.words}`,
    },
  ]
}

/** A perpetual can be sold without being held; spot cannot. */
function mayShort(symbol: string): boolean {
  return symbol.includes(':')
}

/**
 * What the same rule would have earned in this direction on the candles shown: the share of its finished trades that
 * closed better than they opened, before costs, as `(won + 1) / (finished + 2)` (Laplace), so that no history means 0.5
 * and nothing means certainty. An estimate from few trades, and said so in the note; never raised by anything else.
 */
export function trackRecord(
  candles: readonly CandleBar[],
  rule: Rule,
  direction: Direction,
): { readonly confidence: number; readonly words: string } {
  let held: Direction = 0
  let entry = 0
  let finished = 0
  let won = 0
  candles.forEach(({ close }, i) => {
    if (i === 0) return
    const wanted = rule(i, held)
    if (held === 0 && wanted !== 0) entry = close
    if (held === direction && wanted !== held) {
      finished += 1
      if (direction * (close - entry) > 0) won += 1
    }
    held = wanted
  })
  const side = direction > 0 ? 'long' : 'short'
  return {
    confidence: (won + 1) / (finished + 2),
    words: `${won} of ${finished} earlier ${side} trades of this rule in the last ${Math.min(HISTORY_BARS, candles.length)} candles won`,
  }
}

/** Running sums leave errors of some 1e-13 of a price; a tick is seldom finer than 1e-7 of it. */
const ROUNDING = 1e-9

/**
 * Whether `a` lies above `b` by more than arithmetic leaves over. A market that stands still lies exactly on its averages
 * and bands, and the last bit of a sum must not decide there. False when either is NaN.
 */
export function isAbove(a: number, b: number): boolean {
  return a - b > ROUNDING * Math.max(Math.abs(a), Math.abs(b))
}

/** Whether `a` is `b` or more, where a shortfall that arithmetic leaves over counts as equal. False when either is NaN. */
export function reaches(a: number, b: number): boolean {
  return a - b >= -ROUNDING * Math.max(Math.abs(a), Math.abs(b))
}

/** Digits after the point that the latest prices use: levels are rounded to them, so that they lie on the tick in most markets. */
export function priceDecimals(candles: readonly CandleBar[]): number {
  const digits = candles.slice(-50).flatMap(({ high, low, close }) => [high, low, close].map(decimalsOf))
  return Math.max(0, ...digits)
}

function decimalsOf(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  return Math.min(12, Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent)))
}

/** Seven digits that count: enough to check a note by hand. */
export function words(series: Series, index: number): string {
  return String(Number(at(series, index).toPrecision(7)))
}
