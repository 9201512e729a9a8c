import { followUp } from './follow-up.ts'
import { continueTriggered, watchTriggers } from './orders/release.ts'
import { continueReplacing } from './orders/replace.ts'
import { continueClosing } from './protection/close-position.ts'
import { keepStops } from './protection/native-stop.ts'
import type { PriceRange } from './protection/price-range.ts'
import { watchPositions } from './protection/watch-positions.ts'
import type { Transaction } from './transaction.ts'

/** What a price, or a bar of prices, means to positions and to orders that are watched here. Positions come first. */
export function watchPrice(tx: Transaction, range: PriceRange): void {
  watchPositions(tx, range)
  watchTriggers(tx, range)
  followUp(tx)
}

/** After every input: what follows from what has happened, and what waited for others. */
export function goOn(tx: Transaction): void {
  followUp(tx)
  continueReplacing(tx)
  continueTriggered(tx)
  continueClosing(tx)
  followUp(tx)
  keepStops(tx)
}
