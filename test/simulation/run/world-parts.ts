import type { Faults } from '../core/faults.ts'
import type { Random } from '../core/random.ts'
import type { Scheduler } from '../core/scheduler.ts'
import type { Connector } from '../connector/connector.ts'
import type { DiskJournal } from '../shell/disk-journal.ts'
import type { Shell } from '../shell/shell.ts'
import type { Plan } from './plan.ts'

/** What the parts of a world may know of it; `World` is all of it. */
export interface WorldParts {
  readonly plan: Plan
  readonly random: Random
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly journal: DiskJournal
  readonly shell: Shell | undefined
  readonly connector: Connector | undefined
}

/** The connection is lost and comes back after a while. */
export function disconnect(world: WorldParts, forMs: number): void {
  const { connector } = world
  connector?.disconnect('connection lost')
  world.scheduler.machine(forMs, 'reconnect', () => {
    if (connector !== undefined && connector === world.connector && !connector.connected) connector.connect()
  })
}
