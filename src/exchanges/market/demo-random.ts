import { seededHash } from '../paper/seeded-hash.ts'

/** A short run of chance that always starts at its parts, never in the middle: the same parts give the same run. */
export interface DemoRandom {
  /** 0 ≤ x < 1. */
  uniform(): number
  /** Mean 0, variance 1. */
  gaussian(): number
  /** Student's t with 4 degrees of freedom, scaled to variance 1: fat tails. */
  fatTailed(): number
}

/** mulberry32, a 32-bit generator; more than good enough for an invented market. */
export function demoRandom(seed: string, ...parts: readonly (string | number)[]): DemoRandom {
  let state = seededHash(seed, ...parts)
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const fatTailed = (): number => {
    const chiSquared = -2 * Math.log(1 - uniform()) - 2 * Math.log(1 - uniform())
    return gaussian() / Math.sqrt(chiSquared / 4) / Math.SQRT2
  }
  return { uniform, gaussian, fatTailed }
}
