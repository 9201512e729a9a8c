/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a grid of virtual rows cannot be a table */
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useSettings } from '#renderer/state/settings.ts'
import type { Column, Sorting } from './column.ts'
import { TableRow } from './row.tsx'

const ROW_HEIGHT = { compact: 24, comfortable: 30 } as const
const OVERSCAN = 12
/** Left and right of a row's cells together, as in the style sheet. */
const ROW_PADDING = 10
/** How far the row that was on top is looked for after new ones came. */
const ANCHOR_SEARCH_MAX = 500

interface TableBodyProps<T> {
  readonly gridId: string
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowId: (row: T) => string
  readonly sorting: Sorting | undefined
  readonly onSort: (sorting: Sorting | undefined) => void
  readonly onOpen: ((row: T) => void) | undefined
  readonly onActive?: ((row: T) => void) | undefined
  readonly activeId?: string | undefined
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly footer: ReactNode
}

/** Keeps what a person reads in place while newer rows arrive above it. */
function useScrollAnchor<T>(
  rows: readonly T[],
  rowId: (row: T) => string,
  scroller: RefObject<HTMLDivElement | null>,
  rowHeight: number,
): void {
  const first = useRef<string | undefined>(undefined)
  useLayoutEffect(() => {
    const before = first.current
    const top = rows[0]
    first.current = top === undefined ? undefined : rowId(top)
    const element = scroller.current
    if (before === undefined || element === null || element.scrollTop < rowHeight) return
    const at = rows.slice(0, ANCHOR_SEARCH_MAX).findIndex((row) => rowId(row) === before)
    if (at > 0) element.scrollTo({ top: element.scrollTop + at * rowHeight })
  }, [rows, rowId, scroller, rowHeight])
}

function nextSorting(now: Sorting | undefined, column: string): Sorting | undefined {
  if (now?.column !== column) return { column, down: true }
  return now.down ? { column, down: false } : undefined
}

function HeaderRow<T>({ columns, sorting, onSort }: Pick<TableBodyProps<T>, 'columns' | 'sorting' | 'onSort'>): ReactNode {
  return (
    <div role="rowgroup" className="table-head">
      <div role="row" aria-rowindex={1} className="table-row">
        {columns.map((column) => {
          const sorted = sorting?.column === column.id
          return (
            <div
              key={column.id}
              role="columnheader"
              className="table-cell"
              data-align={column.align ?? 'start'}
              aria-sort={sorted ? (sorting.down ? 'descending' : 'ascending') : 'none'}
            >
              {column.acts === true ? (
                <span className="sr-only">{column.header}</span>
              ) : (
                <button type="button" tabIndex={-1} onClick={() => onSort(nextSorting(sorting, column.id))}>
                  {column.header}
                  <span className="sort-mark" data-down={sorting?.down} data-on={sorted} aria-hidden="true" />
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

const STEPS: Readonly<Record<string, (at: number, page: number, last: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: (_at, _page, last) => last,
}

type Walked<T> = Pick<TableBodyProps<T>, 'rows' | 'rowId' | 'onActive' | 'activeId'>

/** Which row a person is on, and the way to go to another one; the same function always, so rows are not drawn again for it. */
function useActiveRow<T>({ rows, rowId, onActive, activeId }: Walked<T>): readonly [number, (index: number) => void] {
  const [walked, setWalked] = useState(-1)
  const latest = useRef({ rows, onActive })
  useLayoutEffect(() => {
    latest.current = { rows, onActive }
  })
  const select = useCallback((index: number) => {
    setWalked(index)
    const row = latest.current.rows[index]
    if (row !== undefined) latest.current.onActive?.(row)
  }, [])
  const active = useMemo(
    () => (activeId === undefined ? walked : rows.findIndex((row) => rowId(row) === activeId)),
    [activeId, walked, rows, rowId],
  )
  return [active, select]
}

export function TableBody<T>(props: TableBodyProps<T>): ReactNode {
  const { gridId, label, columns, rows, rowId, sorting, onSort, onOpen, scroller, footer } = props
  const rowHeight = ROW_HEIGHT[useSettings((settings) => settings.density)]
  const [active, select] = useActiveRow(props)
  // oxlint-disable-next-line react/incompatible-library -- the compiler is not used; rows are memoised by themselves
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
  })
  useScrollAnchor(rows, rowId, scroller, rowHeight)
  useLayoutEffect(() => virtual.measure(), [virtual, rowHeight])

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[active]
    if (event.key === 'Enter' && event.target === event.currentTarget && row !== undefined) {
      // Else the same key press would also push the button that the opened details focus.
      event.preventDefault()
      onOpen?.(row)
    }
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2)
    const next = Math.min(rows.length - 1, Math.max(0, step(active, page, rows.length - 1)))
    select(next)
    virtual.scrollToIndex(next)
  }
  const leastWidth = columns.reduce((sum, column) => sum + column.width, 0) + ROW_PADDING
  const template = columns.map((column) => `minmax(${column.width}px, ${column.grow ?? 1}fr)`).join(' ')
  const items = virtual.getVirtualItems()
  const activeShown = items.some((item) => item.index === active)
  return (
    <div ref={scroller} className="table-scroll">
      <div
        className="table-grid"
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={activeShown ? `${gridId}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        style={{ '--columns': template, '--row': `${rowHeight}px`, '--least': `${leastWidth}px` }}
      >
        <HeaderRow columns={columns} sorting={sorting} onSort={onSort} />
        <div role="rowgroup" className="table-rows" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            return (
              <TableRow
                key={rowId(row)}
                id={`${gridId}-${item.index}`}
                row={row}
                index={item.index}
                top={item.start}
                columns={columns}
                active={item.index === active}
                onSelect={select}
                onOpen={onOpen}
              />
            )
          })}
        </div>
      </div>
      {footer}
    </div>
  )
}
