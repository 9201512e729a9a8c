import type { Plant } from './plant-hook.ts'

export const PLANTS: readonly Plant[] = []

/** Throws for a name that is not there. */
export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((each) => each.name === name)
  if (plant === undefined) throw new Error(`there is no plant "${name}"`)
  return plant
}
