import type { Instrument } from '#domain/instrument.ts'
import { checkInstrumentRules } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, basisPoints, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { reservedBy, worstOpenQuantity } from '../orders/exposure.ts'
import { holdsUpFlattening } from '../orders/flattening.ts'
import { externalQuantity, externalReserved } from '../reconcile/external.ts'
import { availableBalance, lossToday, valueAccount } from '../portfolio/equity.ts'
import { positionKey, workingTotals, type EngineState, type TrackedOrder } from '../state.ts'
import type { OrderIntent, Refusal } from './intent.ts'
import { checkShape } from './order-shape.ts'
import { parsedLimits } from './parsed-limits.ts'
import { checkSelfTrade } from './self-trade.ts'

export type { OrderIntent, Refusal } from './intent.ts'

/** What the gate is to look away from, or to look at as well. */
export interface GateContext {
  /** A version of the same order that counts already: it is being amended or released. */
  readonly instead?: TrackedOrder | undefined
  /** An order of the same decision that is not counted yet. */
  readonly beside?: OrderIntent | undefined
  /** A limit price that was looked at when the order was taken. */
  readonly isPriceKnown?: boolean | undefined
}

/**
 * The one way to an exchange: every rule, in one order, first refusal wins. Working orders count at once and in the
 * worst case, so a burst cannot slip through between send and fill. Exits skip the rules about exposure, never the exchange's own.
 */
export function checkOrder(
  state: EngineState,
  instrument: Instrument,
  intent: OrderIntent,
  context: GateContext = {},
): Refusal | undefined {
  const shape = checkShape(state, intent)
  if (shape !== undefined) return shape
  if (holdsUpFlattening(state, intent))
    return { reason: 'HALTED', value: `${intent.type} waits for its price`, limit: 'the stop is closing this position at the market' }
  const rules = checkInstrumentRules(instrument, intent)
  if (rules !== undefined) return { reason: rules.code, value: rules.value, limit: rules.limit }
  if (intent.triggerPrice !== undefined && !Price.isOnTick(intent.triggerPrice, instrument.tickSize)) {
    return { reason: 'PRICE_OFF_TICK', value: `trigger ${Price.format(intent.triggerPrice)}`, limit: Price.format(instrument.tickSize) }
  }
  const price = context.isPriceKnown === true ? undefined : checkCollar(state, intent)
  return price ?? checkSelfTrade(state, intent) ?? (intent.reduceOnly ? undefined : checkExposure(state, { instrument, intent, context }))
}

interface Asked {
  readonly instrument: Instrument
  readonly intent: OrderIntent
  readonly context: GateContext
}

function checkCollar(state: EngineState, intent: OrderIntent): Refusal | undefined {
  if (intent.price === undefined) return undefined
  const reference = Money.parse(Price.format(intent.referencePrice), '')
  const allowed = basisPoints(reference, parsedLimits(state.limits, '').priceCollar)
  const distance = Money.absolute(Money.parse(fixed.format(Price.subtract(intent.price, intent.referencePrice)), ''))
  if (Money.compare(distance, allowed) <= 0) return undefined
  return {
    reason: 'PRICE_COLLAR',
    value: Price.format(intent.price),
    limit: `${Price.format(intent.referencePrice)} ± ${state.limits.priceCollarBps} bps`,
  }
}

function checkExposure(state: EngineState, asked: Asked): Refusal | undefined {
  const { instrument, intent, context } = asked
  const { limits } = state
  const currency = instrument.settle
  const value = notional(intent.price ?? intent.referencePrice, intent.quantity, currency)
  const { maxOrderNotional, maxPositionNotional } = parsedLimits(limits, currency)
  if (Money.compare(value, maxOrderNotional) > 0)
    return { reason: 'MAX_ORDER_NOTIONAL', value: text(value), limit: limits.maxOrderNotional }

  const worst = worstCaseNotional(state, asked)
  if (Money.compare(worst, maxPositionNotional) > 0) {
    return { reason: 'MAX_POSITION_NOTIONAL', value: text(worst), limit: limits.maxPositionNotional }
  }
  const working = state.workingCount + (context.beside === undefined ? 0 : 1) - (context.instead === undefined ? 0 : 1)
  if (working >= limits.maxOpenOrders) return { reason: 'TOO_MANY_OPEN_ORDERS', value: `${working + 1}`, limit: `${limits.maxOpenOrders}` }
  return checkOpenPositions(state, intent) ?? checkRate(state, context) ?? checkAccount(state, asked)
}

