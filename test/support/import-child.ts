import { systemClock } from '#platform/clock.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { hasFailed } from '#v2-import/run/import-report.ts'
import { runImport } from '#v2-import/run/run-import.ts'
import { openSource } from '#v2-import/sources/open-source.ts'

/** What a parent process asks for, as its first message. */
export interface ImportChildOrder {
  readonly connection: PgConnection
  readonly location: string
}

/** One import in a process of its own, so that it can be killed. Ends with 0 if it came and was verified. */
process.once('message', (order: ImportChildOrder) => {
  void bring(order).then(
    (failed) => process.exit(failed ? 1 : 0),
    () => process.exit(2),
  )
})

async function bring({ connection, location }: ImportChildOrder): Promise<boolean> {
  const source = await openSource(location)
  const report = await runImport({ connection, source, plan: planOf(), clock: systemClock })
  await source.close()
  return hasFailed(report)
}
