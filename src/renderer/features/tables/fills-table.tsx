import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TradeView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import type { en } from '#renderer/i18n/en.ts'
import { trades } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { rememberWords } from '#renderer/ui/words.ts'
import { FeeCell } from './cells.tsx'
import { pnlColumn, priceColumn, quantityColumn, sideColumn, symbolColumn, textColumn, timeColumn } from './columns.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = TradeView

function useFillColumns(): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(() => {
    const named = <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
    const fee: Column<Row> = {
      id: 'fee',
      header: t('column.fee'),
      width: 92,
      align: 'end',
      text: (row) => row.fee,
      sort: (row) => Number(row.fee),
      cell: (row) => <FeeCell symbol={row.symbol} value={row.fee} currency={row.fee_currency} />,
    }
    return [
      timeColumn(named('time', (row) => row.ts)),
      symbolColumn<Row>(t('column.symbol')),
      sideColumn<Row>(
        t('column.side'),
        rememberWords((side) => t(`side.${side}`)),
      ),
      quantityColumn(named('quantity', (row) => row.quantity)),
      priceColumn(named('price', (row) => row.price)),
      fee,
      pnlColumn(named('realized', (row) => row.realized_pnl)),
      textColumn(
        named('liquidity', (row) => row.liquidity.toLowerCase()),
        { width: 64 },
      ),
      textColumn(named('trader', (row) => row.trader_id)),
      textColumn(named('strategy', (row) => row.strategy)),
      textColumn(
        named('exchange', (row) => row.exchange),
        { spare: true },
      ),
      textColumn(
        named('order', (row) => row.order_id),
        { width: 200, spare: true },
      ),
      textColumn(
        named('id', (row) => row.id),
        { width: 160, spare: true },
      ),
    ]
  }, [t])
}

export function FillsTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const { rows, phase } = trades.use()
  const [opened, setOpened] = useState<Row | undefined>(undefined)
  const columns = useFillColumns()
  return (
    <>
      <DataTable
        name="fills"
        label={t('tabs.fills')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        phase={phase}
        empty={<EmptyTable tab="fills" />}
        onOpen={setOpened}
        toolbar={toolbar}
        footer={<Older store={trades} load={(query) => api.trades.list(query)} />}
        testId="trades-table"
      />
      <RowDetails title={t('tabs.fills')} row={opened} columns={columns} onClose={() => setOpened(undefined)} />
    </>
  )
}
