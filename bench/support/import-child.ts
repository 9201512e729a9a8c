import { systemClock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { runImport } from '#v2-import/run/run-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'

/** What the parent sends, and what comes back when all is imported and verified. */
export interface ImportOrder {
  readonly connection: PgConnection
  readonly location: string
}
export interface ImportResult {
  readonly seconds: number
  readonly rows: number
  readonly failed: readonly string[]
  readonly cpuSeconds: number
  /** The highest the process ever had, by the system's own count. */
  readonly rssMaxBytes: number
}

const KIB = 1_024
const MICROSECONDS = 1_000_000

/** A process that has nothing but the import, so that its memory is that of the import. */
async function bring({ connection, location }: ImportOrder): Promise<ImportResult> {
  const began = performance.now()
  const source = await openSource(location)
  const { checks, tables } = await runImport({ connection, source, plan: planOf(), clock: systemClock })
  await source.close()
  const { user, system } = process.cpuUsage()
  return {
    seconds: (performance.now() - began) / 1_000,
    rows: tables.reduce((sum, table) => sum + table.source, 0),
    failed: checks.filter(({ status }) => status === 'failed').map(({ name }) => name),
    cpuSeconds: (user + system) / MICROSECONDS,
    rssMaxBytes: process.resourceUsage().maxRSS * KIB,
  }
}

process.once('message', (order: ImportOrder) => {
  void bring(order).then((result) => process.send?.(result, () => process.disconnect()))
})
