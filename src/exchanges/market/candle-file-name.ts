import { isTimeframe, TIMEFRAMES, type Timeframe } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import { parseSymbol, type InstrumentSymbol } from '#domain/ids.ts'

/** A file of candles and what to take it for. What is not given comes from the file's name. */
export interface CandleFileSpec {
  readonly path: string
  readonly symbol?: string | undefined
  readonly timeframe?: string | undefined
}

/** A candle file whose instrument and timeframe are settled. */
export interface CandleSeries {
  readonly path: string
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  readonly volumeUnit: 'base' | 'quote'
}

const ASSET = /^[A-Z0-9]{1,15}$/
const PERPETUAL = '-PERP'
/** Names without a quote currency (`BTC-PERP`) are FTX's: settled in USD, volume counted in USD. */
const FTX_QUOTE = 'USD'

/** What follows the last slash or backslash. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path
}

function symbolOf(parts: readonly string[]): { readonly symbol: string; readonly volumeUnit: 'base' | 'quote' } | undefined {
  const [first = '', second = ''] = parts
  if (first.endsWith(PERPETUAL)) {
    const base = first.slice(0, -PERPETUAL.length)
    return ASSET.test(base) ? { symbol: `${base}/${FTX_QUOTE}:${FTX_QUOTE}`, volumeUnit: 'quote' } : undefined
  }
  const perpetual = second.endsWith(PERPETUAL)
  const quote = perpetual ? second.slice(0, -PERPETUAL.length) : second
  if (!ASSET.test(first) || !ASSET.test(quote)) return undefined
  return { symbol: perpetual ? `${first}/${quote}:${quote}` : `${first}/${quote}`, volumeUnit: 'base' }
}

/**
 * Instrument and timeframe of a candle file: `BTC_USDT_5m.csv` is spot, `BTC_USDT-PERP_5m.csv` the perpetual; further
 * words between and after are allowed (`BTC_USDT_bybit-spot_1m_20221213.csv`). Throws `FILE_INVALID`.
 */
export function candleSeries(spec: CandleFileSpec): CandleSeries {
  const name = fileName(spec.path)
  const parts = name.replace(/\.[^.]*$/, '').split('_')
  const found = symbolOf(parts)
  const symbol = spec.symbol ?? found?.symbol
  const timeframe = spec.timeframe ?? parts.find(isTimeframe)
  if (symbol === undefined) {
    throw new AppError(
      'FILE_INVALID',
      `${name}: the name does not tell the instrument. Nothing was read. Name it like BTC_USDT_5m.csv, or give --symbol.`,
    )
  }
  if (spec.timeframe !== undefined && !isTimeframe(spec.timeframe)) {
    throw new AppError(
      'FILE_INVALID',
      `${name}: ${spec.timeframe} is not a timeframe. Nothing was read. Use one of ${TIMEFRAMES.join(', ')}.`,
    )
  }
  if (timeframe === undefined || !isTimeframe(timeframe)) {
    throw new AppError(
      'FILE_INVALID',
      `${name}: the name does not tell the timeframe. Nothing was read. Name it like BTC_USDT_5m.csv, or give --timeframe.`,
    )
  }
  const volumeUnit = spec.symbol === undefined ? (found?.volumeUnit ?? 'base') : 'base'
  return { path: spec.path, symbol: checkedSymbol(symbol, name), timeframe, volumeUnit }
}

function checkedSymbol(symbol: string, name: string): InstrumentSymbol {
  try {
    return parseSymbol(symbol)
  } catch (cause) {
    throw new AppError(
      'FILE_INVALID',
      `${name}: ${symbol} is not an instrument. Nothing was read. Write it like BTC/USDT or BTC/USDT:USDT.`,
      { cause },
    )
  }
}
