import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { X } from 'lucide-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { OrderView } from '#contract/views.ts'
import { isWorking } from '#domain/order.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import type { en } from '#renderer/i18n/en.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { orders } from '#renderer/state/stores.ts'
import { RowButton } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { rememberWords } from '#renderer/ui/words.ts'
import { StatusCell } from './cells.tsx'
import { priceColumn, quantityColumn, sideColumn, symbolColumn, textColumn, timeColumn } from './columns.tsx'
import { Older } from './older.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = OrderView

/** Hidden until a person shows them. */
function spareColumns(t: TFunction): readonly Column<Row>[] {
  const named = <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
  return [
    textColumn(
      named('strategy', (row) => row.strategy),
      { spare: true },
    ),
    textColumn(
      named('reason', (row) => row.reason),
      { width: 110, grow: 2, spare: true },
    ),
    textColumn(
      named('reduce_only', (row) => t(row.reduce_only ? 'common.yes' : 'common.no')),
      { spare: true },
    ),
    textColumn(
      named('id', (row) => row.id),
      { width: 200, spare: true },
    ),
    textColumn(
      named('exchange_id', (row) => row.exchange_order_id),
      { width: 120, spare: true },
    ),
  ]
}

function useOrderColumns(onCancel: (row: Row) => void): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(() => {
    const named = <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
    const status = rememberWords((one: Row['status']) => t(`status.${one}`))
    const type = rememberWords((one: Row['type']) => t(`order_type.${one}`))
    const purpose = rememberWords((one: Row['purpose']) => t(`purpose.${one}`))
    const cancel: Column<Row> = {
      id: 'acts',
      header: t('table.actions'),
      width: 28,
      grow: 0,
      text: () => '',
      acts: true,
      cell: (row) =>
        isWorking(row.status) && (
          <RowButton label={t('order.cancel')} data-testid={`cancel-${row.id}`} onClick={() => onCancel(row)}>
            <X />
          </RowButton>
        ),
    }
    const statusColumn: Column<Row> = {
      ...textColumn(
        named('status', (row) => status(row.status)),
        { width: 92 },
      ),
      cell: (row) => <StatusCell status={row.status} label={status(row.status)} />,
    }
    return [
      timeColumn(named('time', (row) => row.created_at)),
      symbolColumn<Row>(t('column.symbol')),
      sideColumn<Row>(
        t('column.side'),
        rememberWords((side) => t(`side.${side}`)),
      ),
      textColumn(
        named('type', (row) => type(row.type)),
        { width: 64, spare: true },
      ),
      textColumn(
        named('purpose', (row) => purpose(row.purpose)),
        { width: 60 },
      ),
      quantityColumn(named('quantity', (row) => row.quantity)),
      quantityColumn(named('filled', (row) => row.filled_quantity)),
      priceColumn(named('price', (row) => row.price)),
      priceColumn(named('average', (row) => row.average_price)),
      statusColumn,
      textColumn(
        named('trader', (row) => row.trader_id),
        { width: 74 },
      ),
      ...spareColumns(t),
      cancel,
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
