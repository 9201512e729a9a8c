import type { ChecklistView } from '#contract/checklist.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'

/** What main and the thread of the checklist say to each other. It comes with its order, measures once and ends. */

export interface ChecklistOrder {
  /** Where the workstation answers over HTTP, or why it does not. */
  readonly front: { readonly url: string; readonly token: string } | { readonly absence: string }
  readonly version: string
  readonly directory: DataDirectory
  /** Its database, or why there is none just now. */
  readonly database: { readonly connection: PgConnection } | { readonly absence: string }
  /** Whether signals may be put into the record to see how fast they go through. */
  readonly isLoadAllowed: boolean
}

export type FromChecklist =
  /** `name`: what is being measured now. */
  | { readonly type: 'Progress'; readonly done: number; readonly total: number; readonly name: string }
  | { readonly type: 'Done'; readonly checklist: ChecklistView }
