import { describe, expect, it } from 'vitest'
import { AWAY_MIN_MS, keepDismissed, keepSeen, readSeen, reportDue } from './away-seen.ts'

const NOW = 1_760_000_000_000
const status = (last_gap: { from: number; to: number } | null) => ({
  now: NOW,
  uptime_ms: 60_000,
  last_gap: last_gap === null ? null : { ...last_gap, cause: 'DOWN' as const },
})
const gap = { from: NOW - 9_000_000, to: NOW - 55_000 }

describe('reportDue', () => {
  it('is silent when nothing was missed', () => {
    expect(reportDue(status(null), { at: NOW - 10_000, dismissed: 0 })).toBeUndefined()
    expect(reportDue(status(null), { at: 0, dismissed: 0 })).toBeUndefined()
  })

  it('tells of a gap once', () => {
    expect(reportDue(status(gap), { at: gap.from - 1_000, dismissed: 0 })).toBe(gap.from - 1_000)
    expect(reportDue(status(gap), { at: NOW - 20_000, dismissed: NOW - 30_000 })).toBeUndefined()
  })

  it('tells a new screen only of a gap that ended at this start', () => {
    expect(reportDue(status(gap), { at: 0, dismissed: 0 })).toBe(gap.from)
    expect(reportDue(status({ from: 1, to: NOW - 86_400_000 }), { at: 0, dismissed: 0 })).toBeUndefined()
  })

  it('tells from when a person last looked', () => {
    expect(reportDue(status(null), { at: NOW - AWAY_MIN_MS, dismissed: 0 })).toBe(NOW - AWAY_MIN_MS)
    expect(reportDue(status(null), { at: NOW - AWAY_MIN_MS + 1, dismissed: 0 })).toBeUndefined()
    expect(reportDue(status(null), { at: NOW - AWAY_MIN_MS, dismissed: NOW - 1_000 })).toBeUndefined()
  })

  it('remembers, and takes nonsense for nothing', () => {
    const kept = new Map<string, string>()
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
    expect(readSeen(storage)).toEqual({ at: 0, dismissed: 0 })
    keepSeen(storage, 5)
    keepDismissed(storage, 6)
    expect(readSeen(storage)).toEqual({ at: 5, dismissed: 6 })
    storage.setItem('workstation.seen', 'x')
    expect(readSeen(storage).at).toBe(0)
  })
})
