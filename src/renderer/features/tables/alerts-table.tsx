import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AlertView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { dateTime } from '#renderer/format/time.ts'
import { alerts } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { SeverityCell, TimeCell } from './cells.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

const ORDER = { info: 0, warning: 1, critical: 2 } as const

function useAlertColumns(): readonly Column<AlertView>[] {
  const { t } = useTranslation()
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
        id: 'severity',
        header: t('column.severity'),
        width: 80,
        grow: 0.5,
        text: (row) => t(`severity.${row.severity}`),
        sort: (row) => ORDER[row.severity],
        cell: (row) => <SeverityCell severity={row.severity} label={t(`severity.${row.severity}`)} />,
      },
      {
        id: 'message',
        header: t('column.message'),
        width: 320,
        grow: 6,
        text: (row) => row.message,
        cell: (row) => <span title={row.message}>{row.message}</span>,
      },
      { id: 'trader', header: t('column.trader'), width: 90, grow: 0.5, text: (row) => row.trader_id ?? '' },
      { id: 'symbol', header: t('column.symbol'), width: 90, grow: 0.5, text: (row) => row.symbol ?? '' },
      {
        id: 'code',
        header: t('column.code'),
        width: 150,
        grow: 1,
        text: (row) => row.code,
        cell: (row) => <span className="num faint">{row.code}</span>,
      },
    ],
    [t],
  )
}

export function AlertsTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const { rows, phase } = alerts.use()
  const [opened, setOpened] = useState<AlertView | undefined>(undefined)
  const columns = useAlertColumns()
  return (
    <>
      <DataTable
        name="alerts"
        label={t('tabs.alerts')}
        columns={columns}
        rows={rows}
        rowId={(row) => `${row.seq}:${row.code}`}
        phase={phase}
        empty={<EmptyTable tab="alerts" />}
        onOpen={setOpened}
        toolbar={toolbar}
        footer={<Older store={alerts} load={(query) => api.alerts.list(query)} />}
        testId="alerts-table"
      />
      <RowDetails title={t('tabs.alerts')} row={opened} columns={columns} onClose={() => setOpened(undefined)} />
    </>
  )
}
