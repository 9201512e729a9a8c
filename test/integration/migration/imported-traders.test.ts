import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { TraderView } from '#contract/views.ts'
import { type Gateway, startGateway } from '#gateway/gateway.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import { importedSettingsText, readImportedSettings } from '#platform/config/imported-settings.ts'
import { silentLogger } from '#platform/log/logger.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import { TOKEN } from '#test/support/gateway.ts'
import { rollbackSettings } from '#v2-import/settings/rollback-settings.ts'
import { runMigration } from '#v2-import/migration/run-migration.ts'
import { hasInstall, INSTALL } from '../import/import-support.ts'
import { choiceOf, TestDataDirectory } from './migration-support.ts'

/** Settings and strategies need no database. */
const NO_DATABASE: PgConnection = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none', ssl: 'off' }

class Running implements AsyncDisposable {
  readonly #workstation: Workstation
  readonly #gateway: Gateway
  private constructor(workstation: Workstation, gateway: Gateway) {
    this.#workstation = workstation
    this.#gateway = gateway
  }

  static async start(dataDir: string): Promise<Running> {
    const logger = silentLogger
    const workersDir = new URL('../../../src/workers/', import.meta.url)
    const migrationsDir = join(import.meta.dirname, '../../../migrations/postgres')
    const workstation = await startWorkstation({ dataDir, workersDir, migrationsDir, version: '3.0.0', postgres: 'none', env: {}, logger })
    return new Running(workstation, await startGateway({ workstation, host: '127.0.0.1', port: 0, token: TOKEN, logger, version: '3.0.0' }))
  }

  async ask(method: string, path: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#gateway.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${TOKEN}` } })
    return (await response.json()) as Record<string, unknown>
  }

  /** State and reason of each trader but those every workstation has. */
  async traders(): Promise<Readonly<Record<string, string>>> {
    const rows = (await this.ask('GET', '/traders'))['items'] as readonly TraderView[]
    return Object.fromEntries(rows.filter(({ id }) => !['manual', 'demo'].includes(id)).map(({ id, state }) => [id, state]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway.close()
    await this.#workstation.stop()
  }
}

it.skipIf(!hasInstall)(
  'traders of version 2 come at the start and while it runs, once, run their ported strategy, and go with a rollback',
  async () => {
    await using data = await TestDataDirectory.make()
    const place = data.place(NO_DATABASE, {})
    const { runId } = await runMigration(choiceOf(join(INSTALL, 'clean'), { steps: ['settings', 'strategies'] }), place)
    {
      await using running = await Running.start(data.path)
      await expect.poll(() => running.traders(), { timeout: 15_000 }).toEqual({ ema_cross: 'created', migrated_strategy: 'created' })
      const alerts = (await running.ask('GET', '/alerts'))['items'] as { code: string; message: string }[]
      expect(
        alerts
          .filter(({ code }) => code === 'TRADER_SYMBOL_UNKNOWN')
          .map(({ message }) => message)
          .sort(),
      ).toEqual([
        expect.stringContaining('ema_cross of version 2 follows ETH/USDT:USDT'),
        expect.stringContaining('migrated_strategy of version 2 follows SOL/USDT:USDT'),
      ])
      const audit = (await running.ask('GET', '/audit?limit=100'))['items'] as { actor: string; action: string; target: string }[]
      expect(audit.filter(({ actor }) => actor === 'import').map(({ action, target }) => `${action} ${target}`)).toContain(
        'import-trader ema_cross',
      )
      await running.ask('POST', '/traders/ema_cross/start')
      expect(await running.traders()).toMatchObject({ ema_cross: 'running' })
      await running.ask('POST', '/traders/ema_cross/stop')
      await running.ask('DELETE', '/traders/ema_cross')
    }
    const file = join(data.path, 'v2-settings.json')
    const asImported = await readFile(file)
    const settings = (await readImportedSettings(data.path))!
    {
      await using running = await Running.start(data.path)
      expect(Object.keys(await running.traders())).toEqual(['migrated_strategy'])
      const second = { ...settings.traders[0]!, id: 'second' }
      const third = { ...second, id: 'third' }
      await writeFile(file, importedSettingsText({ ...settings, traders: [...settings.traders, second, third] }))
      await expect.poll(() => running.traders(), { timeout: 15_000 }).toMatchObject({ second: 'created', third: 'created' })
      await running.ask('POST', '/traders/third/start')
      await writeFile(file, asImported)
      await expect.poll(() => running.traders(), { timeout: 15_000 }).not.toHaveProperty('second')
      await rollbackSettings(runId, { dataDir: data.path, vault: undefined })
      // A person started the third: it stays.
      await expect.poll(() => running.traders(), { timeout: 15_000 }).toEqual({ third: 'running' })
    }
  },
)
