import type { ReactNode } from 'react'
import type { Column } from '#renderer/ui/data-table/column.ts'

interface RowDetailProps<T> {
  readonly row: T | undefined
  readonly columns: readonly Column<T>[]
}

/** Everything a row says, with nothing cut off: for whoever walks the table by keyboard too. */
export function RowDetail<T>({ row, columns }: RowDetailProps<T>): ReactNode {
  if (row === undefined) return null
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <dl className="details wizard-detail" data-testid="row-detail" tabIndex={0}>
      {columns.map((column) => {
        const text = column.text(row)
        return text === '' ? null : (
          <div className="details-pair" key={column.id}>
            <dt>{column.header}</dt>
            <dd>{text}</dd>
          </div>
        )
      })}
    </dl>
  )
}
