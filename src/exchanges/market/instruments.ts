import { parseSymbol } from '#domain/ids.ts'
import { BasisPoints, Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { PaperInstrument } from '../paper/paper-instrument.ts'
import type { CandleFileSummary } from './candle-csv.ts'

export const PAPER_EXCHANGE_NAME = 'paper'

/** Taker and maker fees of a usual account without discounts, in basis points. */
const FEES = { spot: { maker: '8', taker: '10' }, perpetual: { maker: '2', taker: '5.5' } } as const
/** Smallest order value per settle currency, and the cash a paper account starts with. A currency that is not here starts with the last row's. */
const CURRENCIES: Readonly<Record<string, { readonly minNotional: string; readonly opening: string }>> = {
  USDT: { minNotional: '5', opening: '10000' },
  USDC: { minNotional: '5', opening: '10000' },
  USD: { minNotional: '5', opening: '10000' },
  EUR: { minNotional: '5', opening: '10000' },
  BTC: { minNotional: '0.0001', opening: '1' },
  ETH: { minNotional: '0.001', opening: '10' },
}
const OTHER_CURRENCY = { minNotional: '0', opening: '10000' }

/** Digits a lot may have after the point. */
const LOT_DIGITS_MAX = 8

interface InstrumentRules {
  readonly symbol: string
  readonly tickSize: string
  readonly lotSize: string
  readonly volumeUnit: 'base' | 'quote'
}

function paperInstrument(rules: InstrumentRules): PaperInstrument {
  const symbol = parseSymbol(rules.symbol)
  const [base = '', quote = '', settle] = symbol.split(/[/:]/)
  const kind = settle === undefined ? 'spot' : 'perpetual'
  const currency = settle ?? quote
  const lotSize = Quantity.parse(rules.lotSize)
  return {
    symbol,
    exchange: PAPER_EXCHANGE_NAME,
    kind,
    base,
    quote,
    settle: currency,
    tickSize: Price.parse(rules.tickSize),
    lotSize,
    minQuantity: lotSize,
    minNotional: Money.parse((CURRENCIES[currency] ?? OTHER_CURRENCY).minNotional, currency),
    makerFee: BasisPoints.parse(FEES[kind].maker),
    takerFee: BasisPoints.parse(FEES[kind].taker),
    volumeUnit: rules.volumeUnit,
  }
}

/** What the demo market trades. */
export const DEMO_INSTRUMENTS: readonly PaperInstrument[] = Object.freeze([
  paperInstrument({ symbol: 'BTC/USDT', tickSize: '0.01', lotSize: '0.00001', volumeUnit: 'base' }),
  paperInstrument({ symbol: 'BTC/USDT:USDT', tickSize: '0.1', lotSize: '0.001', volumeUnit: 'base' }),
  paperInstrument({ symbol: 'ETH/USDT', tickSize: '0.01', lotSize: '0.0001', volumeUnit: 'base' }),
  paperInstrument({ symbol: 'SOL/USDT', tickSize: '0.01', lotSize: '0.001', volumeUnit: 'base' }),
])

function decimalStep(digits: number): string {
  return digits === 0 ? '1' : `0.${'1'.padStart(digits, '0')}`
}

/**
 * The rules of an instrument known only by its files: the tick is the finest digit of its prices; the lot the finest digit
 * of its volumes, or finer, so that a lot is never worth more than about one unit of the quote currency.
 */
export function instrumentOfFiles(files: readonly CandleFileSummary[]): PaperInstrument {
  const [first] = files
  if (first === undefined) throw new Error('an instrument needs a file')
  const { symbol, volumeUnit } = first.series
  const priceDigits = Math.max(...files.map((file) => file.priceDigits))
  const volumeDigits = volumeUnit === 'base' ? Math.max(...files.map((file) => file.volumeDigits)) : 0
  const wholeDigits = Math.max(
    ...files.map((file) => (Price.toNumber(file.highest) >= 1 ? Math.trunc(Price.toNumber(file.highest)).toString().length : 0)),
  )
  const lotDigits = Math.min(LOT_DIGITS_MAX, Math.max(volumeDigits, wholeDigits))
  return paperInstrument({ symbol, tickSize: decimalStep(priceDigits), lotSize: decimalStep(lotDigits), volumeUnit })
}

/** Cash of a fresh paper account: one balance for each settle currency. */
export function openingBalances(
  instruments: readonly PaperInstrument[],
): readonly { readonly currency: string; readonly balance: string }[] {
  const currencies = [...new Set(instruments.map(({ settle }) => settle))].toSorted()
  return currencies.map((currency) => ({ currency, balance: (CURRENCIES[currency] ?? OTHER_CURRENCY).opening }))
}
