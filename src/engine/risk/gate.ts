import type { Instrument } from '#domain/instrument.ts'
import { checkInstrumentRules } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money, basisPoints, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderPurpose, OrderSide, OrderType } from '#domain/order.ts'
import type { InstrumentSymbol, TraderId } from '#domain/ids.ts'
import type { ReasonCode } from '#domain/signal.ts'
import { parsedLimits } from './parsed-limits.ts'
import { availableBalance, lossToday, valueAccount } from '../portfolio/equity.ts'
import { positionKey, workingTotals, type EngineState, type Protection } from '../state.ts'

/** What somebody wants to send, sized and priced, before the gate has looked at it. */
export interface OrderIntent extends Protection {
  readonly traderId: TraderId
  readonly symbol: InstrumentSymbol
  readonly side: OrderSide
  readonly type: OrderType
  readonly purpose: OrderPurpose
  readonly quantity: Quantity
  readonly price?: Price | undefined
  readonly referencePrice: Price
  readonly reduceOnly: boolean
}

export interface Refusal {
  readonly reason: ReasonCode
  /** What was asked, and what the rule allows. */
  readonly value?: string | undefined
  readonly limit?: string | undefined
}

/**
 * The one way to an exchange: every rule, in one order, first refusal wins. Working orders count at once and in the
 * worst case, so a burst cannot slip through between send and fill. Exits skip the rules about exposure, never the exchange's own.
 */
export function checkOrder(state: EngineState, instrument: Instrument, intent: OrderIntent): Refusal | undefined {
  const rules = checkInstrumentRules(instrument, intent)
  if (rules !== undefined) return { reason: rules.code, value: rules.value, limit: rules.limit }
  return checkCollar(state, intent) ?? (intent.reduceOnly ? undefined : checkExposure(state, instrument, intent))
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

function checkExposure(state: EngineState, instrument: Instrument, intent: OrderIntent): Refusal | undefined {
  const { limits } = state
  const currency = instrument.settle
  const value = notional(intent.price ?? intent.referencePrice, intent.quantity, currency)
  const { maxOrderNotional, maxPositionNotional } = parsedLimits(limits, currency)
  if (Money.compare(value, maxOrderNotional) > 0)
    return { reason: 'MAX_ORDER_NOTIONAL', value: text(value), limit: limits.maxOrderNotional }

  const worst = worstCaseNotional(state, instrument, intent)
  if (Money.compare(worst, maxPositionNotional) > 0) {
    return { reason: 'MAX_POSITION_NOTIONAL', value: text(worst), limit: limits.maxPositionNotional }
  }
  if (state.workingCount >= limits.maxOpenOrders) {
    return { reason: 'TOO_MANY_OPEN_ORDERS', value: `${state.workingCount + 1}`, limit: `${limits.maxOpenOrders}` }
  }
  return checkOpenPositions(state, intent) ?? checkRate(state) ?? checkAccount(state, instrument, value)
}

/** |position| if this order and every working entry of the same direction fill completely, at the reference price. */
function worstCaseNotional(state: EngineState, instrument: Instrument, intent: OrderIntent): Money {
  const key = positionKey(intent.traderId, intent.symbol)
  const { entryBuy, entrySell } = workingTotals(state, key)
  const working = intent.side === 'BUY' ? entryBuy : entrySell
  let worst = SignedQuantity.of(Quantity.add(intent.quantity, working), intent.side)
  const held = state.positions.get(key)
  if (held !== undefined) worst = SignedQuantity.add(worst, held.quantity)
  return Money.absolute(notional(intent.referencePrice, worst, instrument.settle))
}

function checkOpenPositions(state: EngineState, intent: OrderIntent): Refusal | undefined {
  const mine = positionKey(intent.traderId, intent.symbol)
  let open = 0
  for (const [key, position] of state.positions) {
    if (key !== mine && position.quantity.units !== 0n) open += 1
  }
  for (const [key, { entryBuy, entrySell }] of state.workingTotals) {
    if (key === mine || (state.positions.get(key)?.quantity.units ?? 0n) !== 0n) continue
    if (!Quantity.isZero(entryBuy) || !Quantity.isZero(entrySell)) open += 1
  }
  if (open + 1 <= state.limits.maxOpenPositions) return undefined
  return { reason: 'MAX_OPEN_POSITIONS', value: `${open + 1}`, limit: `${state.limits.maxOpenPositions}` }
}

const RATE_WINDOW_MS = 1_000
function checkRate(state: EngineState): Refusal | undefined {
  const { maxOrdersPerSecond } = state.limits
  if (state.orderTimes.length < maxOrdersPerSecond) return undefined
  let recent = 0
  for (let i = state.orderTimes.length - 1; i >= 0; i -= 1) {
    if ((state.orderTimes[i] ?? 0) <= state.now - RATE_WINDOW_MS) break
    recent += 1
  }
  if (recent < maxOrdersPerSecond) return undefined
  return { reason: 'MAX_ORDER_RATE', value: `${recent + 1} in 1 s`, limit: `${maxOrdersPerSecond}` }
}

function checkAccount(state: EngineState, instrument: Instrument, value: Money): Refusal | undefined {
  const account = state.accounts.get(instrument.settle)
  if (account === undefined) return { reason: 'INSUFFICIENT_BALANCE', value: text(value), limit: `no ${instrument.settle} account` }
  const valuation = valueAccount(state, account)
  const loss = lossToday(account, valuation, state.now)
  if (Money.compare(loss, parsedLimits(state.limits, account.currency).maxDailyLoss) >= 0) {
    return { reason: 'MAX_DAILY_LOSS', value: text(loss), limit: state.limits.maxDailyLoss }
  }
  const cost = Money.add(value, basisPoints(value, instrument.takerFee))
  const available = availableBalance(account, valuation)
  if (Money.compare(cost, available) > 0) return { reason: 'INSUFFICIENT_BALANCE', value: text(cost), limit: text(available) }
  return undefined
}

const text = (amount: Money): string => fixed.format(fixed.trim(amount))
