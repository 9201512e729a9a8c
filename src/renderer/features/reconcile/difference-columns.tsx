import type { TFunction } from 'i18next'
import type { DifferenceView } from '#contract/reconcile.ts'
import type { Numbers } from '#renderer/format/use-numbers.tsx'
import { dateTime, monthTime } from '#renderer/format/time.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'

type Row = DifferenceView

/** What a difference is about: a symbol, a currency, or an order. */
export function aboutOf(row: Row): string {
  return row.symbol ?? row.currency ?? row.order_id ?? row.exchange_order_id ?? row.id
}

function timeColumn(id: string, header: string, pick: (row: Row) => number): Column<Row> {
  return {
    id,
    header,
    width: 112,
    grow: 0.5,
    text: (row) => dateTime(pick(row)),
    sort: pick,
    cell: (row) => (
      <time className="num dim" dateTime={new Date(pick(row)).toISOString()} title={`${dateTime(pick(row))} UTC`}>
        {monthTime(pick(row))}
      </time>
    ),
  }
}

function sidesColumns(t: TFunction): readonly Column<Row>[] {
  return [
    { id: 'kind', header: t('reconcile.column.kind'), width: 104, grow: 0.7, text: (row) => t(`reconcile.kind.${row.kind}`) },
    {
      id: 'about',
      header: t('reconcile.column.about'),
      width: 104,
      grow: 0.7,
      text: aboutOf,
      cell: (row) => (row.symbol === null ? aboutOf(row) : <SymbolName symbol={row.symbol} />),
    },
    {
      id: 'ours',
      header: t('reconcile.column.ours'),
      width: 130,
      grow: 1.5,
      text: (row) => row.ours,
      cell: (row) => <span title={row.ours}>{row.ours}</span>,
    },
    {
      id: 'theirs',
      header: t('reconcile.column.theirs'),
      width: 130,
      grow: 1.5,
      text: (row) => row.theirs,
      cell: (row) => <span title={row.theirs}>{row.theirs}</span>,
    },
  ]
}

function causeColumn(t: TFunction): Column<Row> {
  return {
    id: 'cause',
    header: t('reconcile.column.cause'),
    width: 104,
    grow: 1.5,
    text: (row) => row.cause,
    cell: (row) => <span title={row.cause}>{row.cause}</span>,
  }
}

/** `now`: for the ages, UTC milliseconds of the workstation. */
export function openColumns(t: TFunction, numbers: Numbers, now: number): readonly Column<Row>[] {
  return [
    ...sidesColumns(t),
    causeColumn(t),
    {
      id: 'age',
      header: t('reconcile.column.age'),
      width: 58,
      grow: 0.3,
      align: 'end',
      text: (row) => numbers.age(now - row.found_at),
      sort: (row) => now - row.found_at,
    },
    { id: 'source', header: t('reconcile.column.source'), width: 66, grow: 0.4, text: (row) => row.exchange },
    {
      id: 'suggestion',
      header: t('reconcile.column.suggestion'),
      width: 70,
      grow: 0.4,
      text: (row) => t(`reconcile.decision.${row.suggestion}`),
    },
    {
      id: 'blocking',
      header: t('reconcile.column.blocking'),
      width: 82,
      grow: 0.4,
      text: (row) => t(row.blocking && row.state === 'OPEN' ? 'reconcile.blocks' : 'reconcile.passes'),
      cell: (row) =>
        row.blocking && row.state === 'OPEN' ? (
          <span className="tag" data-state="look">
            <span className="dot" data-state="look" aria-hidden="true" />
            {t('reconcile.blocks')}
          </span>
        ) : (
          <span className="faint">{t('reconcile.passes')}</span>
        ),
    },
  ]
}

export function closedColumns(t: TFunction): readonly Column<Row>[] {
  return [
    timeColumn('when', t('reconcile.column.when'), (row) => row.closed?.at ?? row.found_at),
    ...sidesColumns(t),
    {
      id: 'decision',
      header: t('reconcile.column.decision'),
      width: 96,
      grow: 0.5,
      text: (row) => (row.closed === null ? '' : t(`reconcile.decision.${row.closed.decision}`)),
    },
    { id: 'by', header: t('reconcile.column.by'), width: 64, grow: 0.4, text: (row) => row.closed?.by ?? '' },
    {
      id: 'reason',
      header: t('reconcile.column.reason'),
      width: 130,
      grow: 1.5,
      text: (row) => row.closed?.reason ?? '',
      cell: (row) => <span title={row.closed?.reason ?? undefined}>{row.closed?.reason ?? ''}</span>,
    },
  ]
}
