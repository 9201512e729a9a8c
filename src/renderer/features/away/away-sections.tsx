import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { AwayView } from '#contract/away.ts'
import { percentOf, subtractDecimal } from '#renderer/format/decimal.ts'
import { monthTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Num, Pnl } from '#renderer/ui/num.tsx'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'

function Time({ ms }: { readonly ms: number }): ReactNode {
  return (
    <time className="num dim" dateTime={new Date(ms).toISOString()}>
      {monthTime(ms)}
    </time>
  )
}

interface SectionProps {
  readonly title: string
  readonly total: number
  readonly shown: number
  readonly acts?: ReactNode
  readonly children: ReactNode
}

function Section({ title, total, shown, acts, children }: SectionProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (total === 0) return null
  return (
    <section className="away-part">
      <header>
        <h3>{title}</h3>
        <span className="tab-count num">{numbers.count(total)}</span>
        <span className="grow" />
        {acts}
      </header>
      <ul>{children}</ul>
      {total > shown && <p className="faint">{t('away.more', { count: total - shown })}</p>}
    </section>
  )
}

export function FillsPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  return (
    <Section title={t('away.fills')} total={report.totals.fills} shown={report.fills.length}>
      {report.fills.map((fill) => {
        const digits = numbers.of(fill.symbol)
        return (
          <li key={fill.id}>
            <Time ms={fill.ts} />
            <span className="tag" data-state={fill.purpose === 'STOP_LOSS' ? 'look' : undefined}>
              {fill.purpose === 'STOP_LOSS' && <span className="dot" data-state="look" aria-hidden="true" />}
              {t(fill.purpose === null ? 'column.order' : `purpose.${fill.purpose}`)}
            </span>
            <span>{t(`side.${fill.side}`)}</span>
            <Num value={fill.quantity} digits={digits.quantity} />
            <SymbolName symbol={fill.symbol} />
            <Num value={fill.price} digits={digits.price} />
            <span className="dim">{fill.trader_id}</span>
            <Pnl value={fill.realized_pnl} digits={digits.money} />
          </li>
        )
      })}
    </Section>
  )
}

export function OrdersPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  return (
    <Section title={t('away.orders_ended')} total={report.totals.orders_ended} shown={report.orders_ended.length}>
      {report.orders_ended.map((order) => (
        <li key={order.id}>
          <Time ms={order.updated_at} />
          <span>{t(`status.${order.status}`)}</span>
          <span>{t(`order_type.${order.type}`)}</span>
          <span>{t(`side.${order.side}`)}</span>
          <Num value={order.quantity} digits={numbers.of(order.symbol).quantity} />
          <SymbolName symbol={order.symbol} />
          <span className="dim">{order.trader_id}</span>
          <span className="faint away-words" title={order.reason ?? undefined}>
            {order.reason}
          </span>
        </li>
      ))}
    </Section>
  )
}

export function DifferencesPart({ report, onDecide }: { readonly report: AwayView; readonly onDecide: ReactNode }): ReactNode {
  const { t } = useTranslation()
  const open = report.differences.some((row) => row.state === 'OPEN')
  return (
    <Section title={t('away.differences')} total={report.differences.length} shown={report.differences.length} acts={open && onDecide}>
      {report.differences.map((row) => (
        <li key={`${row.id}${row.seq}`}>
          <Time ms={row.closed?.at ?? row.found_at} />
          <span className="tag" data-state={row.state === 'OPEN' ? 'look' : undefined}>
            {row.state === 'OPEN' && <span className="dot" data-state="look" aria-hidden="true" />}
            {t(`reconcile.kind.${row.kind}`)}
          </span>
          <span>{row.symbol ?? row.currency ?? row.order_id ?? row.exchange_order_id}</span>
          <span className="away-words">{t('away.sides', { ours: row.ours, theirs: row.theirs })}</span>
          {row.closed !== null && <span className="dim">{t(`reconcile.decision.${row.closed.decision}`)}</span>}
        </li>
      ))}
    </Section>
  )
}

export function AlertsPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  return (
    <Section title={t('away.alerts')} total={report.totals.alerts} shown={report.alerts.length}>
      {report.alerts.map((alert) => (
        <li key={`${alert.seq}${alert.code}`}>
          <Time ms={alert.ts} />
          <span className="tag" data-state={alert.severity === 'critical' ? 'bad' : alert.severity === 'warning' ? 'look' : 'off'}>
            <span
              className="dot"
              data-state={alert.severity === 'critical' ? 'bad' : alert.severity === 'warning' ? 'look' : 'off'}
              aria-hidden="true"
            />
            {t(`severity.${alert.severity}`)}
          </span>
          <span className="away-words" title={alert.message}>
            {alert.message}
          </span>
        </li>
      ))}
    </Section>
  )
}

export function ActionsPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  return (
    <Section title={t('away.actions')} total={report.totals.actions} shown={report.actions.length}>
      {report.actions.map((row) => (
        <li key={row.seq}>
          <Time ms={row.ts} />
          <span className="dim">{row.actor}</span>
          <span>{row.action}</span>
          <span className="num away-words">{row.target}</span>
          <span className="faint away-words" title={row.reason ?? undefined}>
            {row.reason}
          </span>
        </li>
      ))}
    </Section>
  )
}

export function HaltsPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  return (
    <Section title={t('away.halts')} total={report.totals.halts} shown={report.halts.length}>
      {report.halts.map((halt) => (
        <li key={halt.since}>
          <span className="away-words">{t('away.halted', { time: monthTime(halt.since), by: halt.by, reason: halt.reason })}</span>
          <span className={halt.resumed_at === null ? 'look-text' : 'dim'}>
            {halt.resumed_at === null ? t('away.still') : t('away.resumed', { time: monthTime(halt.resumed_at) })}
          </span>
        </li>
      ))}
    </Section>
  )
}

function moved({ before, now }: AwayView['prices'][number]): string | null {
  return before === null || now === null ? null : (percentOf(subtractDecimal(now, before), before, 2) ?? null)
}

export function PricesPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  return (
    <Section title={t('away.prices')} total={report.prices.length} shown={report.prices.length}>
      {report.prices.map((move) => {
        const { price } = numbers.of(move.symbol)
        return (
          <li key={move.symbol}>
            <SymbolName symbol={move.symbol} />
            <Num value={move.before} digits={price} />
            <span aria-hidden="true" className="faint">
              →
            </span>
            <Num value={move.now} digits={price} />
            <Pnl value={moved(move)} digits={2} suffix=" %" />
          </li>
        )
      })}
    </Section>
  )
}

export function GapsPart({ report }: { readonly report: AwayView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (report.gaps.length < 2) return null
  return (
    <Section title={t('away.gaps')} total={report.gaps.length} shown={report.gaps.length}>
      {report.gaps.map((gap) => (
        <li key={gap.from}>
          {t('away.gap', {
            from: monthTime(gap.from),
            to: monthTime(gap.to),
            age: numbers.age(gap.to - gap.from),
            cause: t(`away.cause.${gap.cause}`),
          })}
        </li>
      ))}
    </Section>
  )
}
