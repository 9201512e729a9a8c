import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TradeView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { dateTime } from '#renderer/format/time.ts'
import { trades } from '#renderer/state/stores.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { FeeCell, PnlCell, PriceCell, QuantityCell, SideCell, TimeCell } from './cells.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = TradeView

function useFillColumns(): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(
    () => [
      {
        id: 'time',
        header: t('column.time'),
        width: 116,
        text: (row) => dateTime(row.ts),
        sort: (row) => row.ts,
        cell: (row) => <TimeCell ms={row.ts} />,
      },
      {
        id: 'symbol',
        header: t('column.symbol'),
        width: 104,
        text: (row) => row.symbol,
        cell: (row) => <SymbolName symbol={row.symbol} />,
      },
      {
        id: 'side',
        header: t('column.side'),
        width: 64,
        text: (row) => row.side.toLowerCase(),
        cell: (row) => <SideCell side={row.side} />,
      },
      {
        id: 'quantity',
        header: t('column.quantity'),
        width: 104,
        align: 'end',
        text: (row) => row.quantity,
        sort: (row) => Number(row.quantity),
        cell: (row) => <QuantityCell symbol={row.symbol} value={row.quantity} />,
      },
      {
        id: 'price',
        header: t('column.price'),
        width: 82,
        align: 'end',
        text: (row) => row.price,
        sort: (row) => Number(row.price),
        cell: (row) => <PriceCell symbol={row.symbol} value={row.price} />,
      },
      {
        id: 'fee',
        header: t('column.fee'),
        width: 92,
        align: 'end',
        text: (row) => row.fee,
        sort: (row) => Number(row.fee),
        cell: (row) => <FeeCell symbol={row.symbol} value={row.fee} currency={row.fee_currency} />,
      },
      {
        id: 'realized',
        header: t('column.realized'),
        width: 96,
        align: 'end',
        text: (row) => row.realized_pnl,
        sort: (row) => Number(row.realized_pnl),
        cell: (row) => <PnlCell symbol={row.symbol} value={row.realized_pnl} />,
      },
      { id: 'liquidity', header: t('column.liquidity'), width: 64, text: (row) => row.liquidity.toLowerCase() },
      { id: 'trader', header: t('column.trader'), width: 84, text: (row) => row.trader_id },
      { id: 'strategy', header: t('column.strategy'), width: 90, text: (row) => row.strategy },
      { id: 'exchange', header: t('column.exchange'), width: 80, text: (row) => row.exchange, spare: true },
      { id: 'order', header: t('column.order'), width: 200, text: (row) => row.order_id, spare: true },
      { id: 'id', header: t('column.id'), width: 160, text: (row) => row.id, spare: true },
    ],
    [t],
  )
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
