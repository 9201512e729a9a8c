import { checkInstrumentRules } from '#domain/instrument.ts'
import { compare, format } from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import type { OrderRequest } from '#engine/ports.ts'
import { lotsOf, type PaperInstrument } from './paper-instrument.ts'

/** Why the paper exchange refuses an order, in the words a venue would use. */
export interface Refusal {
  readonly code: string
  readonly message: string
}

/** What the venue knows when an order arrives. Lots are signed where they count a position. */
export interface AdmissionState {
  readonly instrument: PaperInstrument
  readonly positionLots: bigint
  /** Lots of other open sell orders that may still need the position; spot only. */
  readonly promisedLots: bigint
  readonly lastPrice: Price | undefined
  /** Best price a taker of this order's side gets now. */
  readonly touch: Price | undefined
}

/** The venue's own checks, before an order reaches the book. Undefined: it is taken. */
export function refuseOrder(request: OrderRequest, state: AdmissionState): Refusal | undefined {
  const { instrument, lastPrice } = state
  if (request.type !== 'MARKET' && request.type !== 'LIMIT') {
    return { code: 'ORDER_TYPE_UNKNOWN', message: `${request.type} orders are not taken here` }
  }
  if (request.type === 'LIMIT' && (request.price === undefined || request.price.units <= 0n)) {
    return { code: 'PRICE_INVALID', message: 'a limit order needs a positive price' }
  }
  const referencePrice = request.price ?? lastPrice
  if (referencePrice === undefined) {
    return { code: 'NO_MARKET_PRICE', message: `${request.symbol} has not traded yet; a market order cannot be valued` }
  }
  const { quantity, price, reduceOnly } = request
  const broken = checkInstrumentRules(instrument, { quantity, price, referencePrice, reduceOnly })
  if (broken !== undefined) return { code: broken.code, message: `${broken.value} against a rule of ${broken.limit}` }
  return refusePostOnly(request, state) ?? refusePosition(request, state)
}

function refusePostOnly({ postOnly, type, timeInForce, side, price }: OrderRequest, { touch }: AdmissionState): Refusal | undefined {
  if (!postOnly) return undefined
  if (type !== 'LIMIT' || timeInForce !== 'GTC') return { code: 'POST_ONLY_INVALID', message: `a ${type} order ${timeInForce} cannot rest` }
  if (price === undefined || touch === undefined) return undefined
  const takes = side === 'BUY' ? compare(price, touch) >= 0 : compare(price, touch) <= 0
  return takes ? { code: 'POST_ONLY_WOULD_TAKE', message: `${format(price)} would take at ${format(touch)}` } : undefined
}

function refusePosition(request: OrderRequest, { instrument, positionLots, promisedLots }: AdmissionState): Refusal | undefined {
  const reduces = request.side === 'SELL' ? positionLots > 0n : positionLots < 0n
  if (request.reduceOnly && !reduces) {
    return {
      code: 'REDUCE_ONLY_REJECTED',
      message: `the position in ${request.symbol} is ${positionLots} lots; there is nothing to reduce`,
    }
  }
  const overdrawn = positionLots - promisedLots < lotsOf(request.quantity, instrument)
  if (instrument.kind === 'spot' && request.side === 'SELL' && !request.reduceOnly && overdrawn) {
    const message = `${positionLots} lots held, ${promisedLots} promised to other orders; spot cannot be sold short`
    return { code: 'INSUFFICIENT_POSITION', message }
  }
  return undefined
}
