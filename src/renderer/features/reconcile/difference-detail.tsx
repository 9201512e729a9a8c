import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { DifferenceView } from '#contract/reconcile.ts'
import { dateTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { DecideForm } from './decide-form.tsx'
import { aboutOf } from './difference-columns.tsx'

/** Both sides of one difference, where it comes from, and the decision: to be made, or as it was made. */
export function DifferenceDetail({ row, now }: { readonly row: DifferenceView | undefined; readonly now: number }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (row === undefined) {
    return (
      <aside className="difference" aria-label={t('reconcile.detail')}>
        <p className="dim">{t('reconcile.pick')}</p>
      </aside>
    )
  }
  const { closed } = row
  return (
    <aside className="difference" aria-label={t('reconcile.detail')} data-testid="difference-detail">
      <h3>{`${t(`reconcile.kind.${row.kind}`)} ${aboutOf(row)}`}</h3>
      <p className="dim">{t(`reconcile.kind_lead.${row.kind}`)}</p>
      <dl className="sides">
        <div>
          <dt>{t('reconcile.column.ours')}</dt>
          <dd className="num">{row.ours}</dd>
        </div>
        <div>
          <dt>{t('reconcile.column.theirs')}</dt>
          <dd className="num">{row.theirs}</dd>
        </div>
      </dl>
      <dl className="details">
        <dt>{t('reconcile.column.cause')}</dt>
        <dd>{row.cause}</dd>
        <dt>{t('reconcile.column.source')}</dt>
        <dd>{row.exchange}</dd>
        <dt>{t('reconcile.column.age')}</dt>
        <dd title={dateTime(row.found_at)}>{numbers.age(now - row.found_at)}</dd>
        {row.order_id !== null && <Pair name={t('column.id')} value={row.order_id} />}
        {row.exchange_order_id !== null && <Pair name={t('column.exchange_id')} value={row.exchange_order_id} />}
      </dl>
      {closed !== null && (
        <dl className="details" data-testid="difference-decision">
          <dt>{t('reconcile.column.decision')}</dt>
          <dd>{`${t(`reconcile.decision.${closed.decision}`)}${closed.trader_id === null ? '' : ` ${closed.trader_id}`}`}</dd>
          <dt>{t('reconcile.column.when')}</dt>
          <dd className="num">{dateTime(closed.at)}</dd>
          <dt>{t('reconcile.column.by')}</dt>
          <dd>{closed.by}</dd>
          {closed.reason !== null && (
            <>
              <dt>{t('reconcile.column.reason')}</dt>
              <dd>{closed.reason}</dd>
            </>
          )}
        </dl>
      )}
      {(closed === null || isLeftAlone(row)) && <DecideForm key={row.id} row={row} />}
    </aside>
  )
}

/** It is still there, so it may be decided anew. */
function isLeftAlone({ kind, closed }: DifferenceView): boolean {
  return closed?.decision === 'IGNORE' || (closed?.decision === 'ADOPT' && kind === 'ORDER_EXTERNAL')
}

function Pair({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </>
  )
}
