import type { ReactNode } from 'react'
import { memo } from 'react'

const WIDTH = 56
const HEIGHT = 16
const POINTS_MAX = 48

/** Evenly picked points of the series, the last one always among them. */
export function thin(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values
  const step = (values.length - 1) / (most - 1)
  return Array.from({ length: most }, (_v, i) => values[Math.round(i * step)] ?? 0)
}

export function sparklinePath(values: readonly number[], width: number, height: number): string {
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const x = (i: number): number => (values.length === 1 ? width : (i / (values.length - 1)) * width)
  return values
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${(1 + (1 - (value - low) / span) * (height - 2)).toFixed(1)}`)
    .join('')
}

/** Course of the day in one line; the figures beside it say the same. */
export const Sparkline = memo(function Sparkline({
  values,
  sign,
}: {
  readonly values: readonly number[]
  readonly sign: number
}): ReactNode {
  const shown = thin(values, POINTS_MAX)
  return (
    <svg
      className="sparkline"
      data-sign={sign}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {shown.length > 1 && <path d={sparklinePath(shown, WIDTH, HEIGHT)} />}
    </svg>
  )
})
