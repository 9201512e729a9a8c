import { isTimeframe } from '#domain/candle.ts'
import type { Timeframe } from '#domain/candle.ts'
import { SymbolReader } from '../mapping/spellings/symbol-spelling.ts'
import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import type { Settings } from './strategy-class.ts'

/** What became of one key of the strategy's entry in strategies.json. */
export interface SettingEntry {
  readonly key: string
  readonly outcome: 'mapped' | 'parked' | 'default'
  readonly to?: string
  readonly reason?: string
}

export interface MappedSettings {
  readonly name: string
  readonly symbols: readonly string[]
  readonly timeframe: Timeframe
  /** Share of the price; 0 for none. */
  readonly stopLossFraction: number
  readonly entries: readonly SettingEntry[]
  /** What a person must decide before the strategy may start. */
  readonly undecided: readonly string[]
}

/** v3 strategies of version 2 have names of their own: a built-in strategy would go before one of the same name. */
const NAME_PREFIX = 'v2-'
const DEFAULT_NAME = 'migrated_strategy'
const DEFAULT_STOP_LOSS = 0.02
/** A stop loss farther away than this as a share would be a percentage, or a mistake. */
const STOP_LOSS_MAX = 0.5
const PLACEHOLDER: Readonly<Record<MarketKind, string>> = { perpetual: 'BTC/USDT:USDT', spot: 'BTC/USDT' }

/** Maps strategy_name, pairs, interval, max_position_size and stop_loss_pct. Without a configuration nothing is assumed of it. */
export function mapSettings(config: Settings | undefined, fileName: string, market: MarketKind, givenName?: string): MappedSettings {
  const entries: SettingEntry[] = []
  const undecided: string[] = []
  const settings = config ?? {}
  const name = givenName ?? mapName(config, fileName, entries)
  const symbols = mapPairs(settings['pairs'], market, entries)
  const timeframe = mapInterval(settings['interval'], entries)
  const size = settings['max_position_size']
  if (size !== undefined)
    entries.push({
      key: 'max_position_size',
      outcome: 'parked',
      reason: `v2's ${words(size)} is a limit of the trader in v3, not of the strategy: set its orderNotional and the risk limits`,
    })
  const stopLossFraction = mapStopLoss(config, entries, undecided)
  for (const key of Object.keys(settings).filter((name) => !KNOWN.has(name)))
    entries.push({ key, outcome: 'parked', reason: 'a key of its own; where the code reads it, see the attributes' })
  return { name, symbols, timeframe, stopLossFraction, entries, undecided }
}

const KNOWN: ReadonlySet<string> = new Set(['strategy_name', 'pairs', 'interval', 'max_position_size', 'stop_loss_pct'])

function mapName(config: Settings | undefined, fileName: string, entries: SettingEntry[]): string {
  const given = config?.['strategy_name']
  const hasName = typeof given === 'string' && given.trim() !== ''
  const base = hasName ? given : config === undefined ? fileName.replace(/^.*[\\/]/, '').replace(/\.py$/i, '') : DEFAULT_NAME
  const name = portedName(base)
  if (hasName) entries.push({ key: 'strategy_name', outcome: 'mapped', to: name })
  else
    entries.push({
      key: 'strategy_name',
      outcome: 'default',
      to: name,
      reason: given === undefined ? 'it was not given' : `${words(given)} is no name`,
    })
  return name
}

/** What a strategy of version 2 is called here, wherever it is spoken of. */
export function portedName(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
  return `${NAME_PREFIX}${slug === '' ? 'strategy' : slug}`
}

function mapPairs(pairs: unknown, market: MarketKind, entries: SettingEntry[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(pairs) ? pairs.slice(0, 1_000) : []
  const reader = new SymbolReader(market)
  const symbols: string[] = []
  for (const pair of list) {
    const symbol = typeof pair === 'string' ? reader.read(pair) : undefined
    if (typeof symbol === 'string') symbols.push(symbol)
    else entries.push({ key: 'pairs', outcome: 'parked', reason: symbol?.reason ?? `${words(pair)} is no pair` })
  }
  if (symbols.length > 0) {
    entries.push({ key: 'pairs', outcome: 'mapped', to: `${symbols.join(', ')} (taken as ${market})` })
    return [...new Set(symbols)]
  }
  entries.push({ key: 'pairs', outcome: 'default', to: PLACEHOLDER[market], reason: 'no pair was given; the trader names its own symbols' })
  return [PLACEHOLDER[market]]
}

function mapInterval(interval: unknown, entries: SettingEntry[]): Timeframe {
  if (typeof interval === 'string' && isTimeframe(interval)) {
    entries.push({ key: 'interval', outcome: 'mapped', to: interval })
    return interval
  }
  if (interval === undefined) entries.push({ key: 'interval', outcome: 'default', to: '5m', reason: 'it was not given' })
  else
    entries.push({
      key: 'interval',
      outcome: 'parked',
      to: '5m',
      reason: `${words(interval)} is no timeframe of v3; choose one for the trader`,
    })
  return '5m'
}

/** v2 wrote shares (0.015) and percentages (2.0) under the same key; only what can be nothing but a share is taken. */
function mapStopLoss(config: Settings | undefined, entries: SettingEntry[], undecided: string[]): number {
  const key = 'stop_loss_pct'
  const given = config?.[key]
  if (config === undefined) return 0
  if (given === undefined) {
    entries.push({ key, outcome: 'default', to: `params.stopLossFraction ${DEFAULT_STOP_LOSS}`, reason: "it was not given; v2's default" })
    return DEFAULT_STOP_LOSS
  }
  if (typeof given === 'number' && given > 0 && given < STOP_LOSS_MAX) {
    entries.push({ key, outcome: 'mapped', to: `params.stopLossFraction ${given}` })
    return given
  }
  const reason = `stop_loss_pct ${words(given)} may be a share or a percentage: set stopLossFraction as a share of the price`
  entries.push({ key, outcome: 'parked', reason })
  undecided.push(reason)
  return 0
}

function words(value: unknown): string {
  return (JSON.stringify(value) ?? typeof value).slice(0, 60)
}
