import { dateTime } from '#renderer/format/time.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { MoneyCell, PnlCell, PriceCell, QuantityCell, SideCell, TimeCell } from './cells.tsx'

/** The columns that tables share: same width, same digits, same order, wherever they stand. */
type Extra<T> = Partial<Pick<Column<T>, 'width' | 'grow' | 'spare' | 'sort'>>
interface Named<T, V> {
  readonly id: string
  readonly header: string
  readonly pick: (row: T) => V
}
type Side = 'BUY' | 'SELL' | 'LONG' | 'SHORT' | 'FLAT'
interface Traded {
  readonly symbol: string
}

function amount<T>(pick: (row: T) => string | null): Pick<Column<T>, 'align' | 'text' | 'sort'> {
  return { align: 'end', text: (row) => pick(row) ?? '', sort: (row) => Number(pick(row) ?? 0) }
}

export function textColumn<T>({ id, header, pick }: Named<T, string | null>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 84, text: (row) => pick(row) ?? '', ...extra }
}

export function timeColumn<T>({ id, header, pick }: Named<T, number>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 116, text: (row) => dateTime(pick(row)), sort: pick, cell: (row) => <TimeCell ms={pick(row)} />, ...extra }
}

export function symbolColumn<T extends Traded>(header: string, extra: Extra<T> = {}): Column<T> {
  return { id: 'symbol', header, width: 104, text: (row) => row.symbol, cell: (row) => <SymbolName symbol={row.symbol} />, ...extra }
}

export function sideColumn<T extends { readonly side: Side }>(
  header: string,
  words: (side: Side) => string,
  extra: Extra<T> = {},
): Column<T> {
  return {
    id: 'side',
    header,
    width: 60,
    text: (row) => row.side.toLowerCase(),
    cell: (row) => <SideCell side={row.side} label={words(row.side)} />,
    ...extra,
  }
}

export function priceColumn<T extends Traded>({ id, header, pick }: Named<T, string | null>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 88, ...amount(pick), cell: (row) => <PriceCell symbol={row.symbol} value={pick(row)} />, ...extra }
}

export function quantityColumn<T extends Traded>({ id, header, pick }: Named<T, string | null>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 132, ...amount(pick), cell: (row) => <QuantityCell symbol={row.symbol} value={pick(row)} />, ...extra }
}

export function moneyColumn<T extends Traded>({ id, header, pick }: Named<T, string | null>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 76, ...amount(pick), cell: (row) => <MoneyCell symbol={row.symbol} value={pick(row)} />, ...extra }
}

export function pnlColumn<T extends Traded>({ id, header, pick }: Named<T, string | null>, extra: Extra<T> = {}): Column<T> {
  return { id, header, width: 88, ...amount(pick), cell: (row) => <PnlCell symbol={row.symbol} value={pick(row)} />, ...extra }
}
