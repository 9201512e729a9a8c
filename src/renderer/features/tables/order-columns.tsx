import type { TFunction } from 'i18next'
import { Pencil, X } from 'lucide-react'
import type { OrderView } from '#contract/views.ts'
import { isWorking } from '#domain/order.ts'
import { percentOf } from '#renderer/format/decimal.ts'
import type { en } from '#renderer/i18n/en.ts'
import { RowButton } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { rememberWords } from '#renderer/ui/words.ts'
import { HeldByCell, StatusCell } from './cells.tsx'
import { priceColumn, quantityColumn, sideColumn, symbolColumn, textColumn, timeColumn } from './columns.tsx'

type Row = OrderView

export interface OrderActs {
  readonly onCancel: (row: Row) => void
  readonly onAmend: (row: Row) => void
}

function naming(t: TFunction) {
  return <V,>(id: keyof (typeof en)['column'], pick: (row: Row) => V) => ({ id, header: t(`column.${id}`), pick })
}

/** How far behind a trailing stop stays, as it was written. */
export function trailingText(trailing: Row['trailing']): string {
  if (trailing === null) return ''
  if (trailing.by === 'BPS') return `${Number(trailing.distance) / 100} %`
  return `${trailing.distance}${trailing.by === 'ATR' ? ' ATR' : ''}`
}

export function amendingText(t: TFunction, amending: Row['amending']): string {
  if (amending === null) return ''
  const parts = [
    amending.quantity === null ? '' : `${t('column.quantity')} ${amending.quantity}`,
    amending.price === null ? '' : `${t('column.price')} ${amending.price}`,
    amending.trigger_price === null ? '' : `${t('column.trigger')} ${amending.trigger_price}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/** Hidden until a person shows them. */
function spareColumns(t: TFunction): readonly Column<Row>[] {
  const named = naming(t)
  const spare = (id: keyof (typeof en)['column'], pick: (row: Row) => string | null, width = 84): Column<Row> =>
    textColumn(named(id, pick), { width, spare: true })
  return [
    quantityColumn(
      named('filled', (row) => row.filled_quantity),
      { spare: true },
    ),
    priceColumn(
      named('average', (row) => row.average_price),
      { spare: true },
    ),
    spare('time_in_force', (row) => t(`conditional.${row.time_in_force}`)),
    spare('post_only', (row) => t(row.post_only ? 'common.yes' : 'common.no')),
    spare('trailing', (row) => trailingText(row.trailing)),
    priceColumn(
      named('high_water', (row) => row.high_water),
      { spare: true },
    ),
    spare('oco', (row) => row.oco_group, 110),
    spare('replaces', (row) => row.replaces, 110),
    spare('strategy', (row) => row.strategy),
    spare('reason', (row) => row.reason, 110),
    spare('reduce_only', (row) => t(row.reduce_only ? 'common.yes' : 'common.no')),
    spare('id', (row) => row.id, 200),
    spare('exchange_id', (row) => row.exchange_order_id, 120),
  ]
}

function actColumn(t: TFunction, { onCancel, onAmend }: OrderActs): Column<Row> {
  return {
    id: 'acts',
    header: t('table.actions'),
    width: 48,
    grow: 0,
    text: () => '',
    acts: true,
    cell: (row) =>
      isWorking(row.status) && (
        <>
          <RowButton label={t('amend.act')} data-testid={`amend-${row.id}`} disabled={row.amending !== null} onClick={() => onAmend(row)}>
            <Pencil />
          </RowButton>
          <RowButton label={t('order.cancel')} data-testid={`cancel-${row.id}`} onClick={() => onCancel(row)}>
            <X />
          </RowButton>
        </>
      ),
  }
}

function statusColumn(t: TFunction): Column<Row> {
  const named = naming(t)
  const status = rememberWords((one: Row['status']) => t(`status.${one}`))
  const words = (row: Row): string => {
    if (row.triggered && row.status === 'EMULATED') return t('execution.triggered')
    if (row.amending !== null) return t('amend.pending', { what: amendingText(t, row.amending) })
    return row.reason ?? ''
  }
  const label = (row: Row): string => {
    const share = row.status === 'PARTIALLY_FILLED' ? percentOf(row.filled_quantity, row.quantity, 0) : undefined
    return `${status(row.status)}${share === undefined ? '' : ` ${share} %`}${row.amending === null ? '' : ' …'}`
  }
  return {
    ...textColumn(named('status', label), { width: 110 }),
    cell: (row) => (
      <span title={words(row)}>
        <StatusCell status={row.status} label={label(row)} />
      </span>
    ),
  }
}

function heldByColumn(t: TFunction): Column<Row> {
  const word = rememberWords((one: Row['execution']) => t(`execution.${one}`))
  const hints = { NATIVE: t('execution.native_hint'), EMULATED: t('execution.emulated_hint') }
  return {
    ...textColumn(
      naming(t)('held_by', (row) => word(row.execution)),
      { width: 64 },
    ),
    cell: (row) => <HeldByCell here={row.execution === 'EMULATED'} label={word(row.execution)} hint={hints[row.execution]} />,
  }
}

export function orderColumns(t: TFunction, acts: OrderActs): readonly Column<Row>[] {
  const named = naming(t)
  const type = rememberWords((one: Row['type']) => t(`order_type.${one}`))
  const purpose = rememberWords((one: Row['purpose']) => t(`purpose.${one}`))
  return [
    timeColumn(named('time', (row) => row.created_at)),
    symbolColumn<Row>(t('column.symbol')),
    sideColumn<Row>(
      t('column.side'),
      rememberWords((side) => t(`side.${side}`)),
      { width: 78 },
    ),
    textColumn(
      named('type', (row) => type(row.type)),
      { width: 104 },
    ),
    textColumn(
      named('purpose', (row) => purpose(row.purpose)),
      { width: 56 },
    ),
    quantityColumn(
      named('quantity', (row) => row.quantity),
      { width: 120 },
    ),
    priceColumn(named('price', (row) => row.price)),
    priceColumn(named('trigger', (row) => row.trigger_price)),
    heldByColumn(t),
    statusColumn(t),
    textColumn(
      named('trader', (row) => row.trader_id),
      { width: 60 },
    ),
    ...spareColumns(t),
    actColumn(t, acts),
  ]
}
