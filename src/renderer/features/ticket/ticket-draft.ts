import { readDecimal } from '#renderer/format/decimal.ts'
import type { Draft } from './estimate.ts'

/** The ticket as typed. */
export interface TicketDraft {
  readonly side: 'BUY' | 'SELL'
  readonly type: 'MARKET' | 'LIMIT'
  readonly sizeBy: 'quantity' | 'notional'
  readonly size: string
  readonly price: string
  readonly stop: string
  readonly target: string
  readonly reduceOnly: boolean
  /** Empty: by hand. */
  readonly trader: string
}

export const BLANK_TICKET: TicketDraft = {
  side: 'BUY',
  type: 'MARKET',
  sizeBy: 'quantity',
  size: '',
  price: '',
  stop: '',
  target: '',
  reduceOnly: false,
  trader: '',
}

export function toDraft(typed: TicketDraft): Draft {
  const { side, type, sizeBy, reduceOnly } = typed
  return {
    side,
    type,
    sizeBy,
    reduceOnly,
    size: readDecimal(typed.size),
    price: readDecimal(typed.price),
    stop: readDecimal(typed.stop),
    target: readDecimal(typed.target),
  }
}

export interface TicketPart {
  readonly typed: TicketDraft
  readonly change: (patch: Partial<TicketDraft>) => void
}
