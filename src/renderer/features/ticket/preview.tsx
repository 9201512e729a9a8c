import type { ReactNode } from 'react'
import { Check, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Num } from '#renderer/ui/num.tsx'
import { useReason } from '#renderer/ui/reason.ts'
import { orderNeeds } from '#contract/requests.ts'
import { isConditional, type OrderType } from '#domain/order.ts'
import type { Estimate } from './estimate.ts'

interface LineProps {
  readonly className?: string
  readonly label: string
  readonly value: string | undefined
  readonly digits: number
  readonly unit: string
}

function Line({ label, value, digits, unit, className }: LineProps): ReactNode {
  return (
    <div className={`figure-line ${className ?? ''}`}>
      <span className="dim">{label}</span>
      <Num value={value} digits={digits} unit={unit} />
    </div>
  )
}

/** What it would cost, and what the gate looks at, in words with its numbers. */
export function Preview({
  estimate,
  instrument,
  types,
}: {
  readonly estimate: Estimate
  readonly instrument: InstrumentView
  /** Of the order, and of the other of two. */
  readonly types: readonly [OrderType, ...OrderType[]]
}): ReactNode {
  const { t } = useTranslation()
  const reason = useReason()
  const digits = useNumbers().of(instrument.symbol)
  const money = { digits: digits.money, unit: instrument.settle }
  const sized = estimate.quantity !== undefined
  return (
    <div className="preview">
      <Line label={t('ticket.cost')} value={estimate.notional} {...money} />
      <Line
        label={`${t('ticket.fee')} ${orderNeeds(types[0]).price ? instrument.maker_fee_bps : instrument.taker_fee_bps} ${t('risk.bps')}`}
        value={estimate.fee}
        digits={Math.max(4, digits.money)}
        unit={instrument.settle}
      />
      <Line className="after" label={t('ticket.after')} value={estimate.left} {...money} />
      {estimate.lossAtStop !== undefined && <Line label={t('ticket.risk')} value={estimate.lossAtStop} {...money} />}
      {estimate.gainAtTarget !== undefined && <Line label={t('ticket.reward')} value={estimate.gainAtTarget} {...money} />}
      {estimate.gainOverLadder !== undefined && <Line label={t('conditional.ladder_gain')} value={estimate.gainOverLadder} {...money} />}
      {types.some(isConditional) && <p className="watch-note faint">{t('conditional.watch')}</p>}
      <ul className="gate" title={t('ticket.gate_lead')} aria-label={t('ticket.gate')}>
        {estimate.reference === undefined && <li className="faint">{t('ticket.no_price')}</li>}
        {sized && estimate.problems.length === 0 && (
          <li className="gate-ok">
            <Check size={13} aria-hidden="true" />
            {t('ticket.gate_ok')}
          </li>
        )}
        {sized &&
          estimate.problems.map((problem) => (
            <li key={`${problem.reason}${problem.second ?? ''}${problem.value ?? ''}`} className="gate-look">
              <TriangleAlert size={13} aria-hidden="true" />
              {`${problem.second === true ? `${t('conditional.or')}: ` : ''}${reason(problem)}`}
            </li>
          ))}
      </ul>
    </div>
  )
}
