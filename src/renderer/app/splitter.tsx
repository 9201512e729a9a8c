/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a separator that moves takes focus and values, which hr does not */
import type { PointerEvent, ReactNode } from 'react'
import { useRef } from 'react'
import type { PanelSizes } from '#renderer/state/settings.ts'
import { set, useSettings } from '#renderer/state/settings.ts'

const STEP = 16
const LIMITS = { left: [190, 480], right: [240, 560], bottom: [120, 900] } as const

interface SplitterProps {
  readonly name: keyof PanelSizes
  readonly label: string
  /** The panel whose size it changes. */
  readonly panel: () => HTMLElement | null
}

/** Drags one border; arrow keys move it too. The size is remembered. */
export function Splitter({ name, label, panel }: SplitterProps): ReactNode {
  const upright = name !== 'bottom'
  const [least, most] = LIMITS[name]
  const start = useRef<{ readonly at: number; readonly size: number } | undefined>(undefined)
  const stored = useSettings((settings) => settings.sizes[name])
  // A panel left of or below its border grows the other way than one before it.
  const way = name === 'left' ? 1 : -1

  const measure = (): number => {
    const box = panel()?.getBoundingClientRect()
    return box === undefined ? least : upright ? box.width : box.height
  }
  const apply = (size: number): void => {
    const room = (upright ? window.innerWidth : window.innerHeight) * 0.7
    set({ sizes: { ...useSettings.getState().sizes, [name]: Math.round(Math.min(most, room, Math.max(least, size))) } })
  }
  const position = (event: PointerEvent): number => (upright ? event.clientX : event.clientY)
  return (
    <div
      className="splitter"
      data-name={name}
      role="separator"
      aria-orientation={upright ? 'vertical' : 'horizontal'}
      aria-label={label}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={stored ?? least}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { at: position(event), size: measure() }
      }}
      onPointerMove={(event) => {
        if (start.current !== undefined) apply(start.current.size + way * (position(event) - start.current.at))
      }}
      onPointerUp={() => {
        start.current = undefined
      }}
      onDoubleClick={() => set({ sizes: { ...useSettings.getState().sizes, [name]: undefined } })}
      onKeyDown={(event) => {
        const by = upright ? { ArrowRight: 1, ArrowLeft: -1 }[event.key] : { ArrowDown: 1, ArrowUp: -1 }[event.key]
        if (by === undefined) return
        event.preventDefault()
        apply(measure() + way * by * STEP)
      }}
    />
  )
}
