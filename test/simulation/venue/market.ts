import { parseSymbol, type InstrumentSymbol } from '#domain/ids.ts'
import type { Instrument } from '#domain/instrument.ts'
import type { BasisPoints } from '#domain/money/money.ts'
import { Money } from '#domain/money/money.ts'
import { make } from '#domain/money/fixed.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity } from '#domain/money/quantity.ts'
import type { Random } from '../core/random.ts'

/** A market as the venue counts it: whole ticks and whole lots. */
export interface Market {
  readonly symbol: InstrumentSymbol
  readonly kind: 'spot' | 'perpetual'
  /** One tick is `tickUnits` × 10^-tickScale. */
  readonly tickUnits: number
  readonly tickScale: number
  readonly lotUnits: number
  readonly lotScale: number
  readonly minLots: number
  readonly minNotional: string
  readonly startTicks: number
  /** Largest step of the walk in one second, ticks. */
  readonly stepTicks: number
}

export const MARKETS: readonly Market[] = [
  {
    symbol: parseSymbol('BTC/USDT:USDT'),
    kind: 'perpetual',
    tickUnits: 1,
    tickScale: 1,
    lotUnits: 1,
    lotScale: 3,
    minLots: 1,
    minNotional: '5',
    startTicks: 600_000,
    stepTicks: 400,
  },
  {
    symbol: parseSymbol('ETH/USDT:USDT'),
    kind: 'perpetual',
    tickUnits: 5,
    tickScale: 2,
    lotUnits: 2,
    lotScale: 2,
    minLots: 2,
    minNotional: '10',
    startTicks: 60_000,
    stepTicks: 50,
  },
  {
    symbol: parseSymbol('SOL/USDT'),
    kind: 'spot',
    tickUnits: 1,
    tickScale: 3,
    lotUnits: 1,
    lotScale: 1,
    minLots: 1,
    minNotional: '1',
    startTicks: 150_000,
    stepTicks: 150,
  },
]

export const marketOf = (symbol: string): Market => {
  const market = MARKETS.find((each) => each.symbol === symbol)
  if (market === undefined) throw new Error(`the venue lists no ${symbol}`)
  return market
}

export const priceOf = (market: Market, ticks: number): Price => make<'Price'>(BigInt(ticks * market.tickUnits), market.tickScale)
export const quantityOf = (market: Market, lots: number): Quantity => make<'Quantity'>(BigInt(lots * market.lotUnits), market.lotScale)

/** Undefined when the value is no whole number of steps. */
function whole(units: bigint, scale: number, step: { readonly units: number; readonly scale: number }): number | undefined {
  const shift = 10n ** BigInt(Math.max(scale, step.scale))
  const value = (units * shift) / 10n ** BigInt(scale)
  const size = (BigInt(step.units) * shift) / 10n ** BigInt(step.scale)
  return value % size === 0n ? Number(value / size) : undefined
}

export const ticksOf = (market: Market, price: Price): number | undefined =>
  whole(price.units, price.scale, { units: market.tickUnits, scale: market.tickScale })
export const lotsOf = (market: Market, quantity: Quantity): number | undefined =>
  whole(quantity.units, quantity.scale, { units: market.lotUnits, scale: market.lotScale })

/** Digits of the venue's money. */
export const CASH_SCALE = 12
const CASH_ONE = 10n ** BigInt(CASH_SCALE)

/** Price × quantity in the venue's money. Exact. */
export function valueOf(market: Market, ticks: number, lots: number): bigint {
  const units = BigInt(ticks * market.tickUnits) * BigInt(lots * market.lotUnits)
  return (units * CASH_ONE) / 10n ** BigInt(market.tickScale + market.lotScale)
}

export const cashMoney = (cash: bigint, currency = 'USDT'): Money => Money.trim(Money.parse(cashText(cash), currency))

function cashText(cash: bigint): string {
  const digits = (cash < 0n ? -cash : cash).toString().padStart(CASH_SCALE + 1, '0')
  return `${cash < 0n ? '-' : ''}${digits.slice(0, -CASH_SCALE)}.${digits.slice(-CASH_SCALE)}`
}

export interface Fees {
  /** Tenths of a basis point; a maker may be paid. */
  readonly maker: number
  readonly taker: number
}

export function listing(market: Market, exchange: string, fees: Fees): Instrument {
  return {
    symbol: market.symbol,
    exchange,
    kind: market.kind,
    base: market.symbol.split('/')[0] ?? '',
    quote: 'USDT',
    settle: 'USDT',
    tickSize: priceOf(market, 1),
    lotSize: quantityOf(market, 1),
    minQuantity: quantityOf(market, market.minLots),
    minNotional: Money.parse(market.minNotional, 'USDT'),
    makerFee: make(BigInt(fees.maker), 1) as BasisPoints,
    takerFee: make(BigInt(fees.taker), 1) as BasisPoints,
  }
}

/** A seeded walk with jumps. Prices stay positive and near where they began. */
export class PriceWalk {
  readonly #market: Market
  readonly #random: Random
  #ticks: number
  #trend = 0

  constructor(market: Market, random: Random) {
    this.#market = market
    this.#random = random
    this.#ticks = market.startTicks
  }

  get ticks(): number {
    return this.#ticks
  }

  step(): number {
    const { stepTicks, startTicks } = this.#market
    if (this.#random.chance(0.1)) this.#trend = this.#random.between(-stepTicks, stepTicks) >> 1
    const jump = this.#random.chance(0.02) ? this.#random.between(-8 * stepTicks, 8 * stepTicks) : 0
    const moved = this.#ticks + this.#trend + jump + this.#random.between(-stepTicks, stepTicks)
    this.#ticks = Math.max(Math.floor(startTicks * 0.8), Math.min(Math.floor(startTicks * 1.2), moved))
    return this.#ticks
  }
}
