/** What every table of the bottom panel gets from it. */
export interface TableProps {
  /** Where its filter and counters are drawn. */
  readonly toolbar: HTMLElement | null
}
