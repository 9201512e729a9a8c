import type { ReactNode } from 'react'
import { useCallback, useMemo, useState } from 'react'
import { ShieldHalf, X } from 'lucide-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { PositionView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import type { en } from '#renderer/i18n/en.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { positions } from '#renderer/state/stores.ts'
import { Button, RowButton } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { useReason } from '#renderer/ui/reason.ts'
import { useAct } from '#renderer/ui/use-act.ts'
import { moneyColumn, pnlColumn, priceColumn, quantityColumn, sideColumn, symbolColumn, textColumn, timeColumn } from './columns.tsx'
import { HeldByCell } from './cells.tsx'
import { InForce, ProtectionDialog } from './protection-dialog.tsx'
import { RowDetails } from './row-details.tsx'
import { EmptyTable } from './empty-table.tsx'
import type { TableProps } from './table-props.ts'

type Row = PositionView

function usePositionColumns(onClose: (row: Row) => void, onProtect: (row: Row) => void): readonly Column<Row>[] {
  const { t } = useTranslation()
  return useMemo(() => {
    const named = <V,>(id: Exclude<keyof (typeof en)['column'], 'time'>, pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
    const close: Column<Row> = {
      id: 'acts',
      header: t('table.actions'),
      width: 48,
      grow: 0,
      text: () => '',
      acts: true,
      cell: (row) => (
        <>
          <RowButton label={`${t('plan.act')} ${row.symbol}`} data-testid={`protect-${row.id}`} onClick={() => onProtect(row)}>
            <ShieldHalf />
          </RowButton>
          <RowButton label={`${t('position.close')} ${row.symbol}`} data-testid={`close-${row.id}`} onClick={() => onClose(row)}>
            <X />
          </RowButton>
        </>
      ),
    }
    return [
      symbolColumn<Row>(t('column.symbol')),
      sideColumn<Row>(t('column.side'), (side) => t(`side.${side}`)),
      quantityColumn(named('quantity', (row) => row.quantity)),
      priceColumn(named('entry', (row) => row.entry_price)),
      priceColumn(named('mark', (row) => row.mark_price)),
      moneyColumn(named('notional', (row) => row.notional)),
      pnlColumn(named('unrealized', (row) => row.unrealized_pnl)),
      pnlColumn(
        named('realized', (row) => row.realized_pnl),
        { spare: true },
      ),
      moneyColumn(
        named('fees', (row) => row.fees),
        { spare: true },
      ),
      priceColumn(named('stop', (row) => row.stop_loss)),
      priceColumn(named('target', (row) => row.take_profit)),
      guardColumn(t),
      textColumn(
        named('trader', (row) => row.trader_id),
        { width: 74 },
      ),
      timeColumn(
        named('opened', (row) => row.opened_at),
        { spare: true },
      ),
      textColumn(
        named('exchange', (row) => row.exchange),
        { spare: true },
      ),
      close,
    ]
  }, [t, onClose, onProtect])
}

/** Who watches the stop and the target. `none` is worth a look. */
function guardColumn(t: TFunction): Column<Row> {
  const text = ({ protection }: Row): string => (protection === null ? t('plan.none') : t(`plan.watch.${protection.watched_by}`))
  const hint = ({ protection }: Row): string => (protection === null ? '' : t(`plan.watch_hint.${protection.watched_by}`))
  return {
    ...textColumn({ id: 'guard', header: t('column.guard'), pick: text }, { width: 76 }),
    cell: (row) => (
      <HeldByCell here={row.protection !== null && row.protection.watched_by !== 'EXCHANGE'} label={text(row)} hint={hint(row)} />
    ),
  }
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
  const [protecting, setProtecting] = useState<string | undefined>(undefined)
  const onProtect = useCallback((row: Row) => setProtecting(row.id), [])
  const columns = usePositionColumns(setClosing, onProtect)
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
      <ProtectionDialog position={held.find((row) => row.id === protecting)} onClose={() => setProtecting(undefined)} />
      <RowDetails title={opened?.symbol ?? ''} row={opened} columns={columns} onClose={() => setOpened(undefined)}>
        {opened !== undefined && (
          <div className="row-news">
            {opened.protection !== null && <InForce symbol={opened.symbol} protection={opened.protection} />}
            <div className="row-acts">
              <Button
                onClick={() => {
                  setOpened(undefined)
                  onProtect(opened)
                }}
              >
                {t('plan.act')}
              </Button>
              <Button
                kind="grave"
                onClick={() => {
                  setOpened(undefined)
                  setClosing(opened)
                }}
              >
                {t('position.close')}
              </Button>
            </div>
          </div>
        )}
      </RowDetails>
    </>
  )
}
