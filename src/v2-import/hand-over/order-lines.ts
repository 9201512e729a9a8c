import type { Agreement, HandOverDecision, HandOverLine } from './hand-over-line.ts'
import type { AccountDifference, ExchangeSide, V2Order, V2Side, V3Side } from './sides.ts'

type Line = Omit<HandOverLine, 'isSettled' | 'fingerprint'>
type V3Order = V3Side['orders'][number]
type VenueOrder = ExchangeSide['orders'][number]

/** One line for each order that anybody says is open, by the exchange's own id. */
export function orderLines(v2: V2Side, exchange: ExchangeSide, v3: V3Side): readonly Line[] {
  const here = v2.orders.filter((order) => order.exchange === exchange.exchange)
  const byVersion2 = new Map(here.map((order) => [order.orderId, order]))
  const listed = new Map(exchange.orders.map((order) => [order.exchangeOrderId, order]))
  const ours = new Map(v3.orders.flatMap((order) => (order.exchangeOrderId === null ? [] : [[order.exchangeOrderId, order] as const])))
  const ids = [...new Set([...byVersion2.keys(), ...listed.keys(), ...ours.keys()])].toSorted()
  const known = ids.map((id) =>
    lineOf(id, {
      exchange,
      v2: byVersion2.get(id),
      venue: listed.get(id),
      ours: ours.get(id),
      difference: differenceOf(exchange, id, ours.get(id)),
    }),
  )
  const unconfirmed = v3.orders.filter(({ exchangeOrderId }) => exchangeOrderId === null)
  return [...known, ...unconfirmed.map((order) => unconfirmedLine(order, exchange)), ...elsewhere(v2.orders, exchange.exchange)]
}

interface Said {
  readonly exchange: ExchangeSide
  readonly v2: V2Order | undefined
  readonly venue: VenueOrder | undefined
  readonly ours: V3Order | undefined
  readonly difference: AccountDifference | undefined
}

function lineOf(id: string, said: Said): Line {
  const { exchange, v2, venue, ours, difference } = said
  const isKnown = exchange.comparedAt !== null
  const agreement: Agreement = isKnown ? agreementOf(said) : 'unknown'
  return {
    id: `order.${exchange.exchange}.${id}`,
    kind: 'order',
    exchange: exchange.exchange,
    symbol: venue?.symbol ?? ours?.symbol ?? v2?.symbol ?? '',
    v2: v2?.words ?? null,
    atExchange: isKnown ? (venue?.words ?? 'not open') : null,
    v3: ours === undefined ? null : `${ours.words} (${ours.traderId})`,
    agreement,
    cause: isKnown ? causeOf(said) : `The account at ${exchange.exchange} has not been compared yet, so nothing can be decided.`,
    differenceId: isKnown ? (difference?.id ?? null) : null,
    allowed: isKnown ? allowedFor(said) : [],
    decided: difference?.decided ?? null,
  }
}

function agreementOf({ v2, venue, ours, difference }: Said): Agreement {
  const isOpen = venue !== undefined
  const isV2 = (v2 !== undefined) === isOpen
  const isV3 = (ours !== undefined) === isOpen && difference === undefined
  if (isV2 && isV3) return 'all'
  if (isV3) return 'exchange_and_v3'
  if (isV2) return 'v2_and_exchange'
  return (v2 !== undefined) === (ours !== undefined) ? 'v2_and_v3' : 'none'
}

function causeOf({ v2, venue, ours, difference }: Said): string {
  if (difference !== undefined && ours !== undefined) return difference.cause
  if (venue !== undefined && ours === undefined)
    return v2 === undefined
      ? 'It is neither of version 2 as exported nor of this workstation: placed by hand, or by version 2 since.'
      : 'Version 2 placed it, and it is still open. This workstation does not manage it.'
  if (venue === undefined && v2 !== undefined)
    return 'Version 2 says it is open; the exchange does not list it: it was filled, canceled or has expired since.'
  if (v2 === undefined) return 'An order of this workstation, open at the exchange.'
  return 'All three agree.'
}

function allowedFor({ v2, venue, ours, difference }: Said): readonly HandOverDecision[] {
  if (difference === undefined) return v2 !== undefined && venue === undefined && ours === undefined ? ['IGNORE'] : []
  switch (difference.kind) {
    case 'ORDER_EXTERNAL':
    case 'ORDER_CHANGED':
      return ['CANCEL', 'ADOPT', 'IGNORE']
    // What nobody can find keeps its exposure reserved: that cannot be ignored.
    case 'ORDER_MISSING':
      return ['CANCEL', 'ADOPT']
    case 'POSITION':
      return []
  }
}

function differenceOf({ differences }: ExchangeSide, id: string, ours: V3Order | undefined): AccountDifference | undefined {
  return differences.find(
    (each) => each.kind !== 'POSITION' && (each.exchangeOrderId === id || (ours !== undefined && each.orderId === ours.id)),
  )
}

/** Ours, and the exchange has given it no id: its outcome is not known yet, or this program watches it. */
function unconfirmedLine(order: V3Order, exchange: ExchangeSide): Line {
  return {
    id: `order.${exchange.exchange}.ours.${order.id}`,
    kind: 'order',
    exchange: exchange.exchange,
    symbol: order.symbol,
    v2: null,
    atExchange: exchange.comparedAt === null ? null : 'not there',
    v3: `${order.words} (${order.traderId})`,
    agreement: exchange.comparedAt === null ? 'unknown' : 'exchange_and_v3',
    cause: 'Held by this workstation; the exchange does not have it.',
    differenceId: null,
    allowed: [],
    decided: null,
  }
}

function elsewhere(orders: readonly V2Order[], here: string): readonly Line[] {
  return orders
    .filter(({ exchange }) => exchange !== here)
    .map(({ exchange, orderId, symbol, words }) => ({
      id: `order.${exchange}.${orderId}`,
      kind: 'order',
      exchange,
      symbol,
      v2: words,
      atExchange: null,
      v3: null,
      agreement: 'unknown',
      cause: `This workstation trades ${here}, so it cannot ask ${exchange}: look there.`,
      differenceId: null,
      allowed: ['IGNORE'],
      decided: null,
    }))
}
