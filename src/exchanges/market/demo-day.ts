import { demoRandom, type DemoRandom } from './demo-random.ts'

export const BARS_PER_DAY = 1_440

/** What one day looks like, minute by minute; floats, because it is an invention. */
export interface DemoDay {
  /** Logarithmic return of each bar, the opening gap included. */
  readonly returns: Float64Array
  /** The part of it that is a jump between the last close and the open. */
  readonly gaps: Float64Array
  /** Volatility of the bar, relative to a quiet one. */
  readonly activity: Float64Array
}

/** Volatility of one minute in a quiet market: about 45 % a year. */
export const MINUTE_SIGMA = 6e-4
/** GARCH(1,1): how much of the last shock and of the last variance goes into the next variance. */
const GARCH = { shock: 0.12, persistence: 0.86 } as const
const VARIANCE_MAX = 40
const JUMP_CHANCE = 1 / 700

type Regime = 'UP' | 'DOWN' | 'RANGE'
const REGIMES: readonly Regime[] = ['UP', 'RANGE', 'DOWN', 'RANGE']
const REGIME_BARS = { least: 60, spread: 240 } as const
/** Drift of a trend in minute volatilities a bar, and how strongly a range pulls back to its middle. */
const TREND_DRIFT = 0.13
const RANGE_PULL = 0.02

/** More happens in the European and American afternoon. */
function hourFactor(bar: number): number {
  return 1 + 0.4 * Math.cos((2 * Math.PI * (bar / 60 - 15)) / 24)
}

function pickRegime(random: DemoRandom): Regime {
  return REGIMES[Math.floor(random.uniform() * REGIMES.length)] ?? 'RANGE'
}

/** A day of one source of movement: regimes, clustered volatility, fat tails and a few jumps. A function of its arguments. */
export function demoDay(seed: string, name: string, day: number): DemoDay {
  const random = demoRandom(seed, 'day', name, day)
  const returns = new Float64Array(BARS_PER_DAY)
  const gaps = new Float64Array(BARS_PER_DAY)
  const activity = new Float64Array(BARS_PER_DAY)
  let variance = Math.exp(0.5 * random.gaussian())
  let regime = pickRegime(random)
  let barsLeft = 0
  let fromMiddle = 0
  for (let bar = 0; bar < BARS_PER_DAY; bar += 1) {
    if (barsLeft === 0) {
      regime = pickRegime(random)
      barsLeft = REGIME_BARS.least + Math.floor(random.uniform() * REGIME_BARS.spread)
      fromMiddle = 0
    }
    barsLeft -= 1
    const sigma = MINUTE_SIGMA * Math.sqrt(variance)
    const shock = random.fatTailed()
    const drift = regime === 'RANGE' ? -RANGE_PULL * fromMiddle : (regime === 'UP' ? TREND_DRIFT : -TREND_DRIFT) * MINUTE_SIGMA
    const gap = random.uniform() < JUMP_CHANCE ? (random.uniform() < 0.5 ? -1 : 1) * sigma * (3 + 4 * random.uniform()) : 0
    const change = drift + sigma * hourFactor(bar) * shock + gap
    returns[bar] = change
    gaps[bar] = gap
    activity[bar] = Math.sqrt(variance) * hourFactor(bar)
    fromMiddle += change
    variance = Math.min(VARIANCE_MAX, 1 - GARCH.shock - GARCH.persistence + variance * (GARCH.shock * shock ** 2 + GARCH.persistence))
  }
  return { returns, gaps, activity }
}
