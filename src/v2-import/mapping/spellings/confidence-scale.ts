import * as fixed from '#domain/money/fixed.ts'

const [NOTHING, ONE, HUNDRED] = ['0', '1', '100'].map((text) => fixed.parse(text)) as [
  fixed.Fixed<string>,
  fixed.Fixed<string>,
  fixed.Fixed<string>,
]

/**
 * A confidence brought to 0..1, exactly. Up to 1 it is taken as it is, up to 100 as per cent; one per cent and less, written on the
 * scale to 100, cannot be told from a share, so the text of the source stays beside it. Undefined outside of both scales.
 * `decimal` is as `readDecimal` gives it.
 */
export function toUnitScale(decimal: string): { readonly value: string; readonly isRescaled: boolean } | undefined {
  const value = fixed.parse(decimal)
  if (fixed.compare(value, NOTHING) < 0 || fixed.compare(value, HUNDRED) > 0 || value.scale + 2 > fixed.SCALE_MAX) return undefined
  if (fixed.compare(value, ONE) <= 0) return { value: decimal, isRescaled: false }
  return { value: fixed.format(fixed.make(value.units, value.scale + 2)), isRescaled: true }
}
