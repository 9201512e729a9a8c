import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SignalView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { isDecimal } from '#renderer/format/decimal.ts'
import { dateTime } from '#renderer/format/time.ts'
import { signals } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Num } from '#renderer/ui/num.tsx'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { useReason } from '#renderer/ui/reason.ts'
import { OutcomeCell, PriceCell, QuantityCell, TimeCell } from './cells.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = SignalView

function useSignalColumns(): readonly Column<Row>[] {
  const { t } = useTranslation()
  const reason = useReason()
  return useMemo(
    () => [
      {
        id: 'time',
        header: t('column.time'),
        width: 116,
        grow: 0.5,
        text: (row) => dateTime(row.ts),
        sort: (row) => row.ts,
        cell: (row) => <TimeCell ms={row.ts} />,
      },
      {
        id: 'symbol',
        header: t('column.symbol'),
        width: 104,
        grow: 0.5,
        text: (row) => row.symbol,
        cell: (row) => <SymbolName symbol={row.symbol} />,
      },
      { id: 'action', header: t('column.action'), width: 76, grow: 0.5, text: (row) => t(`action.${row.action}`) },
      {
        id: 'outcome',
        header: t('column.outcome'),
        width: 86,
        grow: 0.5,
        text: (row) => t(`outcome.${row.outcome}`),
        cell: (row) => <OutcomeCell outcome={row.outcome} />,
      },
      {
        id: 'why',
        header: t('column.why'),
        width: 260,
        grow: 3,
        text: (row) => reason(row),
        cell: (row) => <span title={reason(row)}>{reason(row)}</span>,
      },
      {
        id: 'value',
        header: t('column.value'),
        width: 84,
        grow: 0.5,
        align: 'end',
        text: (row) => row.value ?? '',
        sort: (row) => Number(row.value ?? 0),
        cell: (row) => <Num value={row.value} trim />,
      },
      {
        id: 'limit',
        header: t('column.limit'),
        width: 84,
        grow: 0.5,
        align: 'end',
        text: (row) => row.limit ?? '',
        sort: (row) => Number(row.limit ?? 0),
        cell: (row) => <Num value={row.limit} trim />,
      },
      { id: 'trader', header: t('column.trader'), width: 84, grow: 0.5, text: (row) => row.trader_id },
      {
        id: 'confidence',
        header: t('column.confidence'),
        width: 80,
        grow: 0.5,
        align: 'end',
        text: (row) => (row.confidence === null ? '' : row.confidence.toFixed(2)),
        spare: true,
      },
      {
        id: 'quantity',
        header: t('column.quantity'),
        width: 104,
        align: 'end',
        text: (row) => row.quantity ?? '',
        sort: (row) => Number(row.quantity ?? 0),
        cell: (row) => <QuantityCell symbol={row.symbol} value={row.quantity} />,
        spare: true,
      },
      {
        id: 'stop',
        header: t('column.stop'),
        width: 82,
        align: 'end',
        text: (row) => row.stop_loss ?? '',
        cell: (row) => <PriceCell symbol={row.symbol} value={row.stop_loss} />,
        spare: true,
      },
      {
        id: 'target',
        header: t('column.target'),
        width: 82,
        align: 'end',
        text: (row) => row.take_profit ?? '',
        cell: (row) => <PriceCell symbol={row.symbol} value={row.take_profit} />,
        spare: true,
      },
      { id: 'strategy', header: t('column.strategy'), width: 90, text: (row) => row.strategy, spare: true },
      {
        id: 'note',
        header: t('column.note'),
        width: 120,
        grow: 2,
        text: (row) => row.note ?? '',
        cell: (row) => (
          <span className="dim" title={row.note ?? undefined}>
            {row.note}
          </span>
        ),
        spare: true,
      },
      { id: 'code', header: t('column.code'), width: 150, text: (row) => row.reason, spare: true },
      { id: 'id', header: t('column.id'), width: 160, text: (row) => row.id, spare: true },
    ],
    [t, reason],
  )
}

/** The rule and its numbers as two bars on one scale: what was asked and what is allowed. */
function Why({ row }: { readonly row: Row }): ReactNode {
  const { t } = useTranslation()
  const reason = useReason()
  const { value, limit } = row
  const bars = value !== null && limit !== null && isDecimal(value) && isDecimal(limit) && row.reason !== 'SIGNAL_EXPIRED'
  const most = bars ? Math.max(Math.abs(Number(value)), Math.abs(Number(limit)), Number.MIN_VALUE) : 1
  return (
    <div className="why">
      <OutcomeCell outcome={row.outcome} />
      <p className="why-words">{reason(row)}.</p>
      {bars &&
        (
          [
            ['column.value', value],
            ['column.limit', limit],
          ] as const
        ).map(([label, text]) => (
          <div key={label} className="why-bar">
            <span className="dim">{t(label)}</span>
            <span className="meter" aria-hidden="true">
              <span
                style={{ width: `${(Math.abs(Number(text)) / most) * 100}%` }}
                data-over={label === 'column.value' && row.outcome === 'DENIED'}
              />
            </span>
            <Num value={text} trim />
          </div>
        ))}
      {row.note !== null && <p className="dim">{row.note}</p>}
    </div>
  )
}

export function SignalsTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const { rows, phase } = signals.use()
  const [opened, setOpened] = useState<Row | undefined>(undefined)
  const columns = useSignalColumns()
  return (
    <>
      <DataTable
        name="signals"
        label={t('tabs.signals')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        phase={phase}
        empty={<EmptyTable tab="signals" />}
        onOpen={setOpened}
        toolbar={toolbar}
        footer={<Older store={signals} load={(query) => api.signals.list(query)} />}
        testId="signals-table"
      />
      <RowDetails
        title={`${opened === undefined ? '' : t(`action.${opened.action}`)} ${opened?.symbol ?? ''}`}
        row={opened}
        columns={columns}
        onClose={() => setOpened(undefined)}
      >
        {opened !== undefined && <Why row={opened} />}
      </RowDetails>
    </>
  )
}
