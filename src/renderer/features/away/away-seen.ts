import type { StatusView } from '#contract/views.ts'

/** Looking away for less is no absence. */
export const AWAY_MIN_MS = 300_000
const SEEN_KEY = 'workstation.seen'
const DISMISSED_KEY = 'workstation.away.dismissed'

/** What this machine's screen remembers: when somebody last looked, and up to when reports were read. UTC milliseconds. */
export interface Seen {
  readonly at: number
  readonly dismissed: number
}

export function readSeen(storage: Pick<Storage, 'getItem'>): Seen {
  const number = (key: string): number => {
    const value = Number(storage.getItem(key))
    return Number.isFinite(value) && value > 0 ? value : 0
  }
  return { at: number(SEEN_KEY), dismissed: number(DISMISSED_KEY) }
}

export function keepSeen(storage: Pick<Storage, 'setItem'>, at: number): void {
  storage.setItem(SEEN_KEY, String(at))
}
export function keepDismissed(storage: Pick<Storage, 'setItem'>, until: number): void {
  storage.setItem(DISMISSED_KEY, String(until))
}

/**
 * From when on a report is due, or undefined when none is. A gap is reported once; a screen that nobody looked at for five
 * minutes is told from when it was last seen. A screen that was never open before only hears of a gap that ended at this start.
 */
export function reportDue(status: Pick<StatusView, 'now' | 'uptime_ms' | 'last_gap'>, seen: Seen): number | undefined {
  const { now, uptime_ms: uptimeMs, last_gap: gap } = status
  const known = Math.max(seen.at, seen.dismissed)
  const gapIsNews = gap !== null && gap.to > seen.dismissed && (known > 0 ? gap.to > seen.at : gap.to >= now - uptimeMs - AWAY_MIN_MS)
  const lookedAway = seen.at > 0 && now - known >= AWAY_MIN_MS
  if (gapIsNews) return known > 0 ? Math.min(gap.from, known) : gap.from
  return lookedAway ? known : undefined
}
