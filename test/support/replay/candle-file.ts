import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** One-minute candles of a perpetual, 22,515 of them. */
export const CANDLE_FILE = resolve(import.meta.dirname, '../../../../shared/data/candles/BTC-PERP_ftx_1m_202201a.csv')
export const SYMBOL = 'BTC/USDT:USDT'
export const TIMEFRAME = '1m'

/** Why a test of the replay cannot run here; undefined when it can. */
export function whyNoReplay(): string | undefined {
  return existsSync(CANDLE_FILE) ? undefined : `skipped: there is no candle file at ${CANDLE_FILE}`
}

export interface CandleLine {
  readonly openTime: string
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string
}

/** The rows of the file as they stand there, cut at the commas and nothing more. */
export function readCandleLines(path: string): readonly CandleLine[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/)
  if (header !== 'timestamp_ms,open,high,low,close,volume') throw new Error(`unexpected header ${header}`)
  return lines.map((line) => {
    const [openTime = '', open = '', high = '', low = '', close = '', volume = ''] = line.split(',')
    return { openTime, open, high, low, close, volume }
  })
}

/** Writes the first `count` candles of the shared file to a file of their own. */
export function cutCandleFile(path: string, count: number): string {
  const lines = readFileSync(CANDLE_FILE, 'utf8').split('\n')
  writeFileSync(path, `${lines.slice(0, count + 1).join('\n')}\n`)
  return path
}
