import type { StopReceipt } from '#contract/views.ts'
import { withDeadline } from '#platform/deadline.ts'
import type { Logger } from '#platform/log/logger.ts'

export type StopSource = 'hotkey' | 'tray' | 'menu'

export type StopOutcome =
  | { readonly kind: 'stopped'; readonly receipt: StopReceipt }
  | { readonly kind: 'failed'; readonly message: string }
  /** The workstation is still starting; it is stopped the moment it answers. */
  | { readonly kind: 'noted' }

/** Longer than the workstation's own deadline for its receipt. */
const STOP_DEADLINE_MS = 12_000

export interface EmergencyStop {
  press(source: StopSource): void
  /** Call when the workstation runs: a press during the start is carried out now. */
  ready(stop: (source: StopSource) => Promise<StopReceipt>): void
}

/** Hands a press to the workstation; presses while one is under way join it. Never throws: every outcome is told. */
export function createEmergencyStop(tell: (outcome: StopOutcome) => void, logger: Logger): EmergencyStop {
  let stop: ((source: StopSource) => Promise<StopReceipt>) | null = null
  let noted: StopSource | null = null
  let underway = false

  const carryOut = async (source: StopSource, call: (source: StopSource) => Promise<StopReceipt>): Promise<void> => {
    underway = true
    try {
      tell({ kind: 'stopped', receipt: await withDeadline(call(source), STOP_DEADLINE_MS, 'The receipt of the emergency stop') })
    } catch (error) {
      logger.error({ error, source }, 'the emergency stop was not confirmed')
      tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    } finally {
      underway = false
    }
  }

  return {
    press: (source) => {
      logger.warn({ source }, 'emergency stop')
      if (underway) return
      if (stop === null) {
        noted = source
        tell({ kind: 'noted' })
      } else void carryOut(source, stop)
    },
    ready: (call) => {
      stop = call
      if (noted !== null) void carryOut(noted, call)
      noted = null
    },
  }
}
