import type { ReactNode } from 'react'
import type { OrderStatus } from '#domain/order.ts'
import type { SignalOutcome } from '#domain/signal.ts'
import { dateTime, monthTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Num, Pnl } from '#renderer/ui/num.tsx'

/** Cells that know how their kind of value is written. Words come from the column: a cell is drawn thousands of times. */
export function TimeCell({ ms }: { readonly ms: number }): ReactNode {
  return (
    <time className="num dim" dateTime={new Date(ms).toISOString()} title={`${dateTime(ms)} UTC`}>
      {monthTime(ms)}
    </time>
  )
}

export function SideCell({
  side,
  label,
}: {
  readonly side: 'BUY' | 'SELL' | 'LONG' | 'SHORT' | 'FLAT'
  readonly label: string
}): ReactNode {
  const way = side === 'BUY' || side === 'LONG' ? 'up' : side === 'FLAT' ? 'none' : 'down'
  return (
    <span className="side" data-way={way}>
      <span className="side-mark" aria-hidden="true" />
      {label}
    </span>
  )
}

interface AmountProps {
  readonly symbol: string
  readonly value: string | null
}

export function PriceCell({ symbol, value }: AmountProps): ReactNode {
  const numbers = useNumbers()
  return <Num value={value} digits={numbers.of(symbol).price} alignTo={numbers.align.price} />
}
export function QuantityCell({ symbol, value }: AmountProps): ReactNode {
  const numbers = useNumbers()
  const { quantity, base } = numbers.of(symbol)
  return (
    <>
      <Num value={value} digits={quantity} alignTo={numbers.align.quantity} />
      <span className="unit unit-fixed">{base}</span>
    </>
  )
}
export function MoneyCell({ symbol, value }: AmountProps): ReactNode {
  const { money } = useNumbers().of(symbol)
  return <Num value={value} digits={money} />
}
export function FeeCell({ symbol, value, currency }: AmountProps & { readonly currency: string }): ReactNode {
  const { money, quote } = useNumbers().of(symbol)
  return <Num value={value} digits={currency === quote ? Math.max(money, 4) : 8} unit={currency} />
}
export function PnlCell({ symbol, value }: AmountProps): ReactNode {
  return <Pnl value={value} digits={useNumbers().of(symbol).money} />
}

const STATUS_STATE: Readonly<Record<OrderStatus, 'good' | 'look' | 'bad' | 'off' | 'plain'>> = {
  EMULATED: 'look',
  SUBMITTED: 'plain',
  ACCEPTED: 'good',
  PARTIALLY_FILLED: 'good',
  PENDING_CANCEL: 'look',
  UNKNOWN: 'look',
  FILLED: 'plain',
  CANCELED: 'off',
  EXPIRED: 'off',
  REJECTED: 'bad',
}
export function StatusCell({ status, label }: { readonly status: OrderStatus; readonly label: string }): ReactNode {
  const state = STATUS_STATE[status]
  return (
    <span className="tag" data-state={state}>
      {(state === 'good' || state === 'look' || state === 'bad') && <span className="dot" data-state={state} aria-hidden="true" />}
      {label}
    </span>
  )
}

/** Who watches the price: this program is the answer that carries a risk, so it is said in amber, with a shape. */
export function HeldByCell({ here, label, hint }: { readonly here: boolean; readonly label: string; readonly hint: string }): ReactNode {
  return (
    <span className="tag" data-state={here ? 'look' : undefined} data-held-here={here} title={hint}>
      {here && <span className="dot" data-state="look" aria-hidden="true" />}
      {label}
      {here && <span className="sr-only">{hint}</span>}
    </span>
  )
}

const OUTCOME_STATE = { ACCEPTED: 'good', DENIED: 'look', DUPLICATE: 'off', EXPIRED: 'off' } as const
export function OutcomeCell({ outcome, label }: { readonly outcome: SignalOutcome; readonly label: string }): ReactNode {
  return (
    <span className="tag" data-state={OUTCOME_STATE[outcome]}>
      <span className="dot" data-state={OUTCOME_STATE[outcome]} aria-hidden="true" />
      {label}
    </span>
  )
}

const SEVERITY_STATE = { info: 'off', warning: 'look', critical: 'bad' } as const
export function SeverityCell({
  severity,
  label,
}: {
  readonly severity: 'info' | 'warning' | 'critical'
  readonly label: string
}): ReactNode {
  return (
    <span className="tag" data-state={SEVERITY_STATE[severity]}>
      <span className="dot" data-state={SEVERITY_STATE[severity]} aria-hidden="true" />
      {label}
    </span>
  )
}
