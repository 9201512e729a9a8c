import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { PositionView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { dateTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.ts'
import { positions } from '#renderer/state/stores.ts'
import { IconButton } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { useReason } from '#renderer/ui/reason.ts'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { MoneyCell, PnlCell, PriceCell, QuantityCell, SideCell, TimeCell } from './cells.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = PositionView

function usePositionColumns(onClose: (row: Row) => void): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(() => {
    const price = (id: 'entry' | 'mark' | 'stop' | 'target', pick: (row: Row) => string | null): Column<Row> => ({
      id,
      header: t(`column.${id}`),
      width: 74,
      align: 'end',
      text: (row) => pick(row) ?? '',
      sort: (row) => Number(pick(row) ?? 0),
      cell: (row) => <PriceCell symbol={row.symbol} value={pick(row)} />,
    })
    const pnl = (id: 'unrealized' | 'realized', pick: (row: Row) => string | null): Column<Row> => ({
      id,
      header: t(`column.${id}`),
      width: 88,
      align: 'end',
      text: (row) => pick(row) ?? '',
      sort: (row) => Number(pick(row) ?? 0),
      cell: (row) => <PnlCell symbol={row.symbol} value={pick(row)} />,
    })
    return [
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
      {
        id: 'quantity',
        header: t('column.quantity'),
        width: 100,
        align: 'end',
        text: (row) => row.quantity,
        sort: (row) => Number(row.quantity),
        cell: (row) => <QuantityCell symbol={row.symbol} value={row.quantity} />,
      },
      price('entry', (row) => row.entry_price),
      price('mark', (row) => row.mark_price),
      {
        id: 'notional',
        header: t('column.notional'),
        width: 76,
        align: 'end',
        text: (row) => row.notional ?? '',
        sort: (row) => Number(row.notional ?? 0),
        cell: (row) => <MoneyCell symbol={row.symbol} value={row.notional} />,
      },
      pnl('unrealized', (row) => row.unrealized_pnl),
      pnl('realized', (row) => row.realized_pnl),
      {
        id: 'fees',
        header: t('column.fees'),
        width: 70,
        align: 'end',
        text: (row) => row.fees,
        sort: (row) => Number(row.fees),
        cell: (row) => <MoneyCell symbol={row.symbol} value={row.fees} />,
        spare: true,
      },
      price('stop', (row) => row.stop_loss),
      price('target', (row) => row.take_profit),
      { id: 'trader', header: t('column.trader'), width: 74, text: (row) => row.trader_id },
      {
        id: 'opened',
        header: t('column.opened'),
        width: 116,
        text: (row) => dateTime(row.opened_at),
        sort: (row) => row.opened_at,
        cell: (row) => <TimeCell ms={row.opened_at} />,
      },
      { id: 'exchange', header: t('column.exchange'), width: 80, text: (row) => row.exchange, spare: true },
      {
        id: 'acts',
        header: t('table.actions'),
        width: 28,
        grow: 0,
        text: () => '',
        acts: true,
        cell: (row) => (
          <IconButton
            label={`${t('position.close')} ${row.symbol}`}
            tabIndex={-1}
            data-testid={`close-${row.id}`}
            onClick={() => onClose(row)}
          >
            <X />
          </IconButton>
        ),
      },
    ]
  }, [t, onClose])
}

function useCloseQuestion(): (row: Row) => Confirmation {
  const { t } = useTranslation()
  const { api } = useClient()
  const numbers = useNumbers()
  const reason = useReason()
  const act = useAct()
  return (row) => {
    const digits = numbers.of(row.symbol)
    const quantity = `${numbers.decimal(row.quantity, { digits: digits.quantity })} ${digits.base}`
    return {
      title: t('position.close_title', { side: t(`side.${row.side}`), quantity, symbol: row.symbol }),
      lead: t('position.close_lead', {
        trader: row.trader_id,
        notional: `${numbers.decimal(row.notional, { digits: digits.money })} ${digits.quote}`,
        pnl: `${numbers.decimal(row.unrealized_pnl, { digits: digits.money, signed: true })} ${digits.quote}`,
      }),
      act: t('position.close_do', { quantity }),
      onConfirm: async () => {
        await act(
          'close',
          () => api.positions.close({ id: row.id }),
          (answer) =>
            answer.outcome === 'ACCEPTED'
              ? t('position.closed', { symbol: row.symbol, id: answer.order_id ?? '' })
              : `${t('position.close_denied', { symbol: row.symbol })}: ${reason({ reason: answer.reason ?? 'HALTED', value: answer.value, limit: answer.limit })}`,
        )
      },
    }
  }
}

export function PositionsTable({ toolbar }: TableProps): ReactNode {
  const { t } = useTranslation()
  const { rows, phase } = positions.use()
  const [closing, setClosing] = useState<Row | undefined>(undefined)
  const [opened, setOpened] = useState<Row | undefined>(undefined)
  const columns = usePositionColumns(setClosing)
  const question = useCloseQuestion()
  const held = useMemo(() => rows.filter((row) => row.side !== 'FLAT'), [rows])
  return (
    <>
      <DataTable
        name="positions"
        label={t('tabs.positions')}
        columns={columns}
        rows={held}
        rowId={(row) => row.id}
        phase={phase}
        empty={<EmptyTable tab="positions" />}
        onOpen={setOpened}
        toolbar={toolbar}
        testId="positions-table"
      />
      <ConfirmDialog ask={closing === undefined ? undefined : question(closing)} onClose={() => setClosing(undefined)} />
      <RowDetails title={opened?.symbol ?? ''} row={opened} columns={columns} onClose={() => setOpened(undefined)} />
    </>
  )
}
