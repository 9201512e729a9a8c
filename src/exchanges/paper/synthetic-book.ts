import * as fixed from '#domain/money/fixed.ts'
import type { OrderSide } from '#domain/order.ts'
import type { MarketSlice } from './market-slice.ts'
import { lotsOf, ticksOf, type PaperInstrument } from './paper-instrument.ts'
import type { PaperParameters } from './paper-parameters.ts'
import { seededInteger } from './seeded-hash.ts'

/** Part of an order that filled at one price. */
export interface BookFill {
  readonly ticks: bigint
  readonly lots: bigint
}

const CENTI_BPS = 1_000_000n
const DIGITS_OF_BASE_VOLUME = 8
/** A level holds this share of what the slice offers, in thousandths: least, and spread above it. */
const LEVEL_SHARE_MIN = 150
const LEVEL_SHARE_SPREAD = 200

/** Hundredths of a basis point of a price, in ticks: rounded up, at least one. */
export function distanceTicks(ticks: bigint, centiBps: number): bigint {
  const distance = fixed.divideUnits(ticks * BigInt(centiBps), CENTI_BPS, 'ceil')
  return distance < 1n ? 1n : distance
}

/** Lots that all our orders together may take from a slice. */
function offeredLots(slice: MarketSlice, instrument: PaperInstrument, participationPermille: number): bigint {
  const base =
    instrument.volumeUnit === 'base' ? slice.volume : fixed.divide<'Quantity'>(slice.volume, slice.close, DIGITS_OF_BASE_VOLUME, 'floor')
  return (lotsOf(base, instrument) * BigInt(participationPermille)) / 1_000n
}

/**
 * What one slice of market offers: invented levels around a price, worse with depth, bounded by the traded volume.
 * Lives for one slice; orders matched later find what the earlier ones left.
 */
export class SyntheticBook {
  readonly #slice: MarketSlice
  readonly #parameters: PaperParameters
  readonly #seed: string
  readonly #offered: bigint
  readonly #taken = new Map<string, bigint>()
  #left: bigint

  constructor(options: {
    readonly slice: MarketSlice
    readonly instrument: PaperInstrument
    readonly parameters: PaperParameters
    readonly seed: string
  }) {
    this.#slice = options.slice
    this.#parameters = options.parameters
    this.#seed = options.seed
    this.#offered = offeredLots(options.slice, options.instrument, options.parameters.participationPermille)
    this.#left = this.#offered
  }

  /** The best price a taker gets around `referenceTicks`. */
  touchTicks(side: OrderSide, referenceTicks: bigint): bigint {
    const half = distanceTicks(referenceTicks, this.#parameters.halfSpreadCentiBps)
    return side === 'BUY' ? referenceTicks + half : referenceTicks - half
  }

  /** Whether `want` lots can be had at once, never beyond `limitTicks`. Takes nothing. */
  offers(side: OrderSide, want: bigint, referenceTicks: bigint, limitTicks: bigint | undefined): boolean {
    const [left, taken] = [this.#left, new Map(this.#taken)]
    const fills = this.take(side, want, referenceTicks, limitTicks)
    this.#left = left
    this.#taken.clear()
    for (const [key, lots] of taken) this.#taken.set(key, lots)
    return fills.reduce((sum, { lots }) => sum + lots, 0n) === want
  }

  /** Takes up to `want` lots, level by level, never beyond `limitTicks`. */
  take(side: OrderSide, want: bigint, referenceTicks: bigint, limitTicks: bigint | undefined): readonly BookFill[] {
    const fills: BookFill[] = []
    const step = distanceTicks(referenceTicks, this.#parameters.levelStepCentiBps)
    const touch = this.touchTicks(side, referenceTicks)
    for (let level = 0; level < this.#parameters.bookLevels && want > 0n && this.#left > 0n; level += 1) {
      const away = step * BigInt(level)
      const ticks = side === 'BUY' ? touch + away : touch - away
      const beyond = limitTicks !== undefined && (side === 'BUY' ? ticks > limitTicks : ticks < limitTicks)
      if (beyond || ticks < 1n) break
      const lots = this.#takeLevel(side, level, want)
      if (lots === 0n) continue
      fills.push({ ticks, lots })
      want -= lots
    }
    return fills
  }

  /** Takes up to `want` lots at a resting order's own price. */
  takeResting(want: bigint): bigint {
    const lots = want < this.#left ? want : this.#left
    this.#left -= lots
    return lots
  }

  #takeLevel(side: OrderSide, level: number, want: bigint): bigint {
    const { symbol, openTime } = this.#slice
    const share = LEVEL_SHARE_MIN + seededInteger(LEVEL_SHARE_SPREAD, this.#seed, 'level', symbol, openTime, side, level)
    const size = fixed.divideUnits(this.#offered * BigInt(share), 1_000n, 'ceil')
    const key = `${side}${level}`
    const taken = this.#taken.get(key) ?? 0n
    const free = size - taken < this.#left ? size - taken : this.#left
    const lots = want < free ? want : free
    this.#taken.set(key, taken + lots)
    this.#left -= lots
    return lots
  }
}

/** The price a taker's walk starts from: moved onto the tick against the order. */
export function referenceTicks(slice: MarketSlice, side: OrderSide, instrument: PaperInstrument): bigint {
  return ticksOf(slice.open, instrument, side === 'BUY' ? 'ceil' : 'floor')
}
