import { join } from 'node:path'
import { ChecklistService } from './checklist/checklist-service.ts'
import type { Clock } from '#platform/clock.ts'
import type { DataDirectory } from '#platform/data-directory.ts'
import type { TraderControl } from './handlers/dependencies.ts'
import { ImportService } from './import/import-service.ts'
import { ParallelRunService } from './parallel-run/parallel-run-service.ts'
import type { ReadModel } from './read-model/read-model.ts'
import type { ReplicaService } from './replica/replica-service.ts'
import type { WorkstationOptions } from './workstation-options.ts'

export interface SideServiceOptions extends WorkstationOptions {
  readonly directory: DataDirectory
  readonly clock: Clock
  readonly workerUrl: (name: string) => URL
}

export interface SideServiceParts {
  readonly replica: ReplicaService
  readonly readModel: ReadModel
  readonly traders: Pick<TraderControl, 'list'>
}

/** What a person asks for beside trading: imports, the checklist, the shadow of version 2. Each works in a thread of its own. */
export class SideServices {
  readonly imports: ImportService
  readonly checklist: ChecklistService
  readonly parallelRun: ParallelRunService

  constructor(options: SideServiceOptions, { replica, readModel, traders }: SideServiceParts) {
    const { directory, env, workerUrl, migrationsDir, clock, logger, version, openFront } = options
    this.imports = new ImportService({
      directory,
      configPath: options.configFile ?? join(directory.path, 'config.yaml'),
      env,
      workerUrl: workerUrl('import'),
      migrationsDir,
      target: () => replica.database(),
      clock,
      logger: logger.child({ component: 'import' }),
    })
    this.checklist = new ChecklistService({
      directory,
      version,
      workerUrl: workerUrl('checklist'),
      openFront,
      database: () => replica.database(),
      clock,
      logger: logger.child({ component: 'checklist' }),
    })
    this.parallelRun = new ParallelRunService({
      readModel,
      history: replica.history,
      traders,
      workerUrl: workerUrl('parallel-run'),
      clock,
      logger: logger.child({ component: 'parallel-run' }),
    })
  }

  async stop(): Promise<void> {
    await this.checklist.stop()
    await this.parallelRun.stop()
    await this.imports.stop()
  }
}
