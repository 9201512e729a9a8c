import { join } from 'node:path'
import { systemClock } from '#platform/clock.ts'
import { type Config, readConfig } from '#platform/config/config.ts'
import { lockDataDirectory, openDataDirectory } from '#platform/data-directory.ts'
import { type ExchangeKeys, storedExchangeKeys } from '#platform/secrets/exchange-keys.ts'
import { leaseDirectory } from '#platform/lease/lease-directory.ts'
import { accountOf, namesKeys } from './account.ts'
import { ComponentBoard } from './component-board.ts'
import { AccountGuard } from './core/account-guard.ts'
import { leasedAccount, sharedLock } from './core/lease-sources.ts'
import type { WorkstationOptions } from './workstation-options.ts'
import { WorkstationRun } from './workstation-run.ts'
import type { Workstation } from './workstation-api.ts'

/** Which thread entry belongs to this program, running from its sources or from its build. */
export function workerUrls(workersDir: URL, entry: string): (name: string) => URL {
  const extension = entry.endsWith('.ts') ? '.ts' : '.js'
  return (name) => new URL(`${name}.worker${extension}`, workersDir)
}

/**
 * Starts everything in order of need: directory, lease, journal and engine beside the exchange, traders, market; Postgres and
 * its replica beside, for trading does not wait for them. Throws `AppError`; then nothing is left running.
 */
export async function startWorkstation(options: WorkstationOptions): Promise<Workstation> {
  const directory = openDataDirectory(options.dataDir)
  const lock = lockDataDirectory(directory.path, systemClock.now())
  let guard: AccountGuard | undefined
  let run: WorkstationRun | undefined
  try {
    const configFile = options.configFile ?? join(directory.path, 'config.yaml')
    const config = readConfig(configFile, options.configFile !== undefined)
    const account = accountOf({ ...options, config, storedKeys: await storedKeysFor(options, config, directory.path) })
    const board = new ComponentBoard(systemClock, () => run?.statusChanged())
    guard = new AccountGuard({
      account: leasedAccount(account),
      leases: leaseDirectory(options.env),
      remote: sharedLock({ config, env: options.env }),
      dataDirectory: directory.path,
      directoryLock: lock,
      clock: systemClock,
      board,
      logger: options.logger,
      onLost: (why) => run?.loseLease(why),
    })
    await guard.start()
    run = new WorkstationRun({
      ...options,
      directory,
      config,
      clock: systemClock,
      workerUrl: workerUrls(options.workersDir, import.meta.url),
      lock,
      account,
      board,
      guard,
    })
    await run.start()
    return run
  } catch (error) {
    await guard?.stop()
    lock.release()
    throw error
  }
}

/** Opening the store takes half a second of the processor: only a live account whose keys are not in the environment needs it. */
async function storedKeysFor(
  { env, replay }: WorkstationOptions,
  { exchange }: Config,
  dataDirectory: string,
): Promise<ExchangeKeys | undefined> {
  if (replay !== undefined || exchange.kind !== 'live' || namesKeys(env)) return undefined
  return await storedExchangeKeys(dataDirectory, env, exchange)
}
