import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { OrderView } from '#contract/views.ts'
import { isWorking } from '#domain/order.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { dateTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.ts'
import { orders } from '#renderer/state/stores.ts'
import { IconButton } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { PriceCell, QuantityCell, SideCell, StatusCell, TimeCell } from './cells.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = OrderView

function useOrderColumns(onCancel: (row: Row) => void): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(() => {
    const quantity = (id: 'quantity' | 'filled', pick: (row: Row) => string): Column<Row> => ({
      id,
      header: t(`column.${id}`),
      width: 100,
      align: 'end',
      text: pick,
      sort: (row) => Number(pick(row)),
      cell: (row) => <QuantityCell symbol={row.symbol} value={pick(row)} />,
    })
    const price = (id: 'price' | 'average', pick: (row: Row) => string | null): Column<Row> => ({
      id,
      header: t(`column.${id}`),
      width: 78,
      align: 'end',
      text: (row) => pick(row) ?? '',
      sort: (row) => Number(pick(row) ?? 0),
      cell: (row) => <PriceCell symbol={row.symbol} value={pick(row)} />,
    })
    return [
      {
        id: 'time',
        header: t('column.time'),
        width: 116,
        text: (row) => dateTime(row.created_at),
        sort: (row) => row.created_at,
        cell: (row) => <TimeCell ms={row.created_at} />,
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
        width: 60,
        text: (row) => row.side.toLowerCase(),
        cell: (row) => <SideCell side={row.side} />,
      },
      { id: 'type', header: t('column.type'), width: 60, text: (row) => t(`order_type.${row.type}`), spare: true },
      { id: 'purpose', header: t('column.purpose'), width: 60, text: (row) => t(`purpose.${row.purpose}`) },
      quantity('quantity', (row) => row.quantity),
      quantity('filled', (row) => row.filled_quantity),
      price('price', (row) => row.price),
      price('average', (row) => row.average_price),
      {
        id: 'status',
        header: t('column.status'),
        width: 92,
        text: (row) => t(`status.${row.status}`),
        cell: (row) => <StatusCell status={row.status} />,
      },
      { id: 'trader', header: t('column.trader'), width: 74, text: (row) => row.trader_id },
      { id: 'strategy', header: t('column.strategy'), width: 90, text: (row) => row.strategy, spare: true },
      { id: 'reason', header: t('column.reason'), width: 110, grow: 2, text: (row) => row.reason ?? '', spare: true },
      {
        id: 'reduce_only',
        header: t('column.reduce_only'),
        width: 80,
        text: (row) => t(row.reduce_only ? 'common.yes' : 'common.no'),
        spare: true,
      },
      { id: 'id', header: t('column.id'), width: 200, text: (row) => row.id, spare: true },
      { id: 'exchange_id', header: t('column.exchange_id'), width: 120, text: (row) => row.exchange_order_id ?? '', spare: true },
      {
        id: 'acts',
        header: t('table.actions'),
        width: 28,
        grow: 0,
        text: () => '',
        acts: true,
        cell: (row) =>
          isWorking(row.status) && (
            <IconButton label={t('order.cancel')} tabIndex={-1} data-testid={`cancel-${row.id}`} onClick={() => onCancel(row)}>
              <X />
            </IconButton>
          ),
      },
    ]
  }, [t, onCancel])
}

function useCancelQuestion(): (row: Row) => Confirmation {
  const { t } = useTranslation()
  const { api } = useClient()
  const numbers = useNumbers()
  const act = useAct()
  return (row) => {
    const digits = numbers.of(row.symbol)
    const quantity = `${numbers.decimal(row.quantity, { digits: digits.quantity })} ${digits.base}`
    return {
      title: t('order.cancel_title', { side: t(`side.${row.side}`), quantity, symbol: row.symbol }),
      lead: t('order.cancel_lead', { id: row.id, quantity, filled: numbers.decimal(row.filled_quantity, { digits: digits.quantity }) }),
      look: row.purpose === 'STOP_LOSS' ? t('order.cancel_stop') : undefined,
      act: t('order.cancel_do'),
      onConfirm: async () => {
        await act(
          'cancel',
          () => api.orders.cancel({ id: row.id }),
          () => t('order.canceled', { id: row.id }),
        )
      },
    }
  }
}

export function OrdersTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const { rows, phase } = orders.use()
  const [canceling, setCanceling] = useState<Row | undefined>(undefined)
  const [opened, setOpened] = useState<Row | undefined>(undefined)
  const columns = useOrderColumns(setCanceling)
  const question = useCancelQuestion()
  return (
    <>
      <DataTable
        name="orders"
        label={t('tabs.orders')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        phase={phase}
        empty={<EmptyTable tab="orders" />}
        onOpen={setOpened}
        toolbar={toolbar}
        footer={<Older store={orders} load={(query) => api.orders.list(query)} />}
        testId="orders-table"
      />
      <ConfirmDialog ask={canceling === undefined ? undefined : question(canceling)} onClose={() => setCanceling(undefined)} />
      <RowDetails title={t('column.order')} row={opened} columns={columns} onClose={() => setOpened(undefined)} />
    </>
  )
}
