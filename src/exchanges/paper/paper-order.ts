import * as fixed from '#domain/money/fixed.ts'
import type { ExchangeOrderId } from '#domain/ids.ts'
import type { OrderRequest } from '#engine/ports.ts'
import { lotsOf, type PaperInstrument } from './paper-instrument.ts'
import type { PaperParameters } from './paper-parameters.ts'
import { seededInteger } from './seeded-hash.ts'

/** An order on the paper exchange's book. All that matters of it survives in the engine's journal. */
export interface PaperOrder {
  readonly request: OrderRequest
  readonly exchangeOrderId: ExchangeOrderId
  readonly instrument: PaperInstrument
  /** When it reaches the book, UTC milliseconds. */
  readonly arrival: number
  readonly lots: bigint
  filledLots: bigint
  /** How it ended, if not by filling. */
  end?: 'CANCELED' | 'EXPIRED'
}

/** The decision plus a latency that belongs to the order. */
export function arrivalTime({ clientOrderId, ts }: OrderRequest, parameters: PaperParameters, seed: string): number {
  return ts + parameters.latencyBaseMs + seededInteger(parameters.latencyJitterMs + 1, seed, 'latency', clientOrderId)
}

export function openLots(order: PaperOrder): bigint {
  return order.lots - order.filledLots
}

/** Time priority; the id settles a tie, so that the order of a restored list does not matter. */
export function byPriority(a: PaperOrder, b: PaperOrder): number {
  if (a.arrival !== b.arrival) return a.arrival - b.arrival
  return a.request.clientOrderId < b.request.clientOrderId ? -1 : 1
}

/** Whether a request sent again asks for the same thing. */
export function sameRequest(a: OrderRequest, b: OrderRequest): boolean {
  const samePrice = a.price === undefined || b.price === undefined ? a.price === b.price : fixed.compare(a.price, b.price) === 0
  return (
    a.symbol === b.symbol &&
    a.side === b.side &&
    a.type === b.type &&
    a.reduceOnly === b.reduceOnly &&
    a.timeInForce === b.timeInForce &&
    a.postOnly === b.postOnly &&
    fixed.compare(a.quantity, b.quantity) === 0 &&
    samePrice
  )
}

export function lotsOfRequest(request: OrderRequest, instrument: PaperInstrument): bigint {
  return lotsOf(request.quantity, instrument)
}
