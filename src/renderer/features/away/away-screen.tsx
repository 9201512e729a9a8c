import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AwayView } from '#contract/away.ts'
import { monthTime } from '#renderer/format/time.ts'
import { moneyDigits, useNumbers } from '#renderer/format/use-numbers.tsx'
import { useRequests } from '#renderer/state/requests.ts'
import { useSystem } from '#renderer/state/stores.ts'
import { Button, Segmented } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { Num, Pnl } from '#renderer/ui/num.tsx'
import { Empty, Skeleton } from '#renderer/ui/panel.tsx'
import { keepDismissed } from './away-seen.ts'
import { ActionsPart, AlertsPart, DifferencesPart, FillsPart, GapsPart, HaltsPart, OrdersPart, PricesPart } from './away-sections.tsx'
import { useAwayOpens, useAwayReport } from './use-away.ts'

const HOUR_MS = 3_600_000
const SPANS = ['gap', '1', '8', '24'] as const
type Span = (typeof SPANS)[number] | 'asked'
const COUNTS = [
  'fills',
  'stops_hit',
  'targets_hit',
  'orders_ended',
  'differences_found',
  'differences_decided',
  'alerts',
  'actions',
  'halts',
] as const

function Totals({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const { pnl, totals } = report
  const digits = moneyDigits(pnl.currency)
  return (
    <dl className="away-totals" aria-label={t('away.totals')} data-testid="away-totals">
      <div className="away-money">
        <dt>{t('away.change')}</dt>
        <dd>
          <Pnl value={pnl.change} digits={digits} unit={pnl.currency} />
        </dd>
      </div>
      <div>
        <dt>{t('away.realized')}</dt>
        <dd>
          <Pnl value={pnl.realized} digits={digits} />
        </dd>
      </div>
      <div>
        <dt>{t('away.fees')}</dt>
        <dd>
          <Num value={pnl.fees} digits={digits} />
        </dd>
      </div>
      {COUNTS.map((name) => (
        <div key={name} data-zero={totals[name] === 0}>
          <dt>{t(`away.${name}`)}</dt>
          <dd className="num" data-testid={`away-${name}`}>
            {numbers.count(totals[name])}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function DecideButton(): ReactNode {
  const { t } = useTranslation()
  return (
    <Button size="small" onClick={() => useRequests.setState({ away: undefined, reconcile: true })}>
      {t('away.decide')}
    </Button>
  )
}

function Report({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const nothing = COUNTS.every((name) => report.totals[name] === 0)
  return (
    <>
      <p className="away-lead" data-testid="away-lead">
        {t('away.lead', {
          from: monthTime(report.since),
          to: monthTime(report.until),
          age: numbers.age(report.until - report.since),
          cause: t(`away.cause.${report.cause}`),
        })}
      </p>
      {!report.complete && <p className="look-text">{t('away.incomplete')}</p>}
      <Totals report={report} />
      {nothing && <Empty text={t('away.nothing')} />}
      <div className="away-parts">
        <HaltsPart report={report} />
        <DifferencesPart report={report} onDecide={<DecideButton />} />
        <FillsPart report={report} />
        <AlertsPart report={report} />
        <OrdersPart report={report} />
        <PricesPart report={report} />
        <ActionsPart report={report} />
        <GapsPart report={report} />
      </div>
    </>
  )
}

/** Which stretch of time the report is about. */
function SpanChoice({ value, onChange }: { readonly value: Span; readonly onChange: (span: Span) => void }): ReactNode {
  const { t } = useTranslation()
  return (
    <Segmented<Span>
      label={t('away.since')}
      value={value}
      options={[
        ...(value === 'asked' ? [{ value, label: t('away.cause.ASKED') }] : []),
        ...SPANS.map((span) => ({
          value: span,
          label: span === 'gap' ? t('away.since_gap') : t('away.since_hours', { count: Number(span) }),
        })),
      ]}
      onChange={onChange}
    />
  )
}

function Body({ since, onClose }: { readonly since: number | undefined; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const gap = useSystem((state) => state.value?.last_gap ?? null)
  const [chosen, setChosen] = useState<{ readonly span: Span; readonly from: number | undefined }>(() => ({
    span: since === undefined || since === gap?.from ? 'gap' : 'asked',
    from: since === gap?.from ? undefined : since,
  }))
  const [turn, setTurn] = useState(0)
  const state = useAwayReport(chosen.from, turn)
  return (
    <>
      <div className="away-body">
        <SpanChoice
          value={chosen.span}
          onChange={(span) => setChosen({ span, from: span === 'gap' ? undefined : Date.now() - Number(span) * HOUR_MS })}
        />
        {chosen.span === 'gap' && gap === null && <p className="dim">{t('away.no_gap')}</p>}
        {state.kind === 'loading' && <Skeleton rows={6} />}
        {state.kind === 'failed' && (
          <Empty text={t('away.failed', { message: state.message })}>
            <Button onClick={() => setTurn(turn + 1)}>{t('away.retry')}</Button>
          </Empty>
        )}
        {state.kind === 'loaded' && <Report report={state.report} />}
      </div>
      <div className="dialog-foot">
        <Button kind="primary" data-testid="away-dismiss" onClick={onClose}>
          {t('away.dismiss')}
        </Button>
      </div>
    </>
  )
}

/** Comes by itself after a gap; closing it means it was read. Always there from the menu, the palette and its key. */
export function AwayScreen(): ReactNode {
  const { t } = useTranslation()
  const asked = useRequests((state) => state.away)
  useAwayOpens()
  if (asked === undefined) return null
  const close = (): void => {
    keepDismissed(localStorage, Math.max(Date.now(), useSystem.getState().value?.last_gap?.to ?? 0))
    useRequests.setState({ away: undefined })
  }
  return (
    <Dialog open onClose={close} title={t('away.title')} full testId="away-screen" focusFirst="[data-testid=away-dismiss]">
      <Body since={asked.since} onClose={close} />
    </Dialog>
  )
}
