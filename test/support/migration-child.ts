import { writeSync } from 'node:fs'
import { systemClock } from '#platform/clock.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { MigrationChoice } from '#v2-import/migration/migration-order.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'

/** What a parent process asks for, as its first message. */
export interface MigrationChildOrder {
  readonly choice: MigrationChoice
  readonly connection: PgConnection
  readonly dataDirectory: string
  readonly passphrase: string
  /** Dies a moment after this step has told of its progress for this time. */
  readonly dieAt: { readonly step: string; readonly time: number; readonly afterMs: number }
}

/** One migration in a process of its own, so that it can be killed. Ends with 0 if all came and was verified. */
process.once('message', (order: MigrationChildOrder) => {
  void bring(order).then(
    (isWhole) => process.exit(isWhole ? 0 : 1),
    (error: unknown) => {
      writeSync(2, `${String(error)}\n`)
      process.exit(2)
    },
  )
})

async function bring({ choice, connection, dataDirectory, passphrase, dieAt }: MigrationChildOrder): Promise<boolean> {
  const directory = openDataDirectory(dataDirectory)
  const place = {
    connection,
    directory,
    configPath: `${dataDirectory}/config.yaml`,
    env: { BOT_TRADING_PASSPHRASE: passphrase },
    clock: systemClock,
  }
  let times = 0
  const report = await runMigration(choice, place, {
    onProgress: ({ step }) => {
      if (step !== dieAt.step) return
      times += 1
      if (times === dieAt.time) setTimeout(() => process.kill(process.pid, 'SIGKILL'), dieAt.afterMs)
    },
  })
  return report.checks.every(({ status }) => status !== 'failed')
}
