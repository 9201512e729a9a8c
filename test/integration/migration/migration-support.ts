import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#platform/clock.ts'
import { openDataDirectory } from '#platform/data-directory.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { MIGRATION_STEPS, type MigrationChoice, type MigrationPlace } from '#v2-import/migration/migration-order.ts'

export const PASSPHRASE = 'a passphrase of the tests'

/** A data directory of its own, gone at the end. */
export class TestDataDirectory implements AsyncDisposable {
  readonly path: string
  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<TestDataDirectory> {
    const path = await mkdtemp(join(tmpdir(), 'bot-trading-migration-'))
    await chmod(path, 0o700)
    return new TestDataDirectory(path)
  }

  place(connection: PgConnection, env: MigrationPlace['env'] = { BOT_TRADING_PASSPHRASE: PASSPHRASE }): MigrationPlace {
    const directory = openDataDirectory(this.path)
    return { connection, directory, configPath: join(this.path, 'config.yaml'), env, clock: systemClock }
  }

  /** Every file, its mode and bytes as a hash; `imports` holds what a run says of itself and is left out. */
  async content(): Promise<Readonly<Record<string, string>>> {
    const names = (await readdir(this.path, { recursive: true })).filter((name) => name !== 'imports' && !name.startsWith('imports/'))
    const lines = await Promise.all(names.sort().map(async (name) => [name, await describe(join(this.path, name))] as const))
    return Object.fromEntries(lines)
  }

  /** All bytes below it, the names too. */
  async everything(): Promise<Buffer> {
    const names = await readdir(this.path, { recursive: true })
    const parts: Buffer[] = []
    for (const name of names) {
      const path = join(this.path, name)
      parts.push(Buffer.from(`${name}\n`), (await stat(path)).isFile() ? await readFile(path) : Buffer.alloc(0))
    }
    return Buffer.concat(parts)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

async function describe(path: string): Promise<string> {
  const stats = await stat(path)
  const mode = (stats.mode & 0o777).toString(8)
  return stats.isFile()
    ? `${mode} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`
    : `${mode} folder`
}

export function choiceOf(installation: string, change: Partial<MigrationChoice> = {}): MigrationChoice {
  return {
    source: join(installation, 'v2_full_backup.dump'),
    v2Directory: installation,
    timeZone: 'UTC',
    steps: MIGRATION_STEPS,
    isDryRun: false,
    ...change,
  }
}
