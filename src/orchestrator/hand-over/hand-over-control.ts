import type { V2Claim } from '#platform/lease/v2-claim.ts'
import type { ThreeWayTable } from '#v2-import/hand-over/three-way-table.ts'

/** As the audit names a decision about a line that the engine does not know. */
export const HAND_OVER_ACTION = 'hand-over'

/** Hand-over from version 2 as handlers see it. */
export interface HandOverControl {
  /** As things are now. Throws `AppError`. */
  table(): Promise<ThreeWayTable>
  v2Claim(): V2Claim | null
  shadow(): string | null
  /** `trading`: from now on this workstation sends nothing. Else the next start may. Throws `AppError`. */
  setV2Trading(trading: boolean, by: string, reason: string): Promise<void>
}

export function decidedWords(decision: string, fingerprint: string): string {
  return `${decision} ${fingerprint}`
}
