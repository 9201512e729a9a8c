/** One measured figure. `ratio` is against the physical limit of the same run. */
export interface BenchResult {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The same work at the hardware's own speed, measured in the same run. */
  readonly limit?: number
  readonly ratio?: number
  readonly goal: number | null
  /** Null where there is no goal. */
  readonly pass: boolean | null
  /** Samples behind the value. */
  readonly n: number
}

/** A figure that should be at least its goal. */
export function atLeast(goal: number, of: Omit<BenchResult, 'goal' | 'pass' | 'ratio'>): BenchResult {
  return { ...of, ...ratio(of), goal, pass: of.value >= goal }
}

/** A figure that should be at most its goal: a latency, a size. */
export function atMost(goal: number, of: Omit<BenchResult, 'goal' | 'pass' | 'ratio'>): BenchResult {
  return { ...of, ...ratio(of), goal, pass: of.value <= goal }
}

export function noGoal(of: Omit<BenchResult, 'goal' | 'pass' | 'ratio'>): BenchResult {
  return { ...of, ...ratio(of), goal: null, pass: null }
}

function ratio({ value, limit }: Pick<BenchResult, 'value' | 'limit'>): { readonly ratio?: number } {
  return limit === undefined || limit === 0 ? {} : { ratio: Number((value / limit).toFixed(3)) }
}

/** The value below which `share` (0..1) of the samples lie; nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
