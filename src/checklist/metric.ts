import { judged, type Measured } from './check.ts'

/** A figure with a target, and which way is better. */
export interface Metric {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: number
  /** `higher`: of a rate. `lower`: of a time. */
  readonly better: 'higher' | 'lower'
  /** How it was measured. */
  readonly detail: string
}

export function isMet({ value, target, better }: Pick<Metric, 'value' | 'target' | 'better'>): boolean {
  if (!Number.isFinite(value)) return false
  return better === 'higher' ? value >= target : value <= target
}

export function metricLine(metric: Metric): Measured {
  const { name, value, unit, target, better, detail } = metric
  return judged(isMet(metric), {
    name,
    value: `${rounded(value)} ${unit}`,
    expectation: `${better === 'higher' ? 'at least' : 'at most'} ${rounded(target)} ${unit} (${better} is better)`,
    detail,
  })
}

/** The value below which `share` of the values lie, by the nearest rank; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(2).replace(/\.?0+$/, '')
}
