import { checkInstrumentRules } from '#domain/instrument.ts'
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
}

/** The venue's own checks, before an order reaches the book. Undefined: it is taken. */
export function refuseOrder(request: OrderRequest, state: AdmissionState): Refusal | undefined {
  const { instrument, lastPrice } = state
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
  return refusePosition(request, state)
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
