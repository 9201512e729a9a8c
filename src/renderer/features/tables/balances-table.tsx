import type { ReactNode } from 'react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { BalanceView } from '#contract/views.ts'
import { dateTime } from '#renderer/format/time.ts'
import { moneyDigits } from '#renderer/format/use-numbers.tsx'
import { balances } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Num, Pnl } from '#renderer/ui/num.tsx'
import { TimeCell } from './cells.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

const AMOUNTS = ['start', 'realized', 'unrealized', 'fees', 'equity', 'exposure', 'reserved', 'available'] as const

function useBalanceColumns(): readonly Column<BalanceView>[] {
  const { t } = useTranslation()
  return useMemo(
    () => [
      { id: 'exchange', header: t('column.exchange'), width: 100, text: (row) => row.exchange },
      { id: 'currency', header: t('column.currency'), width: 64, text: (row) => row.currency },
      ...AMOUNTS.map(
        (id): Column<BalanceView> => ({
          id,
          header: t(`column.${id}`),
          width: 92,
          align: 'end',
          text: (row) => row[id],
          sort: (row) => Number(row[id]),
          cell: (row) =>
            id === 'realized' || id === 'unrealized' ? (
              <Pnl value={row[id]} digits={moneyDigits(row.currency)} />
            ) : (
              <Num value={row[id]} digits={moneyDigits(row.currency)} />
            ),
        }),
      ),
      {
        id: 'time',
        header: t('column.time'),
        width: 116,
        text: (row) => dateTime(row.ts),
        sort: (row) => row.ts,
        cell: (row) => <TimeCell ms={row.ts} />,
      },
    ],
    [t],
  )
}

export function BalancesTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { rows, phase } = balances.use()
  return (
    <DataTable
      name="balances"
      label={t('tabs.balances')}
      columns={useBalanceColumns()}
      rows={rows}
      rowId={(row) => `${row.exchange}:${row.currency}`}
      phase={phase}
      empty={<EmptyTable tab="balances" />}
      toolbar={toolbar}
      testId="balances-table"
    />
  )
}
