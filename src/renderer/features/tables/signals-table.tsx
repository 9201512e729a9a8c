import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { SignalView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import type { en } from '#renderer/i18n/en.ts'
import { isDecimal } from '#renderer/format/decimal.ts'
import { signals } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Num } from '#renderer/ui/num.tsx'
import { useReason } from '#renderer/ui/reason.ts'
import { rememberWords } from '#renderer/ui/words.ts'
import { OutcomeCell } from './cells.tsx'
import { priceColumn, quantityColumn, symbolColumn, textColumn, timeColumn } from './columns.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = SignalView

/** Hidden until a person shows them. */
function spareColumns(t: TFunction): readonly Column<Row>[] {
  const named = <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
  const spare = { spare: true }
  return [
    {
      ...textColumn(
        named('confidence', (row) => row.confidence?.toFixed(2) ?? null),
        { ...spare, sort: (row) => row.confidence ?? 0 },
      ),
      align: 'end',
    },
    quantityColumn(
      named('quantity', (row) => row.quantity),
      spare,
    ),
    priceColumn(
      named('stop', (row) => row.stop_loss),
      spare,
    ),
    priceColumn(
      named('target', (row) => row.take_profit),
      spare,
    ),
    textColumn(
      named('strategy', (row) => row.strategy),
      spare,
    ),
    textColumn(
      named('note', (row) => row.note),
      { width: 140, grow: 2, ...spare },
    ),
    textColumn(
      named('code', (row) => row.reason),
      { width: 150, ...spare },
    ),
    textColumn(
      named('id', (row) => row.id),
      { width: 160, ...spare },
    ),
  ]
}

function useSignalColumns(): readonly Column<Row>[] {
  const { t } = useTranslation()
  const reason = useReason()
  return useMemo(() => {
    const named = <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
    const half = { grow: 0.5 }
    const action = rememberWords((one: Row['action']) => t(`action.${one}`))
    const outcome = rememberWords((one: Row['outcome']) => t(`outcome.${one}`))
    const figure = (id: 'value' | 'limit', pick: (row: Row) => string | null): Column<Row> => ({
      id,
      header: t(`column.${id}`),
      width: 84,
      ...half,
      align: 'end',
      text: (row) => pick(row) ?? '',
      sort: (row) => Number(pick(row) ?? 0),
      cell: (row) => <Num value={pick(row)} trim />,
    })
    return [
      timeColumn(
        named('time', (row) => row.ts),
        half,
      ),
      symbolColumn<Row>(t('column.symbol'), half),
      textColumn(
        named('action', (row) => action(row.action)),
        { width: 76, ...half },
      ),
      {
        ...textColumn(
          named('outcome', (row) => outcome(row.outcome)),
          { width: 86, ...half },
        ),
        cell: (row) => <OutcomeCell outcome={row.outcome} label={outcome(row.outcome)} />,
      },
      { ...textColumn(named('why', reason), { width: 260, grow: 3 }), cell: (row) => <span title={reason(row)}>{reason(row)}</span> },
      figure('value', (row) => row.value),
      figure('limit', (row) => row.limit),
      textColumn(
        named('trader', (row) => row.trader_id),
        half,
      ),
      ...spareColumns(t),
    ]
  }, [t, reason])
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
      <OutcomeCell outcome={row.outcome} label={t(`outcome.${row.outcome}`)} />
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
