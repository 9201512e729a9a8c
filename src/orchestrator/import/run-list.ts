import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImportRunDetail } from '#contract/import.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { ThreadedJob } from './import-thread.ts'

const LIST_DEADLINE_MS = 12_000
const RUN_ID = /^[\w-]{1,64}$/

/** The runs as their records in the data directory tell of them; read again when a run has come or gone. */
export class RunList {
  readonly #folder: string
  readonly #read: () => ThreadedJob<'list'>
  #known: { readonly changed: number; readonly items: Promise<readonly ImportRunDetail[]> } | undefined

  constructor(directory: DataDirectory, read: () => ThreadedJob<'list'>) {
    this.#folder = join(directory.path, 'imports')
    this.#read = read
  }

  /** Newest first. Also finds what the command line did meanwhile. */
  async items(): Promise<readonly ImportRunDetail[]> {
    const changed = (await stat(this.#folder).catch(() => undefined))?.mtimeMs
    if (changed === undefined) return []
    if (this.#known?.changed === changed) return this.#known.items
    const thread = this.#read()
    const items = withDeadline(thread.answer, LIST_DEADLINE_MS, 'The list of imports').finally(() => {
      void thread.terminate()
    })
    this.#known = { changed, items }
    try {
      return await items
    } catch (error) {
      this.#known = undefined
      throw error
    }
  }

  /** A run has changed without another one coming or going. */
  forget(): void {
    this.#known = undefined
  }

  /** MIGRATION_REPORT.md of a run. */
  async markdown(id: string): Promise<string | undefined> {
    if (!RUN_ID.test(id)) return undefined
    return readFile(join(this.#folder, id, 'MIGRATION_REPORT.md'), 'utf8').catch(() => undefined)
  }
}
