import type { Logger } from '#platform/log/logger.ts'
import type { ReplayOptions } from './replay.ts'

export interface WorkstationOptions {
  readonly dataDir: string
  /** Else `config.yaml` in the data directory, if it is there. */
  readonly configFile?: string | undefined
  /** The folder of the thread entries, and how their files end: sources `.ts`, a build `.js`. */
  readonly workersDir: URL
  readonly migrationsDir: string
  readonly version: string
  readonly replay?: ReplayOptions | undefined
  readonly postgres?: 'none' | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
}
