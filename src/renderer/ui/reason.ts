import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { ReasonCode } from '#domain/signal.ts'
import { isDecimal } from '#renderer/format/decimal.ts'
import { clockTime } from '#renderer/format/time.ts'
import { NOTHING, useNumbers } from '#renderer/format/use-numbers.tsx'

export interface Verdict {
  readonly reason: ReasonCode
  readonly value?: string | null | undefined
  readonly limit?: string | null | undefined
}

/** Stand for the numbers in a sentence that is translated once and filled many times. */
const VALUE_HOLE = '\u0001'
const LIMIT_HOLE = '\u0002'

/** A sentence is written once a verdict: tables ask for it on every draw. */
function remembered(write: (verdict: Verdict) => string): (verdict: Verdict) => string {
  const known = new WeakMap<Verdict, string>()
  return (verdict) => {
    const sentence = known.get(verdict) ?? write(verdict)
    known.set(verdict, sentence)
    return sentence
  }
}

/** A verdict of the gate as a sentence with its numbers. */
export function useReason(): (verdict: Verdict) => string {
  const { t } = useTranslation()
  const numbers = useNumbers()
  return useMemo(() => {
    const shown = (reason: ReasonCode, text: string | null | undefined): string => {
      if (text === null || text === undefined) return NOTHING
      if (reason === 'SIGNAL_EXPIRED' && /^\d{12,14}$/.test(text)) return clockTime(Number(text))
      if (reason === 'TRADER_NOT_RUNNING' || !isDecimal(text)) return text
      return numbers.decimal(text, { trim: true })
    }
    const templates = new Map<ReasonCode, string>()
    return remembered(({ reason, value, limit }) => {
      const template = templates.get(reason) ?? t(`reason.${reason}`, { value: VALUE_HOLE, limit: LIMIT_HOLE })
      templates.set(reason, template)
      return template.replace(VALUE_HOLE, () => shown(reason, value)).replace(LIMIT_HOLE, () => shown(reason, limit))
    })
  }, [t, numbers])
}
