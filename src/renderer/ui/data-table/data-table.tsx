import type { ReactNode } from 'react'
import { useCallback, useDeferredValue, useId, useMemo, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'
import type { Phase } from '#renderer/state/rows.ts'
import { set, useSettings } from '#renderer/state/settings.ts'
import { Button } from '../controls.tsx'
import { Empty, Skeleton } from '../panel.tsx'
import type { Column, Sorting } from './column.ts'
import { createHaystack, filterRows, sortRows, toCsv } from './column.ts'
import { TableBody } from './table-body.tsx'
import { TableToolbar } from './toolbar.tsx'

export interface DataTableProps<T extends object> {
  readonly name: string
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowId: (row: T) => string
  readonly phase: Phase
  /** What would fill it, and the act that does. */
  readonly empty: ReactNode
  readonly onOpen?: (row: T) => void
  /** The row a person is on, by pointer or arrow keys. */
  readonly onActive?: (row: T) => void
  /** The row that is marked, when somebody else decides it. */
  readonly activeId?: string | undefined
  /** Where the filter and its neighbours are drawn. */
  readonly toolbar: HTMLElement | null
  readonly footer?: ReactNode
  readonly testId?: string
}

function useColumns<T>(
  name: string,
  columns: readonly Column<T>[],
): { readonly visible: readonly Column<T>[]; readonly hidden: ReadonlySet<string>; readonly toggle: (id: string) => void } {
  const chosen = useSettings((settings) => settings.hiddenColumns[name])
  return useMemo(() => {
    const hidden = new Set(chosen ?? columns.filter((column) => column.spare === true).map((column) => column.id))
    const toggle = (id: string): void => {
      const next = new Set(hidden)
      if (!next.delete(id)) next.add(id)
      set({ hiddenColumns: { ...useSettings.getState().hiddenColumns, [name]: [...next] } })
    }
    return { visible: columns.filter((column) => !hidden.has(column.id)), hidden, toggle }
  }, [name, columns, chosen])
}

function useCopy<T>(rows: readonly T[], columns: readonly Column<T>[]): () => void {
  const { t } = useTranslation()
  return useCallback(() => {
    navigator.clipboard.writeText(toCsv(rows, columns)).then(
      () => toast(t('table.copied', { count: rows.length })),
      () => toast.error(t('table.copy_failed')),
    )
  }, [rows, columns, t])
}

/** A table of any length: sort, filter as you type, choose columns, copy as CSV, walk by keyboard, open with Enter. */
export function DataTable<T extends object>(props: DataTableProps<T>): ReactNode {
  const { name, label, columns, rows, rowId, phase, empty, onOpen, onActive, activeId, toolbar, footer, testId } = props
  const { t } = useTranslation()
  const [filter, setFilter] = useState('')
  const [sorting, setSorting] = useState<Sorting | undefined>(undefined)
  const { visible, hidden, toggle } = useColumns(name, columns)
  const haystack = useMemo(() => createHaystack(columns), [columns])
  const wanted = useDeferredValue(filter)
  const found = useMemo(() => filterRows(rows, haystack, wanted), [rows, haystack, wanted])
  const sorted = useMemo(() => sortRows(found, columns, sorting), [found, columns, sorting])
  const copy = useCopy(sorted, visible)
  const scroller = useRef<HTMLDivElement>(null)
  const gridId = useId()
  const nothing = rows.length === 0

  return (
    <>
      {toolbar !== null &&
        createPortal(
          <TableToolbar
            label={label}
            filter={filter}
            onFilter={setFilter}
            shown={sorted.length}
            all={rows.length}
            columns={columns.filter((column) => column.acts !== true).map(({ id, header }) => ({ id, header, hidden: hidden.has(id) }))}
            onToggleColumn={toggle}
            onCopy={copy}
          />,
          toolbar,
        )}
      <div className="table-frame" data-testid={testId} data-phase={phase.kind}>
        {nothing && phase.kind === 'loading' && <Skeleton rows={6} widths={['92%', '86%', '90%', '80%']} />}
        {nothing && phase.kind === 'error' && <Empty text={t('table.failed', { message: phase.message })} />}
        {nothing && (phase.kind === 'live' || phase.kind === 'stale') && empty}
        {!nothing && sorted.length === 0 && (
          <Empty text={t('table.nothing_found', { filter })}>
            <Button onClick={() => setFilter('')}>{t('table.clear')}</Button>
          </Empty>
        )}
        {sorted.length > 0 && (
          <TableBody
            gridId={gridId}
            label={label}
            columns={visible}
            rows={sorted}
            rowId={rowId}
            sorting={sorting}
            onSort={setSorting}
            onOpen={onOpen}
            onActive={onActive}
            activeId={activeId}
            scroller={scroller}
            footer={footer}
          />
        )}
      </div>
    </>
  )
}
