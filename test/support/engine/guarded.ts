import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { positionKey } from '#engine/state.ts'
import { ETH_PERP, EngineDriver, TRADER } from './engine-driver.ts'

export const GUARDED_KEY = positionKey(TRADER, ETH_PERP)

/** Holds 4 long at 100 under a plan, a minute ago; what led there is forgotten. */
export function guarded(
  plan: ProtectionPlan,
  options: { readonly size?: string } & Parameters<typeof EngineDriver.ready>[0] = {},
): EngineDriver {
  const driver = EngineDriver.ready(options)
  driver.hold(options.size ?? '4', { symbol: ETH_PERP, protection: plan })
  driver.takeCommands()
  driver.now += 60_000
  return driver
}

export const exits = (driver: EngineDriver) => driver.factsOf('OrderSubmitted').filter(({ reduceOnly }) => reduceOnly)
export const sold = (driver: EngineDriver) => exits(driver).map((order) => [order.purpose, order.quantity, order.ladderLevel])
export const moves = (driver: EngineDriver) => driver.factsOf('ProtectionMoved').map(({ cause, stopLoss }) => [cause, stopLoss])

/** The stop in force. */
export function stopOf(driver: EngineDriver): number | undefined {
  const level = driver.state.positions.get(GUARDED_KEY)?.stopLoss
  return level === undefined ? undefined : Price.toNumber(level)
}

/** Fills whole whatever exit is on its way. */
export function fillExits(driver: EngineDriver, at: string): void {
  for (const { clientOrderId, quantity } of exits(driver))
    if (driver.status(clientOrderId) === 'SUBMITTED') driver.fill(clientOrderId, quantity, at)
}

export const quantity = (text: string) => Quantity.parse(text)
