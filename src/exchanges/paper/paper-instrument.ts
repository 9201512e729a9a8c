import * as fixed from '#domain/money/fixed.ts'
import type { Fixed, Rounding } from '#domain/money/fixed.ts'
import type { Instrument } from '#domain/instrument.ts'
import type { Price } from '#domain/money/price.ts'
import type { Quantity } from '#domain/money/quantity.ts'

/** An instrument with what only a simulation has to know of it. */
export interface PaperInstrument extends Instrument {
  /** What the volume of its candles counts: the base (most venues) or the quote currency (FTX). */
  readonly volumeUnit: 'base' | 'quote'
}

/** The rules other parts see, without what is only ours. */
export function publicInstrument(instrument: PaperInstrument): Instrument {
  const { symbol, exchange, kind, base, quote, settle, tickSize, lotSize, minQuantity, minNotional, makerFee, takerFee } = instrument
  return { symbol, exchange, kind, base, quote, settle, tickSize, lotSize, minQuantity, minNotional, makerFee, takerFee }
}

function steps(value: Fixed<string>, step: Fixed<string>, rounding: Rounding): bigint {
  const scale = Math.max(value.scale, step.scale)
  return fixed.divideUnits(fixed.unitsAt(value, scale), fixed.unitsAt(step, scale), rounding)
}

export function ticksOf(price: Price, instrument: Instrument, rounding: Rounding): bigint {
  return steps(price, instrument.tickSize, rounding)
}

export function priceOfTicks(ticks: bigint, instrument: Instrument): Price {
  return fixed.make<'Price'>(ticks * instrument.tickSize.units, instrument.tickSize.scale)
}

/** Whole lots in a quantity, rounded down. */
export function lotsOf(quantity: Fixed<string>, instrument: Instrument): bigint {
  return steps(quantity, instrument.lotSize, 'floor')
}

export function quantityOfLots(lots: bigint, instrument: Instrument): Quantity {
  return fixed.make<'Quantity'>(lots * instrument.lotSize.units, instrument.lotSize.scale)
}
