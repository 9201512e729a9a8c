import type { ReactNode } from 'react'
import { DropdownMenu } from 'radix-ui'
import { Check, Columns3, Copy, Search, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { IconButton } from '../controls.tsx'

interface ToolbarProps {
  readonly label: string
  readonly filter: string
  readonly onFilter: (text: string) => void
  readonly shown: number
  readonly all: number
  readonly columns: readonly { readonly id: string; readonly header: string; readonly hidden: boolean }[]
  readonly onToggleColumn: (id: string) => void
  readonly onCopy: () => void
}

export function TableToolbar({ label, filter, onFilter, shown, all, columns, onToggleColumn, onCopy }: ToolbarProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const count =
    shown === all
      ? t('table.rows', { count: all, n: numbers.count(all) })
      : t('table.found', { n: numbers.count(shown), all: numbers.count(all) })
  return (
    <div className="table-toolbar">
      <span className="faint table-count" aria-live="off" data-testid="row-count">
        {count}
      </span>
      <div className="field-box table-filter">
        <Search size={13} aria-hidden="true" />
        <input
          type="text"
          data-filter=""
          aria-label={t('table.filter_label', { table: label })}
          placeholder={t('table.filter')}
          value={filter}
          onChange={(event) => onFilter(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && onFilter('')}
        />
        {filter !== '' && (
          <button type="button" aria-label={t('table.clear')} onClick={() => onFilter('')}>
            <X size={13} />
          </button>
        )}
      </div>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="icon-button" aria-label={t('table.columns')} title={t('table.columns')}>
            <Columns3 />
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="floating menu" align="end" sideOffset={4}>
            {columns.map((column) => (
              <DropdownMenu.CheckboxItem
                key={column.id}
                className="menu-item"
                checked={!column.hidden}
                onCheckedChange={() => onToggleColumn(column.id)}
                onSelect={(event) => event.preventDefault()}
              >
                {column.header}
                <DropdownMenu.ItemIndicator>
                  <Check />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.CheckboxItem>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <IconButton label={t('table.copy')} onClick={onCopy}>
        <Copy />
      </IconButton>
    </div>
  )
}
