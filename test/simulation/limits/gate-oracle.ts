import { abs, dec, mul, ONE } from '../core/decimal.ts'
import type { Market } from '../venue/market.ts'
import type { Ledger } from './ledger.ts'

/** What is asked for, in exact decimals. */
export interface Asked {
  readonly key: string
  readonly market: Market
  readonly side: 'BUY' | 'SELL'
  readonly isExit: boolean
  readonly quantity: bigint
  readonly limit: bigint | undefined
}

const unit = (units: number, scale: number): bigint => (BigInt(units) * ONE) / 10n ** BigInt(scale)
const BPS = 10_000n
/** A market order may walk so far: `risk/self-trade` names the same number. */
const MARKET_REACH_BPS = 50n
/** Tenths of a basis point, as the bench lists its markets. */
export const TAKER_TENTHS = 55n

/**
 * Every limit by the words of its own docstring, in whole numbers, knowing nothing of the gate's code. Returns all rules the
 * order breaks: none means that it must be admitted.
 */
export function brokenRules(ledger: Ledger, asked: Asked): string[] {
  const reference = ledger.marks.get(asked.market.symbol)
  if (reference === undefined) return ['NO_REFERENCE_PRICE']
  const rules = asked.isExit ? EXIT_RULES : ENTRY_RULES
  return Object.entries(rules).flatMap(([name, breaks]) => (breaks(ledger, asked, reference.price) ? [name] : []))
}

type Rule = (ledger: Ledger, asked: Asked, reference: bigint) => boolean

const value = (asked: Asked, reference: bigint): bigint => mul(asked.limit ?? reference, asked.quantity)

/** The exchange's own rules: whole lots, at least the smallest order, prices on the tick. */
const offLot: Rule = (_, { market, quantity }) => quantity % unit(market.lotUnits, market.lotScale) !== 0n || quantity <= 0n
const tooSmall: Rule = (_, { market, quantity }) => quantity < unit(market.lotUnits, market.lotScale) * BigInt(market.minLots)
const offTick: Rule = (_, { market, limit }) => limit !== undefined && limit % unit(market.tickUnits, market.tickScale) !== 0n
const tooCheap: Rule = (_, asked, reference) => value(asked, reference) < dec(asked.market.minNotional)

/** `priceCollarBps`: how far from the reference price a limit price may lie. */
const collar: Rule = ({ limits }, { limit }, reference) =>
  limit !== undefined && abs(limit - reference) * BPS * ONE > reference * dec(limits.priceCollarBps)

/** `referenceMaxAgeMs`: above it a reference price is stale, entries stop. */
const stale: Rule = (ledger, { market }) => ledger.now - (ledger.marks.get(market.symbol)?.ts ?? 0) > ledger.limits.referenceMaxAgeMs

const orderNotional: Rule = ({ limits }, asked, reference) => value(asked, reference) > dec(limits.maxOrderNotional)

/** `maxPositionNotional`: per trader and instrument, if all its working entries of that direction fill, with this one. */
const positionNotional: Rule = (ledger, asked, reference) => {
  const open = ledger.openSum((order) => order.key === asked.key && order.side === asked.side && !order.isExit) + asked.quantity
  const held = ledger.positions.get(asked.key) ?? 0n
  return mul(abs(held + (asked.side === 'BUY' ? open : -open)), reference) > dec(ledger.limits.maxPositionNotional)
}

const openOrders: Rule = (ledger) => ledger.working().length + 1 > ledger.limits.maxOpenOrders

/** `maxOpenPositions`: open or about to open, over all traders. */
const openPositions: Rule = (ledger, { key }) => {
  const keys = new Set([key])
  for (const [each, quantity] of ledger.positions) if (quantity !== 0n) keys.add(each)
  for (const order of ledger.working()) if (!order.isExit) keys.add(order.key)
  return keys.size > ledger.limits.maxOpenPositions
}

/** `maxOrdersPerSecond`: in any window of one second, exits counted. */
const orderRate: Rule = ({ sendTimes, now, limits }) => sendTimes.filter((ts) => ts > now - 1_000).length + 1 > limits.maxOrdersPerSecond

/** `maxDailyLoss`: realised, unrealised and fees since 00:00 UTC; at the limit entries stop. */
const dailyLoss: Rule = (ledger) => ledger.dayStart - ledger.worth().equity >= dec(ledger.limits.maxDailyLoss)

/** Leverage is one: an entry and its fee must fit into what positions and working orders leave of the equity. */
const balance: Rule = (ledger, asked, reference) => {
  const { equity, exposure } = ledger.worth()
  const cost = value(asked, reference)
  return (cost * (BPS * 10n + TAKER_TENTHS)) / (BPS * 10n) > equity - exposure - ledger.reserved()
}

/** C20: our own orders do not trade with each other. */
const selfTrade: Rule = (ledger, { market, side, limit }, reference) => {
  const reach = limit ?? (reference * (BPS + (side === 'BUY' ? MARKET_REACH_BPS : -MARKET_REACH_BPS))) / BPS
  return ledger.working().some((order) => {
    if (order.symbol !== market.symbol || order.side === side || order.limit === undefined) return false
    return side === 'BUY' ? order.limit <= reach : order.limit >= reach
  })
}

/** 2.1: an order that was to be canceled before the exchange had confirmed it may or may not be there. */
const unknownFate: Rule = (ledger, { market }) =>
  ledger.working().some((order) => order.symbol === market.symbol && order.isCancelAsked && !order.isConfirmed)

/** Closing is said plainly or not done. */
const opposite: Rule = (ledger, { key, side }) => {
  const held = ledger.positions.get(key) ?? 0n
  return side === 'BUY' ? held < 0n : held > 0n
}

/** C9: an exit closes at most what is held and not being closed already. */
const nothingToClose: Rule = (ledger, { key, side, quantity }) => {
  const held = ledger.positions.get(key) ?? 0n
  const closing = ledger.openSum((order) => order.key === key && order.side === side)
  return side === 'SELL' ? quantity > held - closing : quantity > -held - closing
}

const SHARED = { offLot, tooSmall, offTick, collar } satisfies Readonly<Record<string, Rule>>
const EXIT_RULES: Readonly<Record<string, Rule>> = { ...SHARED, nothingToClose }
const ENTRY_RULES: Readonly<Record<string, Rule>> = {
  ...SHARED,
  tooCheap,
  stale,
  orderNotional,
  positionNotional,
  openOrders,
  openPositions,
  orderRate,
  dailyLoss,
  balance,
  selfTrade,
  unknownFate,
  opposite,
}
