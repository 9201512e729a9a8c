import type { Candle } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import type { Price } from '#domain/money/price.ts'
import type { MarketSlice } from '../paper/market-slice.ts'
import { priceOfTicks, quantityOfLots, type PaperInstrument } from '../paper/paper-instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { anchorLog } from './demo-anchor.ts'
import { BARS_PER_DAY, demoDay, MINUTE_SIGMA, type DemoDay } from './demo-day.ts'
import { demoRandom } from './demo-random.ts'
import { DEMO_INSTRUMENTS } from './instruments.ts'

export const BAR_MS = 60_000
export const SLICES_PER_BAR = 60
const SLICE_MS = BAR_MS / SLICES_PER_BAR
/** Days kept per symbol. */
const DAYS_KEPT = 3

interface DemoSymbol {
  readonly basePrice: number
  /** How strongly it follows the whole market, and how much it moves on its own. */
  readonly marketShare: number
  readonly ownShare: number
  /** What it takes its own movement from: the perpetual shares the spot's. */
  readonly source: string
  /** Distance a perpetual may have from its spot, as a fraction. */
  readonly basis: number
  /** Base units traded in a quiet minute. */
  readonly minuteVolume: number
}

const SYMBOLS: Readonly<Record<string, DemoSymbol>> = {
  'BTC/USDT': { basePrice: 64_000, marketShare: 0.9, ownShare: 0.45, source: 'BTC', basis: 0, minuteVolume: 14 },
  'BTC/USDT:USDT': { basePrice: 64_000, marketShare: 0.9, ownShare: 0.45, source: 'BTC', basis: 0.0006, minuteVolume: 90 },
  'ETH/USDT': { basePrice: 3_200, marketShare: 1.05, ownShare: 0.6, source: 'ETH', basis: 0, minuteVolume: 220 },
  'SOL/USDT': { basePrice: 150, marketShare: 1.2, ownShare: 0.95, source: 'SOL', basis: 0, minuteVolume: 2_900 },
}

/** Log prices of a day: element i is where bar i starts, the last where the day ends. */
interface SymbolDay {
  readonly levels: Float64Array
  readonly gaps: Float64Array
  readonly activity: Float64Array
}

export interface DemoBar {
  readonly candle: Candle
  /** The bar in equal parts, the last one ending at its close. */
  readonly slices: readonly MarketSlice[]
}

/** An invented market. Every bar is a function of (seed, symbol, bar index), so it can be entered anywhere. */
export class DemoMarket {
  readonly instruments: readonly PaperInstrument[] = DEMO_INSTRUMENTS
  readonly #seed: string
  readonly #days = new Map<string, SymbolDay>()

  constructor(seed: string) {
    this.#seed = seed
  }

