import type { Account } from '#platform/lease/account-lease.ts'
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
  /** The live account that is traded; absent in demo, paper and replay, where nobody else can be. */
  readonly account?: Account | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
}
