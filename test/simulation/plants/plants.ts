import { MONEY_PLANTS } from './money-plants.ts'
import { ORDER_PLANTS } from './order-plants.ts'
import type { Plant } from './plant-hook.ts'
import { SAFETY_PLANTS } from './safety-plants.ts'

/** Deliberate faults that the simulation must find: the test of the test. */
export const PLANTS: readonly Plant[] = [...MONEY_PLANTS, ...ORDER_PLANTS, ...SAFETY_PLANTS]

/** Throws for a name that is not there. */
export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((each) => each.name === name)
  if (plant === undefined) throw new Error(`there is no plant "${name}"`)
  return plant
}
