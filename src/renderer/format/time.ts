/** Times on the screen are UTC, as on the exchange, so that a row here and a row there can be compared. */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}

export function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** `07-14 09:31:05`: the year is in the row's details. */
export function monthTime(ms: number): string {
  return new Date(ms).toISOString().slice(5, 19).replace('T', ' ')
}

export type AgeUnit = 's' | 'min' | 'h' | 'd'

/** How long ago, in its largest whole unit. */
export function ageOf(ms: number): { readonly count: number; readonly unit: AgeUnit } {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return { count: seconds, unit: 's' }
  if (seconds < 3_600) return { count: Math.floor(seconds / 60), unit: 'min' }
  if (seconds < 86_400) return { count: Math.floor(seconds / 3_600), unit: 'h' }
  return { count: Math.floor(seconds / 86_400), unit: 'd' }
}

/** 00:00 UTC of the day that `ms` lies in. */
export function dayStart(ms: number): number {
  return ms - (ms % 86_400_000)
}
