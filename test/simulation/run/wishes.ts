import type { ClientOrderId } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'
import type { EngineCommand, ManualOrder } from '#engine/ports.ts'
import type { Random } from '../core/random.ts'
import type { Market } from '../venue/market.ts'
import type { World } from './world.ts'

/** What an act needs of the people who do it. */
export interface Wishes {
  readonly world: World
  ask(command: EngineCommand): void
  price(market: Market, ticks: number): Price
  /** Lots of about so much money. */
  lots(market: Market, notional: number): number
  manualOrder(random: Random, change?: Partial<ManualOrder>): ManualOrder
  anyOrder(random: Random): ClientOrderId | undefined
}
