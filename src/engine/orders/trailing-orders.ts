import type { Instrument } from '#domain/instrument.ts'
import type { Price } from '#domain/money/price.ts'
import type { ManualOrder } from '../ports.ts'
import { averageTrueRange, ATR_BARS } from '../protection/average-true-range.ts'
import { advantage, further, stopBehind } from '../protection/levels.ts'
import { parseTrailing } from '../protection/plan.ts'
import type { EngineState, TrackedOrder } from '../state.ts'
import type { Transaction } from '../transaction.ts'
import { recordAmended } from './transition.ts'

/** A trailing sale follows the price up, a trailing buy follows it down: the sale is the exit of a long position. */
const sightOf = (order: Pick<ManualOrder, 'side'>, instrument: Instrument) => ({ isLong: order.side === 'SELL', tick: instrument.tickSize })

/** Where the trigger of a new trailing stop stands, or why it cannot say. */
export function firstTrigger(
  state: EngineState,
  instrument: Instrument,
  order: ManualOrder,
  market: Price,
): { readonly triggerPrice?: Price | undefined; readonly highWater?: Price | undefined; readonly whyNoTrigger?: string | undefined } {
  if (order.trailing === undefined) return { whyNoTrigger: 'a trailing distance' }
  const range = averageTrueRange(state, order.traderId, order.symbol)
  if (order.trailing.by === 'ATR' && range === undefined) return { whyNoTrigger: `${ATR_BARS} bars of the trader's timeframe` }
  try {
    const triggerPrice = stopBehind(sightOf(order, instrument), market, parseTrailing(order.trailing), range)
    return triggerPrice === undefined ? { whyNoTrigger: 'a distance below the price' } : { triggerPrice, highWater: market }
  } catch (error) {
    if (error instanceof RangeError) return { whyNoTrigger: error.message }
    throw error
  }
}

/**
 * Moves the trigger of a trailing stop behind the best price, at least a tick at a time. What lies between two ticks is not
 * recorded: it would not move the trigger.
 */
export function trail(tx: Transaction, order: TrackedOrder, extreme: Price): void {
  const instrument = tx.state.instruments.get(order.symbol)
  if (order.trailing === undefined || instrument === undefined) return
  const sight = sightOf(order, instrument)
  const best = further(sight, order.highWater, extreme)
  const range = averageTrueRange(tx.state, order.traderId, order.symbol)
  const triggerPrice = stopBehind(sight, best, parseTrailing(order.trailing), range)
  if (triggerPrice === undefined || (order.triggerPrice !== undefined && advantage(sight, triggerPrice, order.triggerPrice) <= 0)) return
  recordAmended(tx, order, { triggerPrice, highWater: best }, { ts: tx.ts })
}
