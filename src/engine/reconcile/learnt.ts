import type { ReconcileTrigger } from '#domain/difference.ts'
import type { ClientOrderId, ExchangeOrderId, InstrumentSymbol } from '#domain/ids.ts'
import type { Money } from '#domain/money/money.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderAmendment } from '#domain/order.ts'
import type { VenueOrder } from '../ports.ts'

/** How an order ended at the exchange, as far as it says; `OPEN` when it only has more fills than we know. */
export interface VenueEnd {
  readonly status: 'OPEN' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED'
  /** Filled in all; undefined where the exchange does not say. */
  readonly filledQuantity: Quantity | undefined
}

/** What is being found out about one order. Forgotten at a restart or disconnect, and then found out anew. */
export interface Inquiry {
  /** When the order was last sent, or the connection came back: how long its absence has lasted is counted from here. */
  since: number
  /** Not asked again before. */
  nextAskAt: number
  /** When the last question went out. */
  askedAt: number
  /** Questions in a row that got no answer. */
  unanswered: number
  /** Answers that it is not there, counted only when they lie apart. */
  notFounds: number
  lastNotFoundAt: number
  /** An account snapshot, asked for late enough, showed neither the order nor fills of it. */
  isAbsentFromAccount: boolean
  /** The exchange refused a second one of its id: it must know the first. */
  isKnownThere: boolean
  /** Times it was sent again after proof that it had not arrived. */
  resends: number
  /** Its fills are awaited before it may end so. */
  end: VenueEnd | undefined
  /** Times the exchange was asked for those fills and had none. */
  fillQueries: number
  /** The exchange refused it for now: sent again then. */
  retryAt: number | undefined
  throttles: number
  /** When a report about it that cannot be read was last said. */
  unreadableAt: number
}

export interface AccountQuestion {
  readonly queryId: number
  readonly askedAt: number
  readonly since: number
  readonly trigger: ReconcileTrigger
}

export interface AccountWish {
  readonly trigger: ReconcileTrigger
  readonly notBefore: number
  /** Fills from then on; undefined: from where the last comparison ended. */
  readonly since: number | undefined
}

/** What an order was before: the exchange's word of it may still be on its way, and sounds like a word of now. */
export interface FormerVersions {
  /** When the version that is on its way was asked for. */
  requestedAt: number
  /** Newest last. */
  readonly versions: (OrderAmendment & { readonly until: number })[]
}

/** A difference that may still be explained by what is on its way. */
export interface Candidate {
  readonly fingerprint: string
  /** Since when it differs just so, and since when it differs at all. */
  readonly sameSince: number
  readonly since: number
}

/** The questions about the account as a whole. */
export interface AccountInquiry {
  /** Whether a comparison since the connection came back is complete: until then the gate is shut. */
  isCompared: boolean
  /** When the last one was complete, whether or not it found anything. */
  comparedAt: number | undefined
  /** Comparisons since then that left something open. */
  rounds: number
  asked: AccountQuestion | undefined
  wish: AccountWish | undefined
  unanswered: number
  /** The second the questions are counted in. */
  budget: { from: number; used: number }
  lastQueryId: number
  /** When the last question went out, answered or not. */
  lastAskedAt: number
  /** Fills before this are known. */
  fillsKnownUntil: number
  recoveredFills: number
  /** What differed at the last look, by id: a difference counts when it lasts. */
  candidates: Map<string, Candidate>
  /** Ids of the open differences when a comparison was last recorded. */
  lastResult: string
  /** Orders and instruments that changed since the question went out: the answer may be older than the change. */
  readonly touchedOrders: Set<ClientOrderId>
  readonly touchedSymbols: Set<InstrumentSymbol>
}

/** What is at the exchange and not ours, as the last snapshot showed it. Counted in risk. */
export interface External {
  readonly orders: Map<ExchangeOrderId, VenueOrder>
  readonly bySymbol: Map<InstrumentSymbol, ExternalExposure>
  /** Notional of the orders that may add exposure, per settle currency. */
  readonly reserved: Map<string, Money>
}

export interface ExternalExposure {
  buy: Quantity
  sell: Quantity
  /** The exchange's position less ours. */
  position: SignedQuantity
}

/** What reconciliation knows only while it is connected. */
export interface Learnt {
  exchange: string
  /** Whether there was a connection before this one since the program started. */
  hadConnection: boolean
  readonly inquiries: Map<ClientOrderId, Inquiry>
  /** Questions about orders that wait for their turn, oldest first. */
  readonly waiting: Set<ClientOrderId>
  /** The second the question budget is counted in. */
  budget: { from: number; used: number }
  account: AccountInquiry
  external: External
  readonly formerVersions: Map<ClientOrderId, FormerVersions>
  /** Orders of ours as the exchange last showed them, where that is not what we have. */
  readonly changed: Map<ClientOrderId, VenueOrder>
  /** The exchange's own average prices, as last shown. */
  averagePrices: Map<InstrumentSymbol, Price>
  /** When it was last said that a stop left something open, or that the exchange's clock is wrong. */
  leftoversSaidAt: number
  clockSaidAt: number
  accountSaidAt: number
}

export function createLearnt(fillsKnownUntil = 0): Learnt {
  return {
    exchange: '',
    hadConnection: false,
    inquiries: new Map(),
    waiting: new Set(),
    budget: { from: Number.NEGATIVE_INFINITY, used: 0 },
    account: {
      isCompared: false,
      comparedAt: undefined,
      rounds: 0,
      asked: undefined,
      wish: undefined,
      unanswered: 0,
      budget: { from: Number.NEGATIVE_INFINITY, used: 0 },
      lastQueryId: 0,
      lastAskedAt: Number.NEGATIVE_INFINITY,
      fillsKnownUntil,
      recoveredFills: 0,
      candidates: new Map(),
      lastResult: '',
      touchedOrders: new Set(),
      touchedSymbols: new Set(),
    },
    external: { orders: new Map(), bySymbol: new Map(), reserved: new Map() },
    formerVersions: new Map(),
    changed: new Map(),
    averagePrices: new Map(),
    leftoversSaidAt: Number.NEGATIVE_INFINITY,
    clockSaidAt: Number.NEGATIVE_INFINITY,
    accountSaidAt: Number.NEGATIVE_INFINITY,
  }
}

/** After a disconnect: all that was learnt may be wrong by now. */
export function forgetLearnt({ exchange, account }: Learnt): Learnt {
  const fresh = createLearnt(account.fillsKnownUntil)
  fresh.exchange = exchange
  fresh.hadConnection = true
  fresh.account.lastQueryId = account.lastQueryId
  return fresh
}
