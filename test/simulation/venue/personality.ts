import type { ExchangeCapabilities } from '#engine/ports.ts'
import type { OrderType } from '#domain/order.ts'
import type { Fees } from './market.ts'

/** What one venue is like. None is a real one; each trait is one of a real one. */
export interface Personality {
  readonly name: string
  readonly orderTypes: readonly OrderType[]
  readonly timesInForce: ExchangeCapabilities['timesInForce']
  readonly postOnly: boolean
  /** A post-only order that would take: refused, or taken and expired at once. */
  readonly postOnlyCrossing: 'reject' | 'expire'
  readonly amend: boolean
  readonly accountQuery: boolean
  /** A second order under an id: refused for ever, or only while the first is open. */
  readonly dedupe: 'always' | 'open-only'
  readonly idPattern: RegExp
  /** An accepted order, a trade or an end is invisible to queries for up to so long. */
  readonly lagMaxMs: number
  /** A request older than this is refused on arrival. */
  readonly requestWindowMs: number
  /** Requests in one second before a 429, and 429s before a ban. */
  readonly requestsPerSecond: number
  readonly strikesBeforeBan: number
  readonly banMs: number
  readonly pageSize: number
  /** The private stream is cut this often, whatever happens. */
  readonly forcedDisconnectMs: number
  readonly fees: Fees
  /** Trade ids count within a symbol: the same id on two of them (32). */
  readonly tradeIdsPerSymbol: boolean
  /** Tenths of the trades whose fee is taken in a coin of the exchange's own. */
  readonly feesInOwnCoin: number
  /** The end of an order may be told before its last fills (late fills after a cancel). */
  readonly endsBeforeFills: boolean
  /** Answers a question about an order with its trades; otherwise they must be asked for. */
  readonly queryBringsFills: boolean
  /** The answer to a submit tells the trades at once. */
  readonly answersWithFills: boolean
  /** What is left of a market order that finds no more offers expires. */
  readonly thinBook: boolean
}

const CONDITIONAL: readonly OrderType[] = ['STOP_MARKET', 'STOP_LIMIT', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT_LIMIT']

const BASE: Personality = {
  name: 'plain',
  orderTypes: ['MARKET', 'LIMIT'],
  timesInForce: ['GTC'],
  postOnly: false,
  postOnlyCrossing: 'reject',
  amend: false,
  accountQuery: true,
  dedupe: 'always',
  idPattern: /^[0-9a-zA-Z]{1,32}$/,
  lagMaxMs: 0,
  requestWindowMs: 5_000,
  requestsPerSecond: 200,
  strikesBeforeBan: 1_000,
  banMs: 0,
  pageSize: 100,
  forcedDisconnectMs: 86_400_000,
  fees: { maker: 20, taker: 55 },
  tradeIdsPerSymbol: false,
  feesInOwnCoin: 0,
  endsBeforeFills: false,
  queryBringsFills: true,
  answersWithFills: false,
  thinBook: false,
}

export const PERSONALITIES: readonly Personality[] = [
  /** No lag, nothing but market and limit: the paper exchange's twin. */
  BASE,
  /** Everything native; ids are free again when an order has ended. */
  {
    ...BASE,
    name: 'rich',
    orderTypes: ['MARKET', 'LIMIT', ...CONDITIONAL],
    timesInForce: ['GTC', 'IOC', 'FOK'],
    postOnly: true,
    amend: true,
    dedupe: 'open-only',
    idPattern: /^[0-9a-zA-Z_-]{1,36}$/,
    lagMaxMs: 400,
    fees: { maker: -5, taker: 40 },
    feesInOwnCoin: 1,
    tradeIdsPerSymbol: true,
    answersWithFills: true,
  },
  /** Slow to show what it has accepted, and tells ends before fills. */
  {
    ...BASE,
    name: 'laggard',
    timesInForce: ['GTC', 'IOC'],
    postOnly: true,
    postOnlyCrossing: 'expire',
    lagMaxMs: 2_000,
    endsBeforeFills: true,
    queryBringsFills: false,
    pageSize: 3,
    thinBook: true,
  },
  /** Strict budget: 429s, then a ban. */
  {
    ...BASE,
    name: 'strict',
    orderTypes: ['MARKET', 'LIMIT', 'STOP_MARKET', 'TAKE_PROFIT_MARKET'],
    timesInForce: ['GTC', 'FOK'],
    amend: true,
    dedupe: 'open-only',
    idPattern: /^[0-9a-z]{26,30}$/,
    lagMaxMs: 200,
    requestsPerSecond: 8,
    strikesBeforeBan: 6,
    banMs: 20_000,
    pageSize: 5,
    tradeIdsPerSymbol: true,
  },
  /** Cuts the stream all the time and has no answer about the account. */
  {
    ...BASE,
    name: 'hermit',
    orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'TAKE_PROFIT_LIMIT'],
    timesInForce: ['GTC', 'IOC', 'FOK'],
    postOnly: true,
    accountQuery: false,
    lagMaxMs: 1_000,
    forcedDisconnectMs: 45_000,
    fees: { maker: 10, taker: 10 },
    thinBook: true,
  },
  /** Conditional orders and amendments with long lag and small pages. */
  {
    ...BASE,
    name: 'baroque',
    orderTypes: ['MARKET', 'LIMIT', ...CONDITIONAL],
    timesInForce: ['GTC', 'IOC', 'FOK'],
    postOnly: true,
    postOnlyCrossing: 'expire',
    amend: true,
    lagMaxMs: 1_500,
    pageSize: 2,
    queryBringsFills: false,
    answersWithFills: true,
    fees: { maker: 0, taker: 75 },
  },
]

/** Seconds by which a machine's clock may be wrong on top of lag and request window before absence is proof. */
const MARGIN_MS = 1_000

export function capabilitiesOf(personality: Personality): ExchangeCapabilities {
  const { orderTypes, timesInForce, postOnly, amend, accountQuery, lagMaxMs, requestWindowMs } = personality
  return { orderTypes, timesInForce, postOnly, amend, accountQuery, acceptanceWindowMs: requestWindowMs + lagMaxMs + MARGIN_MS }
}