  /** One minute. `index` counts minutes since 1970-01-01T00:00Z. */
  bar(instrument: PaperInstrument, index: number): DemoBar {
    const symbol = demoSymbol(instrument.symbol)
    const day = Math.floor(index / BARS_PER_DAY)
    const minute = index - day * BARS_PER_DAY
    const { levels, gaps, activity } = this.#day(instrument.symbol, symbol, day)
    const basisAt = (bar: number): number => (symbol.basis === 0 ? 0 : symbol.basis * this.#basis(bar))
    const start = (levels[minute] ?? 0) + (gaps[minute] ?? 0) + basisAt(index)
    const end = (levels[minute + 1] ?? 0) + basisAt(index + 1)
    const level = activity[minute] ?? 1
    const path = this.#path(symbol.source, index, { start, end, level })
    const volumes = this.#volumes(instrument.symbol, index, symbol.minuteVolume * volumeFactor(level, end - start))
    return barOf(instrument, index, path, volumes)
  }

  /** A slow wave of the perpetual around its spot, about −2 … 2. */
  #basis(index: number): number {
    return Math.sin(index / 97) + 0.5 * Math.sin(index / 31) + 0.2 * demoRandom(this.#seed, 'basis', index).gaussian()
  }

  #day(name: InstrumentSymbol, symbol: DemoSymbol, day: number): SymbolDay {
    const key = `${name} ${day}`
    const known = this.#days.get(key)
    if (known !== undefined) return known
    const made = symbolDay(this.#seed, symbol, day)
    this.#days.set(key, made)
    if (this.#days.size > DAYS_KEPT * this.instruments.length) {
      const oldest = this.#days.keys().next()
      if (!oldest.done) this.#days.delete(oldest.value)
    }
    return made
  }

  /** Prices at the borders of the slices: a bridge from the open to the close. */
  #path(source: string, index: number, ends: { readonly start: number; readonly end: number; readonly level: number }): Float64Array {
    const random = demoRandom(this.#seed, 'path', source, index)
    const steps = new Float64Array(SLICES_PER_BAR + 1)
    const sigma = (MINUTE_SIGMA * ends.level) / Math.sqrt(SLICES_PER_BAR)
    for (let i = 1; i <= SLICES_PER_BAR; i += 1) steps[i] = (steps[i - 1] ?? 0) + sigma * random.gaussian()
    const error = ends.end - ends.start - (steps[SLICES_PER_BAR] ?? 0)
    return steps.map((step, i) => Math.exp(ends.start + step + (error * i) / SLICES_PER_BAR))
  }

  #volumes(name: InstrumentSymbol, index: number, expected: number): Float64Array {
    const random = demoRandom(this.#seed, 'volume', name, index)
    const total = expected * Math.exp(0.35 * random.gaussian())
    const weights = Float64Array.from({ length: SLICES_PER_BAR }, () => -Math.log(1 - random.uniform()))
    const sum = weights.reduce((a, b) => a + b, 0)
    return weights.map((weight) => (total * weight) / sum)
  }
}

function demoSymbol(name: InstrumentSymbol): DemoSymbol {
  const symbol = SYMBOLS[name]
  if (symbol === undefined) throw new RangeError(`the demo market does not trade ${name}`)
  return symbol
}

function symbolDay(seed: string, symbol: DemoSymbol, day: number): SymbolDay {
  const market = demoDay(seed, 'market', day)
  const own = demoDay(seed, symbol.source, day)
  const anchor = (at: number): number =>
    Math.log(symbol.basePrice) + symbol.marketShare * anchorLog(seed, 'market', at) + symbol.ownShare * anchorLog(seed, symbol.source, at)
  const mixed = (pick: (part: DemoDay) => Float64Array, bar: number): number =>
    symbol.marketShare * (pick(market)[bar] ?? 0) + symbol.ownShare * (pick(own)[bar] ?? 0)
  const start = anchor(day)
  let drift = anchor(day + 1) - start
  for (let bar = 0; bar < BARS_PER_DAY; bar += 1) drift -= mixed((part) => part.returns, bar)
  const levels = new Float64Array(BARS_PER_DAY + 1)
  levels[0] = start
  for (let bar = 0; bar < BARS_PER_DAY; bar += 1) {
    levels[bar + 1] = (levels[bar] ?? 0) + mixed((part) => part.returns, bar) + drift / BARS_PER_DAY
  }
  const bars = Float64Array.from({ length: BARS_PER_DAY })
  const activity = bars.map((_, bar) =>
    Math.hypot(symbol.marketShare * (market.activity[bar] ?? 0), symbol.ownShare * (own.activity[bar] ?? 0)),
  )
  return { levels, gaps: bars.map((_, bar) => mixed((part) => part.gaps, bar)), activity }
}

/** Volume rises with volatility and with the size of the move. */
function volumeFactor(level: number, move: number): number {
  return level * (0.35 + (0.65 * Math.abs(move)) / (MINUTE_SIGMA * level))
}

function barOf(instrument: PaperInstrument, index: number, path: Float64Array, volumes: Float64Array): DemoBar {
  const tick = fixed.toNumber(instrument.tickSize)
  const lot = fixed.toNumber(instrument.lotSize)
  const openTime = index * BAR_MS
  const ticks = Array.from(path, (price) => BigInt(Math.max(1, Math.round(price / tick))))
  const lots = Array.from(volumes, (volume) => BigInt(Math.floor(volume / lot)))
  const { symbol } = instrument
  const price = (at: bigint): Price => priceOfTicks(at, instrument)
  const slices = lots.map((volume, i): MarketSlice => {
    const [open = 1n, close = 1n] = [ticks[i], ticks[i + 1]]
    const [low, high] = open < close ? [open, close] : [close, open]
    const at = openTime + i * SLICE_MS
    return {
      symbol,
      openTime: at,
      closeTime: at + SLICE_MS,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: quantityOfLots(volume, instrument),
    }
  })
  const high = ticks.reduce((a, b) => (a > b ? a : b))
  const low = ticks.reduce((a, b) => (a < b ? a : b))
  const volume = lots.reduce((a, b) => a + b, 0n)
  const candle: Candle = {
    symbol,
    timeframe: '1m',
    openTime,
    open: price(ticks[0] ?? 1n),
    high: price(high),
    low: price(low),
    close: price(ticks.at(-1) ?? 1n),
    volume: quantityOfLots(volume, instrument),
  }
  return { candle, slices }
}
