import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { startTestPostgres, type TestPostgres } from '#test/support/postgres.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { rollBackMigration } from '#v2-import/migration/roll-back-migration.ts'
import { hasInstall, INSTALL, migratedDatabase } from '../import/import-support.ts'
import { choiceOf, TestDataDirectory } from './migration-support.ts'

describe.skipIf(!hasInstall)('a migration', () => {
  let postgres: TestPostgres
  let connection: PgConnection
  beforeAll(async () => {
    postgres = await startTestPostgres()
    connection = await migratedDatabase(postgres)
  })
  afterAll(() => postgres[Symbol.asyncDispose]())

  it('try', async () => {
    await using data = await TestDataDirectory.make()
    const place = data.place(connection)
    const before = await data.content()
    const report = await runMigration(choiceOf(join(INSTALL, 'worn')), place)
    console.log(JSON.stringify({ ...report, parked: 0, notes: 0, findings: 0, decisions: 0, settings: report.settings?.slice(0, 60) }, null, 1))
    console.log(await data.content())
    console.log(readFileSync(join(data.path, 'v2-settings.json'), 'utf8'))
    console.log(readFileSync(join(data.path, 'imports', report.runId, 'run.json'), 'utf8'))
    const back = await rollBackMigration(report.runId, place)
    console.log(back)
    expect(await data.content()).toEqual(before)
  })
})
