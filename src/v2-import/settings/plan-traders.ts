import { isTimeframe, type Timeframe } from '#domain/candle.ts'
import { type MarketKind, SymbolReader } from '../mapping/spellings/symbol-spelling.ts'
import { positiveDecimal } from './ruling.ts'
import { keyOf, type Scalar, type Setting, type SettingFinding, shownValue } from './setting.ts'
import type { TraderProposal } from '#platform/config/imported-settings.ts'
import { portedName } from '../strategies/settings.ts'
import type { SettingEntry, StrategyStates } from './settings-plan.ts'

/** What the migration plan takes where a strategy says nothing. */
const DEFAULTS: Readonly<Record<FieldName, string>> = {
  strategy_name: 'migrated_strategy',
  pairs: '',
  interval: '5m',
  max_position_size: '1000',
  stop_loss_pct: '0.02',
}
const SYMBOLS_MAX = 20
const ID_LENGTH_MAX = 40
/** Traders every installation has. */
const TAKEN_IDS = ['manual', 'demo']
/** A stop further away than half the price is no stop: the number is a percentage, or wrong. */
const STOP_SHARE_MAX = 0.5
const NAME = /^[A-Za-z0-9][\w .-]{0,63}$/

type FieldName = 'strategy_name' | 'pairs' | 'interval' | 'max_position_size' | 'stop_loss_pct'
const FIELDS: readonly FieldName[] = ['strategy_name', 'pairs', 'interval', 'max_position_size', 'stop_loss_pct']

/** Either what one field gives, or why it cannot be taken. */
type Read<T> = { readonly value: T; readonly to: string; readonly note?: string } | { readonly fault: string }

interface TradersPlan {
  readonly traders: readonly TraderProposal[]
  readonly entries: readonly SettingEntry[]
  /** Which defaults stand in a trader because version 2 said nothing. */
  readonly findings: readonly SettingFinding[]
}

/** A trader for each strategy of which everything is clear; of the others every key is parked with what is not. */
export function planTraders(settings: readonly Setting[], marketKind: MarketKind, strategies: StrategyStates): TradersPlan {
  const traders: TraderProposal[] = []
  const entries: SettingEntry[] = []
  const findings: SettingFinding[] = []
  const symbols = new SymbolReader(marketKind)
  for (const group of Map.groupBy(settings, strategyPlace).values()) {
    const draft = new TraderDraft(group, symbols, strategies)
    const trader = draft.build(new Set([...TAKEN_IDS, ...traders.map(({ id }) => id)]))
    if (trader !== undefined) {
      traders.push(trader)
      findings.push(...draft.defaultsTaken(trader))
    }
    entries.push(...draft.entries(trader))
  }
  return { traders, entries, findings }
}

/** A list of strategies, alone or under `strategies`; or one map. */
function strategyPlace({ path }: Setting): string {
  return JSON.stringify(path.slice(0, fieldDepth(path)))
}

function fieldDepth(path: Setting['path']): number {
  if (typeof path[0] === 'number') return 1
  return path[0] === 'strategies' && path.length > 2 ? 2 : 0
}

