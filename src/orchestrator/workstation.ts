import { join } from 'node:path'
import { systemClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config/config.ts'
import { lockDataDirectory, openDataDirectory } from '#platform/data-directory.ts'
import type { WorkstationOptions } from './workstation-options.ts'
import { WorkstationRun } from './workstation-run.ts'
import type { Workstation } from './workstation-api.ts'

/** Which thread entry belongs to this program, running from its sources or from its build. */
export function workerUrls(workersDir: URL, entry: string): (name: string) => URL {
  const extension = entry.endsWith('.ts') ? '.ts' : '.js'
  return (name) => new URL(`${name}.worker${extension}`, workersDir)
}

/**
 * Starts everything in order of need: directory, journal and engine, exchange, traders, market; Postgres and its replica
 * beside, for trading does not wait for them. Throws `AppError`; then nothing is left running.
 */
export async function startWorkstation(options: WorkstationOptions): Promise<Workstation> {
  const directory = openDataDirectory(options.dataDir)
  const lock = lockDataDirectory(directory.path, systemClock.now())
  try {
    const configFile = options.configFile ?? join(directory.path, 'config.yaml')
    const config = readConfig(configFile, options.configFile !== undefined)
    const run = new WorkstationRun({
      ...options,
      directory,
      config,
      clock: systemClock,
      workerUrl: workerUrls(options.workersDir, import.meta.url),
      lock,
    })
    await run.start()
    return run
  } catch (error) {
    lock.release()
    throw error
  }
}
