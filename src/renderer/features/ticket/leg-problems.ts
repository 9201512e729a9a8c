import * as fixed from '#domain/money/fixed.ts'
import { Price } from '#domain/money/price.ts'
import { orderNeeds } from '#contract/requests.ts'
import type { Draft, Problem, Surroundings } from './draft.ts'

/** What the gate would say of the prices that make a conditional or a maker-only order. */
export function legProblems(draft: Draft, { instrument, quote }: Surroundings): Problem[] {
  const found: Problem[] = []
  const needs = orderNeeds(draft.type)
  const trigger = needs.trigger && draft.trigger !== undefined ? Price.parse(draft.trigger) : undefined
  if (trigger !== undefined && !Price.isOnTick(trigger, Price.parse(instrument.tick_size)))
    found.push({ reason: 'PRICE_OFF_TICK', value: draft.trigger, limit: instrument.tick_size })
  if (quote === undefined) return found
  const last = Price.parse(quote.last)
  if (trigger !== undefined && isMet(draft, trigger, last))
    found.push({ reason: 'TRIGGER_WRONG_SIDE', value: draft.trigger, limit: quote.last })
  const taken = draft.side === 'BUY' ? quote.ask : quote.bid
  if (draft.postOnly && draft.type === 'LIMIT' && draft.price !== undefined) {
    const side = Price.compare(Price.parse(draft.price), Price.parse(taken))
    if (draft.side === 'BUY' ? side >= 0 : side <= 0) found.push({ reason: 'POST_ONLY_WOULD_TAKE', value: draft.price, limit: taken })
  }
  return found
}

/** A stop waits for the price to go its way, a target for it to come back. */
function isMet(draft: Draft, trigger: Price, last: Price): boolean {
  const waitsForRise = draft.type.startsWith('STOP_') === (draft.side === 'BUY')
  const side = fixed.compare(last, trigger)
  return waitsForRise ? side >= 0 : side <= 0
}
