import type { Clock } from '#platform/clock.ts'

export const PRESS_TWICE_WITHIN_MS = 2_000

export type Press = 'armed' | 'fired'

/** A second press soon after the first one fires; a late one arms anew. Takes a monotonic clock. */
export function createPressTwice(clock: Pick<Clock, 'elapsed'>, withinMs: number = PRESS_TWICE_WITHIN_MS): () => Press {
  let armedAt: number | null = null
  return () => {
    const now = clock.elapsed()
    const fires = armedAt !== null && now - armedAt <= withinMs
    armedAt = fires ? null : now
    return fires ? 'fired' : 'armed'
  }
}
