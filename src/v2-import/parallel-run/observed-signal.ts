/** A signal as far as two systems can be compared by it. */
export interface ObservedSignal {
  /** Of its own system. */
  readonly id: string
  readonly symbol: string
  /** What would be traded: an exit of a long position is a sale. */
  readonly direction: 'BUY' | 'SELL'
  /** Decimal text; null where it does not say. */
  readonly quantity: string | null
  /** When it was given, UTC milliseconds. */
  readonly ts: number
  /** What became of it, and why, in words. */
  readonly fate: string | null
}

/** A signal of version 3 as its interface tells it. */
export interface OwnSignal {
  readonly id: string
  readonly symbol: string
  readonly action: 'BUY' | 'SELL' | 'CLOSE_LONG' | 'CLOSE_SHORT'
  readonly quantity: string | null
  readonly ts: number
  readonly outcome: string
  readonly reason: string
}

export function observedOf({ id, symbol, action, quantity, ts, outcome, reason }: OwnSignal): ObservedSignal {
  return { id, symbol, direction: directionOf(action), quantity, ts, fate: reason === outcome ? outcome : `${outcome} ${reason}` }
}

export type Side = 'v2' | 'v3'

/** The pair without what it is settled in: a spot market here may shadow a perpetual there. */
export function pairOf(symbol: string): string {
  return symbol.split(':', 1)[0] ?? symbol
}

export function directionOf(action: 'BUY' | 'SELL' | 'CLOSE_LONG' | 'CLOSE_SHORT'): ObservedSignal['direction'] {
  return action === 'BUY' || action === 'CLOSE_SHORT' ? 'BUY' : 'SELL'
}
