import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'

interface RowDetailsProps<T> {
  readonly title: string
  readonly row: T | undefined
  readonly columns: readonly Column<T>[]
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** Everything a row holds, exactly as it came. */
export function RowDetails<T>({ title, row, columns, onClose, children }: RowDetailsProps<T>): ReactNode {
  const { t } = useTranslation()
  if (row === undefined) return null
  return (
    <Dialog open onClose={onClose} title={title} wide>
      {children}
      <dl className="details">
        {columns
          .filter((column) => column.acts !== true)
          .map((column) => (
            <div key={column.id} className="details-pair">
              <dt>{column.header}</dt>
              <dd className="num">{column.text(row) === '' ? '–' : column.text(row)}</dd>
            </div>
          ))}
      </dl>
      <div className="dialog-foot">
        <Button onClick={onClose}>{t('common.close')}</Button>
      </div>
    </Dialog>
  )
}
