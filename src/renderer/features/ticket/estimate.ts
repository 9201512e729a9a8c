import { checkInstrumentRules } from '#domain/instrument.ts'
import type { Instrument } from '#domain/instrument.ts'
import { parseSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { BasisPoints, basisPoints, Money, notional } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { InstrumentView, PriceView } from '#contract/views.ts'
import { orderNeeds } from '#contract/requests.ts'
import type { Draft, Problem, Surroundings } from './draft.ts'
import { legProblems } from './leg-problems.ts'

export interface Estimate {
  readonly reference: string | undefined
  readonly quantity: string | undefined
  readonly notional: string | undefined
  readonly fee: string | undefined
  /** Available after cost and fee; absent for reduce-only orders and without a balance. */
  readonly left: string | undefined
  readonly lossAtStop: string | undefined
  readonly gainAtTarget: string | undefined
  /** What the steps of the ladder bring together. */
  readonly gainOverLadder: string | undefined
  /** What the gate would say of what is known here. The gate knows more. */
  readonly problems: readonly Problem[]
}

const NOTHING: Estimate = {
  reference: undefined,
  quantity: undefined,
  notional: undefined,
  fee: undefined,
  left: undefined,
  lossAtStop: undefined,
  gainAtTarget: undefined,
  gainOverLadder: undefined,
  problems: [],
}

function toInstrument(view: InstrumentView): Instrument {
  return {
    symbol: parseSymbol(view.symbol),
    exchange: view.exchange,
    kind: view.kind,
    base: view.base,
    quote: view.quote,
    settle: view.settle,
    tickSize: Price.parse(view.tick_size),
    lotSize: Quantity.parse(view.lot_size),
    minQuantity: Quantity.parse(view.min_quantity),
    minNotional: Money.parse(view.min_notional, view.settle),
    makerFee: BasisPoints.parse(view.maker_fee_bps),
    takerFee: BasisPoints.parse(view.taker_fee_bps),
  }
}

/** The price the order is valued at: its own limit, else its trigger, else the side of the book it would take. */
function referenceOf(draft: Draft, quote: PriceView | undefined): Price | undefined {
  const needs = orderNeeds(draft.type)
  const own = needs.price ? draft.price : needs.trigger ? draft.trigger : undefined
  if (needs.price || needs.trigger) return own === undefined ? undefined : Price.parse(own)
  if (quote === undefined) return undefined
  return Price.parse(draft.side === 'BUY' ? quote.ask : quote.bid)
}

function quantityOf(draft: Draft, instrument: Instrument, reference: Price): Quantity | undefined {
  if (draft.size === undefined) return undefined
  if (draft.sizeBy === 'quantity') return Quantity.parse(draft.size)
  if (!Price.isPositive(reference)) return undefined
  const raw = fixed.divide<'Quantity'>(
    Money.parse(draft.size, instrument.settle),
    reference,
    Math.min(fixed.SCALE_MAX, instrument.lotSize.scale + 2),
    'floor',
  )
  return Quantity.roundToLot(raw, instrument.lotSize, 'floor')
}

function above(value: Money, limit: string): boolean {
  return Money.compare(value, Money.parse(limit, value.currency)) > 0
}

function collarProblem(draft: Draft, quote: PriceView | undefined, collarBps: string): Problem | undefined {
  if (draft.type !== 'LIMIT' || draft.price === undefined || quote === undefined) return undefined
  const last = Price.parse(quote.last)
  if (!Price.isPositive(last)) return undefined
  const away = fixed.absolute(fixed.subtract<'Price'>(Price.parse(draft.price), last))
  const bps = fixed.divide<'Bps'>(fixed.multiply(away, fixed.make(10_000n, 0)), last, 1, 'half-even')
  return fixed.compare(bps, fixed.parse(collarBps)) > 0 ? { reason: 'PRICE_COLLAR', value: fixed.format(bps), limit: collarBps } : undefined
}

function protectionProblem(draft: Draft, reference: Price): Problem | undefined {
  const wrong = (level: string | undefined, shouldBeBelow: boolean): boolean => {
    if (level === undefined) return false
    const side = Price.compare(Price.parse(level), reference)
    return shouldBeBelow ? side >= 0 : side <= 0
  }
  const long = draft.side === 'BUY'
  const bad = wrong(draft.stop, long) ? draft.stop : wrong(draft.target, !long) ? draft.target : undefined
  return bad === undefined ? undefined : { reason: 'PROTECTION_WRONG_SIDE', value: bad, limit: Price.format(reference) }
}

function problemsOf(
  draft: Draft,
  around: Surroundings,
  order: { instrument: Instrument; quantity: Quantity; reference: Price; cost: Money; fee: Money },
): Problem[] {
  const { risk, balance, quote } = around
  const { instrument, quantity, reference, cost, fee } = order
  const found: (Problem | undefined)[] = []
  if (risk?.halted) found.push({ reason: 'HALTED' })
  const rule = checkInstrumentRules(instrument, {
    quantity,
    referencePrice: reference,
    reduceOnly: draft.reduceOnly,
    ...(orderNeeds(draft.type).price ? { price: reference } : {}),
  })
  if (rule !== undefined) found.push({ reason: rule.code, value: rule.value, limit: rule.limit })
  if (risk !== undefined) {
    const { limits, used } = risk
    if (!draft.reduceOnly && above(cost, limits.max_order_notional))
      found.push({ reason: 'MAX_ORDER_NOTIONAL', value: Money.format(Money.trim(cost)), limit: limits.max_order_notional })
    if (!draft.reduceOnly && fixed.compare(fixed.parse(used.daily_loss), fixed.parse(limits.max_daily_loss)) >= 0)
      found.push({ reason: 'MAX_DAILY_LOSS', value: used.daily_loss, limit: limits.max_daily_loss })
    if (used.open_orders >= limits.max_open_orders)
      found.push({ reason: 'TOO_MANY_OPEN_ORDERS', value: String(used.open_orders + 1), limit: String(limits.max_open_orders) })
    found.push(collarProblem(draft, quote, limits.price_collar_bps))
  }
  const needed = Money.add(cost, fee)
  if (!draft.reduceOnly && balance !== undefined && balance.currency === cost.currency && above(needed, balance.available)) {
    found.push({ reason: 'INSUFFICIENT_BALANCE', value: Money.format(Money.trim(needed)), limit: balance.available })
  }
  if (!draft.reduceOnly) found.push(protectionProblem(draft, reference))
  found.push(...legProblems(draft, around))
  if (draft.second !== undefined)
    found.push(...legProblems({ ...draft, ...draft.second, postOnly: false }, around).map((problem) => ({ ...problem, second: true })))
  return found.filter((problem) => problem !== undefined)
}

const ALL_SQUARED = fixed.make<'Factor'>(100_000_000n, 0)
/** Each step sells its share of the cost at its profit. */
function ladderGain(ladder: Draft['ladder'], cost: Money): string {
  const parts = ladder.map((step) => fixed.multiply<'Gain'>(fixed.parse(step.at_bps), fixed.parse(step.share_bps)))
  const weighted = parts.reduce((sum, part) => fixed.add(sum, part), fixed.make<'Gain'>(0n, 0))
  return fixed.format(
    fixed.trim(fixed.divide(fixed.multiply(weighted, cost), ALL_SQUARED, Math.min(fixed.SCALE_MAX, cost.scale + 4), 'half-even')),
  )
}

/** What the order would cost and what the gate would likely say, all in exact decimals. */
export function estimateOrder(draft: Draft, around: Surroundings): Estimate {
  const instrument = toInstrument(around.instrument)
  const reference = referenceOf(draft, around.quote)
  if (reference === undefined) return NOTHING
  const quantity = quantityOf(draft, instrument, reference)
  if (quantity === undefined) return { ...NOTHING, reference: Price.format(reference) }
  const cost = notional(reference, quantity, instrument.settle)
  const fee = basisPoints(cost, orderNeeds(draft.type).price ? instrument.makerFee : instrument.takerFee)
  const distance = (level: string | undefined): string | undefined => {
    if (level === undefined) return undefined
    const away = fixed.absolute(fixed.subtract<'Price'>(Price.parse(level), reference))
    return Money.format(Money.trim(notional(away, quantity, instrument.settle)))
  }
  const { balance } = around
  const left =
    draft.reduceOnly || balance === undefined || balance.currency !== instrument.settle
      ? undefined
      : Money.subtract(Money.parse(balance.available, instrument.settle), Money.add(cost, fee))
  return {
    reference: Price.format(reference),
    quantity: Quantity.format(quantity),
    notional: Money.format(Money.trim(cost)),
    fee: Money.format(Money.trim(fee)),
    left: left === undefined ? undefined : Money.format(Money.trim(left)),
    lossAtStop: distance(draft.stop),
    gainAtTarget: distance(draft.target),
    gainOverLadder: draft.ladder.length === 0 ? undefined : ladderGain(draft.ladder, cost),
    problems: problemsOf(draft, around, { instrument, quantity, reference, cost, fee }),
  }
}
