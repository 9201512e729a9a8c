import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import type { Bar } from './candle-data.ts'
import type { CandlePlot } from './candle-plot.ts'

interface LegendProps {
  readonly plot: CandlePlot | undefined
  readonly last: Bar | undefined
  readonly write: (value: number, kind: 'price' | 'volume' | 'percent') => string
}

const PARTS = [
  ['O', 'open'],
  ['H', 'high'],
  ['L', 'low'],
  ['C', 'close'],
  ['V', 'volume'],
] as const

/** Figures of the bar under the pointer, else of the newest. Written straight to the page: the pointer moves often. */
export function Legend({ plot, last, write }: LegendProps): ReactNode {
  const root = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const show = (bar: Bar | undefined): void => {
      const element = root.current
      if (element === null || bar === undefined) return
      element.dataset['way'] = bar.close >= bar.open ? 'up' : 'down'
      for (const [, key] of PARTS) {
        const slot = element.querySelector(`[data-part=${key}]`)
        if (slot !== null) slot.textContent = write(bar[key], key === 'volume' ? 'volume' : 'price')
      }
      const change = element.querySelector('[data-part=change]')
      const percent = bar.open === 0 ? 0 : ((bar.close - bar.open) / bar.open) * 100
      if (change !== null) change.textContent = `${write(percent, 'percent')} %`
    }
    show(last)
    return plot?.onPointer((bar) => show(bar ?? last))
  }, [plot, last, write])
  return (
    <div className="legend num" ref={root} aria-hidden="true">
      {PARTS.map(([letter, key]) => (
        <span key={key}>
          <span className="faint">{letter}</span> <span data-part={key} />
        </span>
      ))}
      <span data-part="change" className="legend-change" />
    </div>
  )
}
