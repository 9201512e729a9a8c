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

const COLLATOR = new Intl.Collator('en', { numeric: true })

export function sortRows<T>(rows: readonly T[], columns: readonly Column<T>[], sorting: Sorting | undefined): readonly T[] {
  const column = columns.find((one) => one.id === sorting?.column)
  if (column === undefined || sorting === undefined) return rows
  const way = sorting.down ? -1 : 1
  const { sort, text } = column
  // Keys are made once a row, not once a comparison.
  if (sort === undefined) {
    const keyed = rows.map((row) => ({ row, key: text(row) }))
    return keyed.sort((a, b) => way * COLLATOR.compare(a.key, b.key)).map(({ row }) => row)
  }
  const keyed = rows.map((row) => ({ row, key: sort(row) }))
  return keyed.sort((a, b) => way * (a.key - b.key)).map(({ row }) => row)
}

/** What the filter reads of a row, made once while the columns stay the same. */
export type Haystack<T> = (row: T) => string
export function createHaystack<T extends object>(columns: readonly Column<T>[]): Haystack<T> {
  const searched = columns.filter((column) => column.acts !== true)
  const known = new WeakMap<T, string>()
  return (row) => {
    let text = known.get(row)
    if (text === undefined) {
      text = searched
        .map((column) => column.text(row))
        .join('\n')
        .toLowerCase()
      known.set(row, text)
    }
    return text
  }
}

/** Rows in which every word of the filter appears somewhere. */
export function filterRows<T>(rows: readonly T[], haystack: Haystack<T>, filter: string): readonly T[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return rows
  return rows.filter((row) => {
    const text = haystack(row)
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
