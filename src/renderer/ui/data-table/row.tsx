/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a grid of virtual rows cannot be a table */
import type { ReactNode } from 'react'
import { memo } from 'react'
import type { Column } from './column.ts'

interface RowProps<T> {
  readonly id: string
  readonly row: T
  readonly index: number
  readonly top: number
  readonly columns: readonly Column<T>[]
  readonly active: boolean
  readonly onSelect: (index: number) => void
  readonly onOpen: ((row: T) => void) | undefined
}

function RowView<T>({ id, row, index, top, columns, active, onSelect, onOpen }: RowProps<T>): ReactNode {
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
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className="table-cell" data-align={column.align ?? 'start'} data-acts={column.acts}>
          {column.cell === undefined ? column.text(row) : column.cell(row)}
        </div>
      ))}
    </div>
  )
}

/** Draws again only when its own row, place or state changed. */
export const TableRow = memo(RowView) as typeof RowView