/**
 * |position| if this order and every working entry of the same direction fill completely, at the reference price. What others
 * hold and may buy at the exchange counts as if it were the trader's.
 */
function worstCaseNotional(state: EngineState, { instrument, intent, context }: Asked): Money {
  const key = positionKey(intent.traderId, intent.symbol)
  const { entryBuy, entrySell } = workingTotals(state, key)
  const working = intent.side === 'BUY' ? entryBuy : entrySell
  const { instead, beside } = context
  const others = instead === undefined ? working : Quantity.subtract(working, worstOpenQuantity(instead))
  const together = beside?.side === intent.side ? Quantity.add(others, beside.quantity) : others
  const all = Quantity.add(together, externalQuantity(state, intent.symbol, intent.side))
  let worst = SignedQuantity.of(Quantity.add(intent.quantity, all), intent.side)
  const held = state.positions.get(key)
  if (held !== undefined) worst = SignedQuantity.add(worst, held.quantity)
  return Money.absolute(notional(intent.referencePrice, worst, instrument.settle))
}

function checkOpenPositions(state: EngineState, intent: OrderIntent): Refusal | undefined {
  const open = state.exposed.size + (state.exposed.has(positionKey(intent.traderId, intent.symbol)) ? 0 : 1)
  if (open <= state.limits.maxOpenPositions) return undefined
  return { reason: 'MAX_OPEN_POSITIONS', value: `${open}`, limit: `${state.limits.maxOpenPositions}` }
}

const RATE_WINDOW_MS = 1_000
function checkRate(state: EngineState, { beside }: GateContext): Refusal | undefined {
  const { maxOrdersPerSecond } = state.limits
  let recent = beside === undefined ? 0 : 1
  if (state.orderTimes.length + recent < maxOrdersPerSecond) return undefined
  for (let i = state.orderTimes.length - 1; i >= 0; i -= 1) {
    if ((state.orderTimes[i] ?? 0) <= state.now - RATE_WINDOW_MS) break
    recent += 1
  }
  if (recent < maxOrdersPerSecond) return undefined
  return { reason: 'MAX_ORDER_RATE', value: `${recent + 1} in 1 s`, limit: `${maxOrdersPerSecond}` }
}

function checkAccount(state: EngineState, { instrument, intent, context: { instead, beside } }: Asked): Refusal | undefined {
  const account = state.accounts.get(instrument.settle)
  if (account === undefined)
    return { reason: 'INSUFFICIENT_BALANCE', value: text(costOf(intent, instrument)), limit: `no ${instrument.settle} account` }
  const valuation = valueAccount(state, account)
  const loss = lossToday(account, valuation, state.now)
  if (Money.compare(loss, parsedLimits(state.limits, account.currency).maxDailyLoss) >= 0) {
    return { reason: 'MAX_DAILY_LOSS', value: text(loss), limit: state.limits.maxDailyLoss }
  }
  const cost = costOf(intent, instrument)
  const free = Money.subtract(availableBalance(account, valuation), externalReserved(state, account.currency))
  const freed = instead === undefined ? free : Money.add(free, reservedBy(instead, instrument))
  const available = beside === undefined ? freed : Money.subtract(freed, costOf(beside, instrument))
  if (Money.compare(cost, available) > 0) return { reason: 'INSUFFICIENT_BALANCE', value: text(cost), limit: text(available) }
  return undefined
}

function costOf(intent: OrderIntent, instrument: Instrument): Money {
  const value = notional(intent.price ?? intent.referencePrice, intent.quantity, instrument.settle)
  return Money.add(value, basisPoints(value, instrument.takerFee))
}

const text = (amount: Money): string => fixed.format(fixed.trim(amount))
