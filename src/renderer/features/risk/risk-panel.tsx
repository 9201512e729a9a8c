/* oxlint-disable jsx-a11y/prefer-tag-over-role -- drawn with our own tokens; meter cannot be */
import type { ReactNode } from 'react'
import { SlidersHorizontal } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { RiskView } from '#contract/views.ts'
import { percentOf, signOf } from '#renderer/format/decimal.ts'
import { moneyDigits } from '#renderer/format/use-numbers.tsx'
import { useRequests } from '#renderer/state/requests.ts'
import { useMainBalance, useRisk } from '#renderer/state/stores.ts'
import { IconButton } from '#renderer/ui/controls.tsx'
import { Num } from '#renderer/ui/num.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { LimitsDialog } from './limits-dialog.tsx'

/** From this share of a limit on it deserves a look. */
const LOOK_PERCENT = 75

interface MeterProps {
  readonly label: string
  readonly used: string
  readonly limit: string
  readonly digits: number
}

function Meter({ label, used, limit, digits }: MeterProps): ReactNode {
  const share = signOf(used) <= 0 ? 0 : Math.min(100, Number(percentOf(used, limit, 1) ?? 0))
  const state = share >= 100 ? 'bad' : share >= LOOK_PERCENT ? 'look' : 'plain'
  return (
    <div className="meter-line">
      <span className="dim">{label}</span>
      <span>
        <Num value={signOf(used) < 0 ? '0' : used} digits={digits} />
        <span className="faint num"> / </span>
        <Num value={limit} trim />
      </span>
      <span
        className="meter"
        data-state={state}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
      >
        <span style={{ width: `${share}%` }} />
      </span>
    </div>
  )
}

function Meters({ risk }: { readonly risk: RiskView }): ReactNode {
  const { t } = useTranslation()
  const currency = useMainBalance()?.currency ?? 'USDT'
  const { limits, used } = risk
  return (
    <div className="meters">
      <Meter label={t('risk.daily_loss')} used={used.daily_loss} limit={limits.max_daily_loss} digits={moneyDigits(currency)} />
      <Meter label={t('risk.open_positions')} used={String(used.open_positions)} limit={String(limits.max_open_positions)} digits={0} />
      <Meter label={t('risk.open_orders')} used={String(used.open_orders)} limit={String(limits.max_open_orders)} digits={0} />
      <div className="figure-line">
        <span className="dim">{t('ticket.order_limit')}</span>
        <Num value={limits.max_order_notional} trim unit={currency} />
      </div>
      <div className="figure-line">
        <span className="dim">{t('ticket.position_limit')}</span>
        <Num value={limits.max_position_notional} trim unit={currency} />
      </div>
    </div>
  )
}

export function RiskPanel(): ReactNode {
  const { t } = useTranslation()
  const { value, phase } = useRisk()
  return (
    <Panel
      title={t('risk.title')}
      phase={phase}
      className="risk"
      acts={
        <IconButton label={t('risk.edit')} disabled={value === undefined} onClick={() => useRequests.setState({ limitsDialog: true })}>
          <SlidersHorizontal />
        </IconButton>
      }
    >
      {value === undefined ? phase.kind === 'loading' ? <Skeleton rows={4} /> : <Empty text={t('risk.empty')} /> : <Meters risk={value} />}
      {value !== undefined && <LimitsDialog risk={value} />}
    </Panel>
  )
}
