import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import { signOf } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'

interface NumProps {
  readonly value: string | null | undefined
  readonly digits?: number | undefined
  readonly unit?: string | undefined
  readonly trim?: boolean | undefined
  /** Digits of the column: what this number has fewer is left blank, so that the points align. */
  readonly alignTo?: number | undefined
}

function blank(digits: number | undefined, alignTo: number | undefined): string {
  if (digits === undefined || alignTo === undefined || alignTo <= digits) return ''
  return ' '.repeat(alignTo - digits + (digits === 0 ? 1 : 0))
}

/** A number from decimal text: grouped, cut to the digits it deserves; the full figure is in its title. */
export function Num({ value, digits, unit, trim, alignTo }: NumProps): ReactNode {
  const numbers = useNumbers()
  const text = numbers.decimal(value, { digits, trim })
  return (
    <span className="num" title={value !== null && value !== undefined && digits !== undefined ? value : undefined}>
      {text}
      {blank(digits, alignTo)}
      {unit !== undefined && <span className="unit">{unit}</span>}
    </span>
  )
}

/** Profit or loss: a sign, a shape and a colour, so that none of them is the only cue. */
export function Pnl({ value, digits, unit, suffix }: NumProps & { readonly suffix?: string | undefined }): ReactNode {
  const numbers = useNumbers()
  if (value === null || value === undefined) return <span className="num faint">{numbers.decimal(value)}</span>
  const text = numbers.decimal(value, { digits, signed: true })
  const shown = /[1-9]/.test(text) ? signOf(value) : 0
  return (
    <span className="num pnl" data-sign={shown} title={digits === undefined ? undefined : value}>
      <span className="pnl-mark" aria-hidden="true" />
      {text}
      {suffix}
      {unit !== undefined && <span className="unit">{unit}</span>}
    </span>
  )
}

/** Tints for 400 ms when the number behind it moves, then settles. */
export function Ticking({ value, children }: { readonly value: string | undefined; readonly children: ReactNode }): ReactNode {
  const last = useRef(value)
  const [tint, setTint] = useState<{ readonly way: 'up' | 'down'; readonly turn: number } | undefined>(undefined)
  useEffect(() => {
    const before = last.current
    last.current = value
    if (before === undefined || value === undefined || before === value) return
    setTint((now) => ({ way: Number(value) > Number(before) ? 'up' : 'down', turn: (now?.turn ?? 0) + 1 }))
  }, [value])
  return (
    <span key={tint?.turn ?? 0} className="tick" data-tint={tint?.way}>
      {children}
    </span>
  )
}
