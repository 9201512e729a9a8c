import type { StrategyView, TraderView } from '#contract/views.ts'
import type { Timeframe } from '#domain/candle.ts'
import { readDecimal } from '#renderer/format/decimal.ts'

export interface TraderForm {
  readonly id: string
  readonly strategy: string
  readonly symbols: readonly string[]
  readonly timeframe: Timeframe
  readonly orderNotional: string
  readonly start: boolean
  /** As typed, by parameter name. */
  readonly params: Readonly<Record<string, string>>
}

export type FieldError = 'bad_id' | 'taken' | 'bad_symbols' | 'bad_number' | 'bad_range'
/** What is wrong, by field; parameters under `param:NAME`. */
export type FormErrors = Readonly<Record<string, FieldError>>

const ID = /^[a-z0-9][a-z0-9_-]{0,39}$/

export function blankForm(strategy: StrategyView | undefined, symbol: string | undefined): TraderForm {
  return {
    id: '',
    strategy: strategy?.name ?? '',
    symbols: symbol === undefined ? [] : [symbol],
    timeframe: '1m',
    orderNotional: '1000',
    start: true,
    params: defaultParams(strategy),
  }
}

export function formOf(trader: TraderView): TraderForm {
  const params = Object.fromEntries(Object.entries(trader.params).map(([name, value]) => [name, String(value)]))
  return {
    id: trader.id,
    strategy: trader.strategy,
    symbols: trader.symbols,
    timeframe: trader.timeframe,
    orderNotional: trader.order_notional,
    start: true,
    params,
  }
}

export function defaultParams(strategy: StrategyView | undefined): Record<string, string> {
  return Object.fromEntries((strategy?.params ?? []).map((param) => [param.name, String(param.default)]))
}

function paramError(text: string, param: StrategyView['params'][number]): FieldError | undefined {
  const plain = readDecimal(text)
  if (plain === undefined) return 'bad_number'
  const value = Number(plain)
  return (param.min !== null && value < param.min) || (param.max !== null && value > param.max) ? 'bad_range' : undefined
}

export function checkForm(form: TraderForm, strategy: StrategyView | undefined, taken: ReadonlySet<string>): FormErrors {
  const errors: Record<string, FieldError> = {}
  if (!ID.test(form.id)) errors['id'] = 'bad_id'
  else if (taken.has(form.id)) errors['id'] = 'taken'
  if (form.symbols.length === 0) errors['symbols'] = 'bad_symbols'
  const notional = readDecimal(form.orderNotional)
  if (notional === undefined || Number(notional) <= 0) errors['orderNotional'] = 'bad_number'
  for (const param of strategy?.params ?? []) {
    const error = paramError(form.params[param.name] ?? String(param.default), param)
    if (error !== undefined) errors[`param:${param.name}`] = error
  }
  return errors
}

/** Parameters as the contract takes them: settings of a strategy, not money. */
export function readParams(form: TraderForm): Record<string, number> {
  return Object.fromEntries(Object.entries(form.params).map(([name, text]) => [name, Number(readDecimal(text) ?? '0')]))
}
