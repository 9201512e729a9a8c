/* oxlint-disable jsx-a11y/prefer-tag-over-role -- drawn with our own tokens; progress cannot be */
import type { ReactNode } from 'react'
import { Command as CommandIcon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { StatusView } from '#contract/views.ts'
import { percentOf } from '#renderer/format/decimal.ts'
import { moneyDigits, NOTHING, useNumbers } from '#renderer/format/use-numbers.tsx'
import { HealthButton } from '#renderer/features/health/health-popover.tsx'
import { SettingsMenu } from '#renderer/features/menu/settings-menu.tsx'
import { modKey } from '#renderer/features/palette/shortcuts.ts'
import { ReconcileBadge } from '#renderer/features/reconcile/reconcile-badge.tsx'
import { StopControl } from '#renderer/features/stop/stop-control.tsx'
import { StopReceiptBar } from '#renderer/features/stop/stop-receipt.tsx'
import { useStopState } from '#renderer/features/stop/use-stop.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { balances, useMainBalance, useSystem } from '#renderer/state/stores.ts'
import { useChangeToday } from '#renderer/state/today.ts'
import { Num, Pnl, Ticking } from '#renderer/ui/num.tsx'
import { StaleMark } from '#renderer/ui/panel.tsx'

function EquityFigure(): ReactNode {
  const { t } = useTranslation()
  const balance = useMainBalance()
  const phase = balances.use((state) => state.phase)
  const change = useChangeToday()
  if (balance === undefined) {
    return (
      <span className="bar-part" data-testid="equity">
        <span className="bar-label">{t('top.equity')}</span>
        {phase.kind === 'loading' ? <span className="skeleton" style={{ width: 120 }} /> : NOTHING}
      </span>
    )
  }
  return (
    <span className="bar-part" data-testid="equity" data-value={balance.equity}>
      <span className="bar-label">{t('top.equity')}</span>
      <span className="bar-figure">
        <Ticking value={balance.equity}>
          <Num value={balance.equity} digits={moneyDigits(balance.currency)} unit={balance.currency} />
        </Ticking>
      </span>
      {change !== undefined && (
        <span className="bar-change">
          <Pnl value={change.percent ?? change.amount} suffix={change.percent === undefined ? '' : ' %'} />
          <span className="bar-label">{t('top.today')}</span>
        </span>
      )}
      <StaleMark phase={phase} />
    </span>
  )
}

function Exposure(): ReactNode {
  const { t } = useTranslation()
  const balance = useMainBalance()
  if (balance === undefined) return null
  return (
    <span className="bar-part" data-testid="exposure">
      <span className="bar-label">{t('top.exposure')}</span>
      <Num value={percentOf(balance.exposure, balance.equity, 1)} unit="%" />
    </span>
  )
}

function Replay({ replay }: { readonly replay: NonNullable<StatusView['replay']> }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const share = replay.total === 0 ? 0 : (replay.processed / replay.total) * 100
  return (
    <span className="bar-part replay" data-testid="replay" title={replay.file}>
      <span className="bar-label">{t(replay.done ? 'top.replay_done' : 'top.replay')}</span>
      <span
        className="meter"
        role="progressbar"
        aria-label={t('top.replay')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share)}
      >
        <span style={{ width: `${share}%` }} />
      </span>
      <span className="num dim">{`${numbers.count(replay.processed)} / ${numbers.count(replay.total)}`}</span>
    </span>
  )
}

/** Never scrolls away: what kind of money this is, how much there is, whether everything runs, and the stop. */
export function TopBar(): ReactNode {
  const { t } = useTranslation()
  const status = useSystem((state) => state.value)
  const receipt = useStopState((state) => state.receipt)
  const halted = status?.halted ?? undefined
  const stopped = halted !== undefined || receipt !== undefined
  const mode = status?.mode
  const replay = status?.replay ?? undefined
  return (
    <header className="top-bar" data-halted={stopped}>
      <span className="mode" data-testid="mode" data-mode={mode} title={mode === undefined ? undefined : t(`mode.${mode}_hint`)}>
        {mode === undefined ? '' : t(`mode.${mode}`)}
      </span>
      <EquityFigure />
      {stopped ? (
        <StopReceiptBar halted={halted} />
      ) : (
        <>
          <Exposure />
          {replay !== undefined && <Replay replay={replay} />}
          <span className="grow" />
        </>
      )}
      <ReconcileBadge />
      <HealthButton />
      <button type="button" className="bar-button palette-button" onClick={() => useRequests.setState({ palette: true })}>
        <CommandIcon size={13} aria-hidden="true" />
        <span className="sr-only">{t('top.commands')}</span>
        <kbd>{`${modKey()} K`}</kbd>
      </button>
      <SettingsMenu />
      {!stopped && <StopControl />}
    </header>
  )
}