class TraderDraft {
  readonly #settings: readonly Setting[]
  readonly #reads: {
    readonly strategy_name: Read<string>
    readonly pairs: Read<readonly string[]>
    readonly interval: Read<Timeframe>
    readonly max_position_size: Read<string>
    readonly stop_loss_pct: Read<number>
  }
  readonly #symbols: SymbolReader
  readonly #strategies: StrategyStates

  constructor(settings: readonly Setting[], symbols: SymbolReader, strategies: StrategyStates) {
    this.#settings = settings
    this.#symbols = symbols
    this.#strategies = strategies
    this.#reads = {
      strategy_name: this.#read('strategy_name', readName),
      pairs: this.#readPairs(),
      interval: this.#read('interval', readInterval),
      max_position_size: this.#read('max_position_size', readPositionSize),
      stop_loss_pct: this.#read('stop_loss_pct', readStop),
    }
  }

  build(taken: ReadonlySet<string>): TraderProposal | undefined {
    const { strategy_name: name, pairs, interval, max_position_size: size, stop_loss_pct: stop } = this.#reads
    if ('fault' in name || 'fault' in pairs || 'fault' in interval || 'fault' in size || 'fault' in stop) return undefined
    const strategy = portedName(name.value)
    const state = this.#strategies.get(strategy)
    const isReady = state?.isReady === true && this.#setting('strategy_name') !== undefined
    return {
      id: freeId(name.value, taken),
      strategy,
      symbols: pairs.value,
      timeframe: interval.value,
      params: { stopLossFraction: stop.value },
      order_notional: size.value,
      // A strategy that is not there yet would be tried again and again, and show errors that are nobody's fault.
      desired: 'stopped',
      reason: isReady ? 'Its strategy was translated whole. Start it when you want it to trade.' : this.#whatIsMissing(strategy),
    }
  }

  #whatIsMissing(strategy: string): string {
    if (this.#setting('strategy_name') === undefined) return 'Version 2 did not say which strategy this trader has. Choose one.'
    return (
      this.#strategies.get(strategy)?.reason ??
      `Of its strategy ${strategy} no Python file was found. Put ${strategy}.ts into the folder of strategies.`
    )
  }

  defaultsTaken({ id }: TraderProposal): readonly SettingFinding[] {
    const taken = FIELDS.filter((field) => this.#setting(field) === undefined).map((field) => `${field} ${DEFAULTS[field]}`)
    const message = `strategies.json: trader ${id} has the migration plan's ${taken.join(', ')}, as version 2 said nothing there.`
    return taken.length === 0 ? [] : [{ file: 'strategies.json', message }]
  }

  entries(trader: TraderProposal | undefined): readonly SettingEntry[] {
    const faults = FIELDS.filter((field) => 'fault' in this.#reads[field])
    return this.#settings.flatMap((setting) => this.#entriesOf(setting, trader, faults))
  }

  #entriesOf(setting: Setting, trader: TraderProposal | undefined, faults: readonly FieldName[]): readonly SettingEntry[] {
    const field = this.#fieldOf(setting)
    const secret = setting.value.kind === 'secret'
    const parked = (reason: string): readonly SettingEntry[] => [
      { key: keyOf(setting), outcome: 'parked', value: shownValue(setting.value), reason, secret },
    ]
    if (field === undefined) return parked('Version 3 has nothing for it.')
    const read = this.#reads[field]
    if ('fault' in read) return parked(read.fault)
    if (trader === undefined) return parked(`It is clear, but no trader was made of this strategy because of ${faults.join(' and ')}.`)
    const to = `trader ${trader.id}: ${read.to}`
    const mapped = (key: string, value: string): SettingEntry => ({
      key,
      outcome: 'mapped',
      to,
      value,
      reason: read.note ?? 'As in version 2.',
      secret,
    })
    if (field !== 'pairs') return [mapped(keyOf(setting), field === 'strategy_name' ? trader.strategy : String(read.value))]
    return scalarsOf(setting).map(({ text }, index) => mapped(`${keyOf(setting)}[${index}]`, this.#symbolOf(text)))
  }

  #fieldOf({ path }: Setting): FieldName | undefined {
    const rest = path.slice(fieldDepth(path))
    return rest.length === 1 ? FIELDS.find((field) => field === rest[0]) : undefined
  }

  /** Of a pair that was read before. */
  #symbolOf(text: string): string {
    const symbol = this.#symbols.read(text)
    return typeof symbol === 'string' ? symbol : text
  }

  /** Undefined: the strategy does not have it. */
  #setting(field: FieldName): Setting | undefined {
    return this.#settings.find((setting) => this.#fieldOf(setting) === field)
  }

  #read<T>(field: FieldName, read: (text: string) => Read<T>): Read<T> {
    const setting = this.#setting(field)
    if (setting === undefined) return read(DEFAULTS[field])
    if (setting.value.kind === 'empty') return { fault: 'It is there without a value: whether the default was meant is not said.' }
    if (setting.isRepeated) return { fault: 'The key stands there several times with different values.' }
    const [only, ...more] = setting.value.kind === 'list' ? [] : scalarsOf(setting)
    return only === undefined || more.length > 0 ? { fault: 'One plain value must stand here.' } : read(only.text.trim())
  }

  #readPairs(): Read<readonly string[]> {
    const setting = this.#setting('pairs')
    if (setting === undefined || setting.value.kind === 'empty') return { fault: 'It names no pair, so there is nothing to trade.' }
    if (setting.isRepeated) return { fault: 'The key stands there several times with different values.' }
    const symbols: string[] = []
    for (const { text } of scalarsOf(setting)) {
      const symbol = this.#symbols.read(text)
      if (typeof symbol !== 'string') return { fault: `${symbol.reason}.` }
      if (!symbols.includes(symbol)) symbols.push(symbol)
    }
    if (symbols.length === 0) return { fault: 'It names no pair, so there is nothing to trade.' }
    if (symbols.length > SYMBOLS_MAX)
      return { fault: `A trader has at most ${SYMBOLS_MAX} symbols, and these are ${symbols.length}. Divide them.` }
    return { value: symbols, to: 'symbols', note: 'Spelt as version 3 does.' }
  }
}

function scalarsOf({ value }: Setting): readonly Scalar[] {
  if (value.kind === 'list') return value.items
  return value.kind === 'text' || value.kind === 'number' || value.kind === 'boolean' ? [value] : []
}

function readName(text: string): Read<string> {
  return NAME.test(text)
    ? {
        value: text,
        to: 'strategy',
        note: 'The name its translation has here. A trader of a strategy that was not translated whole stays paused.',
      }
    : { fault: 'A strategy is named by letters, digits, - and _, at most 64.' }
}

function readInterval(text: string): Read<Timeframe> {
  return isTimeframe(text) ? { value: text, to: 'timeframe' } : { fault: 'It is no timeframe version 3 has (1m, 5m, 15m, 1h, ...).' }
}

function readPositionSize(text: string): Read<string> {
  const amount = positiveDecimal(text)
  if (amount === undefined) return { fault: 'It must be an amount above 0.' }
  if (Number(amount) <= 1) return { fault: '1 or less is a share of something or an amount: it does not say which.' }
  return { value: amount, to: 'order_notional', note: 'What one entry is worth at most, in the settle currency.' }
}

function readStop(text: string): Read<number> {
  const share = positiveDecimal(text)
  if (share === undefined) return { fault: 'A stop must be a share of the price above 0, such as 0.02.' }
  if (Number(share) >= STOP_SHARE_MAX) {
    return {
      fault: `A share of the price is below ${STOP_SHARE_MAX}, such as 0.02 for 2 %. This is a percentage or a mistake: it does not say which.`,
    }
  }
  return { value: Number(share), to: 'params.stopLossFraction', note: 'A share of the price. The strategy must have a param of this name.' }
}

function freeId(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, ID_LENGTH_MAX)
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`
    const id = `${plain.slice(0, ID_LENGTH_MAX - suffix.length)}${suffix}`
    if (!taken.has(id)) return id
  }
}
