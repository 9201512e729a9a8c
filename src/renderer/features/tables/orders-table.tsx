import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OrderView } from '#contract/views.ts'
import { isWorking } from '#domain/order.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { orders } from '#renderer/state/stores.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { AmendDialog } from './amend-dialog.tsx'
import { Older } from './older.tsx'
import { amendingText, type OrderActs, orderColumns } from './order-columns.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = OrderView

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
  const [amending, setAmending] = useState<Row | undefined>(undefined)
  const [openedId, setOpenedId] = useState<string | undefined>(undefined)
  const columns = useMemo(() => orderColumns(t, { onCancel: setCanceling, onAmend: setAmending }), [t, setCanceling, setAmending])
  const opened = rows.find((row) => row.id === openedId)
  const instead = (next: (row: Row) => void) => (row: Row) => {
    setOpenedId(undefined)
    next(row)
  }
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
        onOpen={(row) => setOpenedId(row.id)}
        toolbar={toolbar}
        footer={<Older store={orders} load={(query) => api.orders.list(query)} />}
        testId="orders-table"
      />
      <ConfirmDialog ask={canceling === undefined ? undefined : question(canceling)} onClose={() => setCanceling(undefined)} />
      <AmendDialog order={amending} onClose={() => setAmending(undefined)} />
      <RowDetails title={t('column.order')} row={opened} columns={columns} onClose={() => setOpenedId(undefined)}>
        {opened !== undefined && <OrderNews order={opened} onAmend={instead(setAmending)} onCancel={instead(setCanceling)} />}
      </RowDetails>
    </>
  )
}

/** What a person must know of an order beyond its figures, and what can be done with it. */
function OrderNews({ order, onAmend, onCancel }: { readonly order: Row } & OrderActs): ReactNode {
  const { t } = useTranslation()
  const emulated = order.execution === 'EMULATED'
  return (
    <div className="row-news">
      {(emulated || order.trigger_price !== null) && (
        <p className={emulated ? 'look-note' : 'dim'}>{t(emulated ? 'execution.emulated_hint' : 'execution.native_hint')}</p>
      )}
      {order.triggered && <p className="look-note">{t('execution.triggered')}</p>}
      {order.amending !== null && <p className="look-note">{t('amend.pending', { what: amendingText(t, order.amending) })}</p>}
      {isWorking(order.status) && (
        <div className="row-acts">
          <Button disabled={order.amending !== null} onClick={() => onAmend(order)}>
            {t('amend.act')}
          </Button>
          <Button kind="grave" onClick={() => onCancel(order)}>
            {t('order.cancel')}
          </Button>
        </div>
      )}
    </div>
  )
}
