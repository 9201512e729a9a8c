import type { Logger } from '#platform/log/logger.ts'
import type { ReplayOptions } from './replay.ts'

/** How programs reach the workstation over HTTP. */
export interface HttpFront {
  /** `http://host:port` */
  readonly url: string
  readonly token: string
  /** Ends it where it was opened for this one use. */
  close(): Promise<void>
}

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
  /** For checks that look from outside. Throws `AppError` while there is none. */
  readonly openFront?: (() => Promise<HttpFront>) | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
}
