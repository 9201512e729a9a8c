import { AppError } from '#domain/errors.ts'
import { MARKET_KINDS, type MarketKind } from './spellings/symbol-spelling.ts'
import { AMBIGUOUS_TIMES, type AmbiguousTime } from './spellings/time-text.ts'
import { TimeZone } from './spellings/time-zone.ts'

/** One rule of an import that the rows themselves do not say, and why it was set so. */
export interface PlanDecision {
  readonly name: 'time-zone' | 'ambiguous-time' | 'exchange' | 'market-kind'
  readonly value: string
  readonly reason: string
}

/** What holds for all rows of an import. Plain data: it is recorded with the run. */
export interface ImportPlan {
  /** IANA name of the zone of times that name none. */
  readonly timeZone: string
  readonly ambiguousTime: AmbiguousTime
  /** Of rows that name none. */
  readonly exchange: string
  readonly marketKind: MarketKind
  readonly decisions: readonly PlanDecision[]
}

export interface PlanOptions {
  readonly timeZone?: string | undefined
  readonly ambiguousTime?: AmbiguousTime | undefined
  readonly exchange?: string | undefined
  readonly marketKind?: MarketKind | undefined
  /** The parsed config.yaml of version 2, where there is one. */
  readonly settings?: unknown
}

const EXCHANGE = /^[a-z0-9][a-z0-9_-]{0,39}$/
/** Settings that only mean something where perpetuals are traded. */
const PERPETUAL_SETTING = /^(?:leverage|hedge_?mode|position_?mode|margin_?mode)$/i
const SETTINGS_DEPTH_MAX = 6
const SETTINGS_MAX = 10_000

/** Throws `AppError` (CONFIG_INVALID) on a zone, exchange or kind that cannot be. */
export function planOf(options: PlanOptions = {}): ImportPlan {
  const [timeZone, zoneReason] = chosen(options.timeZone, 'UTC', 'not asked for: UTC')
  const [ambiguousTime, ambiguousReason] = chosen<AmbiguousTime>(
    options.ambiguousTime,
    'earlier',
    'by default the earlier moment, with a note at each row',
  )
  const exchange = exchangeOf(options)
  const marketKind = marketKindOf(options)
  const zone = new TimeZone(timeZone)
  mustBe(AMBIGUOUS_TIMES.includes(ambiguousTime), 'way with ambiguous times', ambiguousTime)
  mustBe(EXCHANGE.test(exchange.value), 'exchange', exchange.value)
  mustBe(MARKET_KINDS.includes(marketKind.value), 'kind of market', marketKind.value)
  const decisions: readonly PlanDecision[] = [
    { name: 'time-zone', value: zone.name, reason: zoneReason },
    { name: 'ambiguous-time', value: ambiguousTime, reason: ambiguousReason },
    { name: 'exchange', ...exchange },
    { name: 'market-kind', ...marketKind },
  ]
  return { timeZone, ambiguousTime, exchange: exchange.value, marketKind: marketKind.value, decisions }
}

function chosen<T>(asked: T | undefined, otherwise: T, reason: string): readonly [T, string] {
  return asked === undefined ? [otherwise, reason] : [asked, 'asked for']
}

function mustBe(isValid: boolean, what: string, value: string): void {
  if (!isValid) throw new AppError('CONFIG_INVALID', `${JSON.stringify(value)} is no ${what}. Nothing was read. Choose another one.`)
}

interface Choice<T> {
  readonly value: T
  readonly reason: string
}

function exchangeOf(options: PlanOptions): Choice<string> {
  if (options.exchange !== undefined) return { value: options.exchange, reason: 'asked for' }
  const setting = settingsOf(options.settings).find(({ path }) => path === 'exchange')?.value
  if (typeof setting === 'string' && EXCHANGE.test(setting.toLowerCase()))
    return { value: setting.toLowerCase(), reason: 'the settings of version 2 name it' }
  return { value: 'bybit', reason: 'version 2 traded on bybit, and its settings name no other' }
}

function marketKindOf(options: PlanOptions): Choice<MarketKind> {
  if (options.marketKind !== undefined) return { value: options.marketKind, reason: 'asked for' }
  const evidence = settingsOf(options.settings).find(({ path }) => PERPETUAL_SETTING.test(path.slice(path.lastIndexOf('.') + 1)))
  const reason =
    evidence === undefined
      ? 'version 2 traded linear perpetuals, and its settings do not say otherwise'
      : `the settings of version 2 have ${evidence.path}, which only perpetuals need`
  return { value: 'perpetual', reason }
}

/** All settings with their paths, up to a depth and a number. */
function settingsOf(settings: unknown): readonly { readonly path: string; readonly value: unknown }[] {
  const found: { readonly path: string; readonly value: unknown }[] = []
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > SETTINGS_DEPTH_MAX) return
    for (const [name, inner] of Object.entries(value)) {
      if (found.length >= SETTINGS_MAX) return
      const innerPath = path === '' ? name : `${path}.${name}`
      found.push({ path: innerPath, value: inner })
      visit(inner, innerPath, depth + 1)
    }
  }
  visit(settings, '', 0)
  return found
}
