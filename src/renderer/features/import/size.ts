import type { Numbers } from '#renderer/format/use-numbers.tsx'

const KIB = 1_024
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Bytes in their largest unit: `1.4 MiB`. */
export function sizeOf(bytes: number, numbers: Numbers): string {
  const power = bytes < KIB ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(KIB)))
  const value = bytes / KIB ** power
  return `${numbers.decimal(power === 0 ? String(bytes) : value.toFixed(1))} ${UNITS[power] ?? ''}`
}
