/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a grid of virtual rows cannot be a table */
import type { ReactNode } from 'react'
import { memo } from 'react'
import type { Column } from './column.ts'

interface CellsProps<T> {
  readonly row: T
  readonly columns: readonly Column<T>[]
}

function CellsView<T>({ row, columns }: CellsProps<T>): ReactNode {
  return columns.map((column) => (
    <div key={column.id} role="gridcell" className="table-cell" data-align={column.align ?? 'start'} data-acts={column.acts}>
      {column.cell === undefined ? column.text(row) : column.cell(row)}
    </div>
  ))
}

/** Draws again only when its row changed: scrolling and new rows above move it, no more. */
const Cells = memo(CellsView) as typeof CellsView

interface RowProps<T> extends CellsProps<T> {
  readonly id: string
  readonly index: number
  readonly top: number
  readonly active: boolean
  readonly onSelect: (index: number) => void
  readonly onOpen: ((row: T) => void) | undefined
}

export function TableRow<T>({ id, row, index, top, columns, active, onSelect, onOpen }: RowProps<T>): ReactNode {
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      className="table-row"
      data-active={active}
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={() => onSelect(index)}
      onDoubleClick={() => onOpen?.(row)}
    >
      <Cells row={row} columns={columns} />
    </div>
  )
}
