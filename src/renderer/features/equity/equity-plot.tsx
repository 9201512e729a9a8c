/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a canvas, not an image file */
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { EquityPoint } from '#contract/views.ts'
import type { Numbers } from '#renderer/format/use-numbers.tsx'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useSettings } from '#renderer/state/settings.ts'

interface EquityPlotProps {
  readonly points: readonly EquityPoint[]
  readonly label: string
}

/** Pixels only: equity becomes a float here and goes nowhere else. */
function toData(points: readonly EquityPoint[]): uPlot.AlignedData {
  return [points.map((point) => point.ts / 1_000), points.map((point) => Number(point.equity))]
}

function makePlot(element: HTMLElement, size: { width: number; height: number }, numbers: Numbers): uPlot {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  const axis = { stroke: color('text-faint'), font: `10px ${color('font-num')}`, grid: { show: false }, ticks: { show: false } }
  return new uPlot(
    {
      ...size,
      padding: [6, 0, 0, 18],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true } },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1_000), 'UTC'),
      axes: [
        {
          ...axis,
          size: 18,
          space: 70,
          values: [
            [86_400, '{MM}-{DD}', null, null, null, null, null, null, 1],
            [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
          ],
        },
        {
          ...axis,
          side: 1,
          size: 50,
          gap: 2,
          space: 26,
          values: (_plot, splits) => splits.map((value) => numbers.decimal(value.toFixed(2), { trim: true })),
          grid: { show: true, stroke: color('chart-grid'), width: 1 },
        },
      ],
      series: [{}, { stroke: color('accent'), width: 1.5, points: { show: false }, fill: `${color('accent')}18` }],
    },
    toData([]),
    element,
  )
}

export function EquityPlot({ points, label }: EquityPlotProps): ReactNode {
  const root = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const numbers = useNumbers()
  const theme = useSettings((settings) => settings.theme)
  const newest = useRef(points)
  useEffect(() => {
    newest.current = points
    plot.current?.setData(toData(points))
  }, [points])
  useEffect(() => {
    const element = root.current
    if (element === null) return undefined
    const size = (): { width: number; height: number } => ({ width: element.clientWidth, height: element.clientHeight })
    const made = makePlot(element, size(), numbers)
    made.setData(toData(newest.current))
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize(size()))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.current = undefined
      made.destroy()
    }
    // Colours are read when it is made, so a new theme makes it anew.
  }, [theme, numbers])
  return <div ref={root} className="equity-plot" role="img" aria-label={label} />
}
