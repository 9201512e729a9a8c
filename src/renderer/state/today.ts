import type { EquityPoint } from '#contract/views.ts'
import { percentOf, subtractDecimal } from '#renderer/format/decimal.ts'
import { dayStart } from '#renderer/format/time.ts'
import { useCatalogue } from './catalogue.ts'
import { useMainBalance } from './stores.ts'

export interface Change {
  readonly amount: string
  /** Percent with two digits; undefined when there was nothing at the start of the day. */
  readonly percent: string | undefined
}

/** Equity now against the last known before 00:00 UTC of its day; on the first day, against the first known. */
export function changeToday(curve: readonly EquityPoint[], now: EquityPoint): Change | undefined {
  const start = dayStart(now.ts)
  const base = curve.findLast((point) => point.ts < start) ?? curve[0]
  if (base === undefined) return undefined
  const amount = subtractDecimal(now.equity, base.equity)
  return { amount, percent: percentOf(amount, base.equity, 2) }
}

export function useChangeToday(): Change | undefined {
  const curve = useCatalogue((state) => state.equity)
  const balance = useMainBalance()
  return balance === undefined ? undefined : changeToday(curve, balance)
}
