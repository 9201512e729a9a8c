import type { OrderSide, OrderType } from '#domain/order.ts'
import type { ImportedOrder, ImportedPosition, ImportedSignal } from '../imported-records.ts'
import { quoted, type CellFault, type CellRule } from '../rules.ts'

/** The words version 2 used for one thing, in any case and with or without blanks, dashes and underscores. */
export interface Vocabulary<T> {
  readonly words: ReadonlyMap<string, T>
  readonly rule: CellRule
  /** What the word should have been, for the reason. */
  readonly expected: string
}

function vocabulary<T>(rule: CellRule, expected: string, meanings: readonly (readonly [T, string])[]): Vocabulary<T> {
  const words = meanings.flatMap(([meaning, spellings]) => spellings.split(' ').map((word) => [word, meaning] as const))
  return { words: new Map(words), rule, expected }
}

/** `long` and `short` are the sides of a trade or a position; on an order see `readOrderSide`. */
export const SIDES = vocabulary<OrderSide>('unknown-side', 'neither a buy nor a sell', [
  ['BUY', 'buy long'],
  ['SELL', 'sell short'],
])

export const TRADE_STATES = vocabulary<ImportedPosition['state']>('unknown-status', 'no status of a trade', [
  ['OPEN', 'open'],
  ['CLOSED', 'close closed'],
  ['CANCELED', 'canceled cancelled'],
  ['REJECTED', 'rejected'],
  ['PARTIAL', 'partial partiallyfilled'],
])

export const ORDER_STATUSES = vocabulary<ImportedOrder['status']>('unknown-status', 'no status of an order', [
  ['ACCEPTED', 'open new active untriggered triggered'],
  ['SUBMITTED', 'pending created submitted'],
  ['PARTIALLY_FILLED', 'partiallyfilled partial'],
  ['FILLED', 'filled'],
  ['CANCELED', 'canceled cancelled partiallyfilledcanceled deactivated'],
  ['REJECTED', 'rejected'],
  ['EXPIRED', 'expired'],
])

/** A stop of version 2 is one that trades at the market; only a type that names a limit makes it a stop-limit order. */
export const ORDER_TYPES = vocabulary<OrderType>('unknown-type', 'no type of an order', [
  ['MARKET', 'market'],
  ['LIMIT', 'limit'],
  ['STOP_MARKET', 'stop stopmarket stoploss stoplossmarket'],
  ['STOP_LIMIT', 'stoplimit stoplosslimit'],
  ['TAKE_PROFIT_MARKET', 'takeprofit takeprofitmarket'],
  ['TAKE_PROFIT_LIMIT', 'takeprofitlimit'],
  ['TRAILING_STOP', 'trailingstop trailingstopmarket'],
])

/** `NONE`: the signal says that it has no direction. */
export const SIGNAL_ACTIONS = vocabulary<NonNullable<ImportedSignal['action']> | 'NONE'>('unknown-action', 'no action of a signal', [
  ['BUY', 'buy long'],
  ['SELL', 'sell short'],
  ['CLOSE_LONG', 'closelong'],
  ['CLOSE_SHORT', 'closeshort'],
  ['NONE', 'neutral hold'],
])

export const BOOLEANS = vocabulary<boolean>('not-a-boolean', 'neither true nor false', [
  [true, 't true 1 1.0 yes y on'],
  [false, 'f false 0 0.0 no n off'],
])

/** What `text` means; a word that is not in the list is a fault, never a likely meaning. */
export function readWord<T>(vocabulary: Vocabulary<T>, text: string): T | CellFault {
  const meaning = vocabulary.words.get(text) ?? vocabulary.words.get(text.toLowerCase().replaceAll(/[\s_-]+/g, ''))
  return meaning ?? { rule: vocabulary.rule, reason: `${quoted(text)} is ${vocabulary.expected}` }
}

/**
 * The side of an order. `long` on an order that only reduces may mean "buy" or "belongs to the long position, so sell": exchanges with
 * a hedge mode use both, so it is not decided here.
 */
export function readOrderSide(text: string, isReduceOnly: boolean | undefined): OrderSide | CellFault {
  if (isReduceOnly === true && /^\s*(?:long|short)\s*$/i.test(text))
    return { rule: 'ambiguous-side', reason: `${quoted(text)} on a reducing order may name its side or that of the position` }
  return readWord(SIDES, text)
}
