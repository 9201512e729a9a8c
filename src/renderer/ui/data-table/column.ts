import type { ReactNode } from 'react'

export interface Column<T> {
  readonly id: string
  readonly header: string
  /** Pixels at the least, and the share of what is left over. */
  readonly width: number
  readonly grow?: number
  readonly align?: 'start' | 'end'
  /** The exact text: what the filter looks at and what is copied. */
  readonly text: (row: T) => string
  /** Order of rows; absent sorts by the text. Numbers here are for order only, never for show. */
  readonly sort?: (row: T) => number
  readonly cell?: (row: T) => ReactNode
  /** Hidden until a person shows it. */
  readonly spare?: boolean
  /** Not sorted, not copied, not hidden: buttons. */
  readonly acts?: boolean
}

export interface Sorting {
  readonly column: string
  readonly down: boolean
}

export function sortRows<T>(rows: readonly T[], columns: readonly Column<T>[], sorting: Sorting | undefined): readonly T[] {
  const column = columns.find((one) => one.id === sorting?.column)
  if (column === undefined || sorting === undefined) return rows
  const way = sorting.down ? -1 : 1
  const { sort, text } = column
  if (sort === undefined) return rows.toSorted((a, b) => way * text(a).localeCompare(text(b)))
  return rows.toSorted((a, b) => way * (sort(a) - sort(b)))
}

/** Rows in which every word of the filter appears somewhere. */
export function filterRows<T>(rows: readonly T[], columns: readonly Column<T>[], filter: string): readonly T[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return rows
  const searched = columns.filter((column) => column.acts !== true)
  return rows.filter((row) => {
    const text = searched
      .map((column) => column.text(row))
      .join('\n')
      .toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Text that a spreadsheet would run as a formula gets a quote in front; plain numbers stay numbers. */
function csvField(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function toCsv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const copied = columns.filter((column) => column.acts !== true)
  const head = copied.map((column) => csvField(column.id)).join(',')
  return [head, ...rows.map((row) => copied.map((column) => csvField(column.text(row))).join(','))].join('\n')
}
