import type { KeyboardEvent, PointerEvent } from 'react'
import { useEffect, useRef, useState } from 'react'

export const HOLD_MS = 600

export interface Hold {
  readonly holding: boolean
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent) => void
    readonly onPointerUp: () => void
    readonly onPointerLeave: () => void
    readonly onPointerCancel: () => void
    readonly onKeyDown: (event: KeyboardEvent) => void
    readonly onKeyUp: (event: KeyboardEvent) => void
    readonly onBlur: () => void
  }
}

const KEYS = new Set([' ', 'Enter'])

/** Press and hold, by pointer or by Space and Enter. Letting go early does nothing. */
export function useHold(onHeld: () => void, holdMs = HOLD_MS): Hold {
  const [holding, setHolding] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const byKey = useRef(false)
  const held = useRef(onHeld)
  useEffect(() => {
    held.current = onHeld
  })
  useEffect(() => () => clearTimeout(timer.current), [])

  const cancel = (): void => {
    clearTimeout(timer.current)
    timer.current = undefined
    setHolding(false)
  }
  const begin = (key: boolean): void => {
    if (timer.current !== undefined) return
    byKey.current = key
    setHolding(true)
    timer.current = setTimeout(() => {
      cancel()
      held.current()
    }, holdMs)
  }
  return {
    holding,
    handlers: {
      onPointerDown: (event) => event.button === 0 && begin(false),
      onPointerUp: cancel,
      onPointerLeave: cancel,
      onPointerCancel: cancel,
      onKeyDown: (event) => {
        if (!KEYS.has(event.key)) return
        event.preventDefault()
        if (!event.repeat) begin(true)
      },
      onKeyUp: (event) => KEYS.has(event.key) && cancel(),
      // A dialog that closes under the pointer moves the focus; only a held key ends with it.
      onBlur: () => byKey.current && cancel(),
    },
  }
}
