import { fieldOf } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { Untranslatable } from './scope.ts'
import type { Expression, Scope } from './scope.ts'
import { COLUMN } from './value.ts'
import type { Value } from './value.ts'

/** The arguments of a call, by place and by name. */
export interface CallArguments {
  readonly node: PyNode
  readonly placed: readonly PyNode[]
  readonly named: ReadonlyMap<string, PyNode>
}

interface IndicatorRule {
  /** Name in v3. */
  readonly name: string
  /** A column of numbers, or the bars: given as candles or as the columns high, low and close. */
  readonly input: 'column' | 'bars'
  /** Numbers after the input; each under the names that v2 code gives them. */
  readonly numbers: readonly (readonly string[])[]
  /** Which of the numbers are counts of candles. */
  readonly periods: number
  /** Several lines: v3's name, and the keys under which Python reads it, in the order in which Python unpacks them. */
  readonly lines?: readonly (readonly string[])[]
  /** The one line of several that Python's function answers with. */
  readonly only?: string
}

const PERIOD = ['period', 'timeperiod', 'length', 'window', 'n', 'span'] as const
const column = (name: string): IndicatorRule => ({ name, input: 'column', numbers: [PERIOD], periods: 1 })
const bars = (name: string): IndicatorRule => ({ name, input: 'bars', numbers: [PERIOD], periods: 1 })
const MACD: IndicatorRule = {
  name: 'macd',
  input: 'column',
  numbers: [
    ['fast', 'fastperiod', 'fast_period'],
    ['slow', 'slowperiod', 'slow_period'],
    ['signal', 'signalperiod', 'signal_period'],
  ],
  periods: 3,
  lines: [
    ['macd', 'line', 'macd_line'],
    ['signal', 'signal_line'],
    ['histogram', 'hist'],
  ],
}
const BOLLINGER: IndicatorRule = {
  name: 'bollinger',
  input: 'column',
  numbers: [PERIOD, ['deviations', 'std', 'num_std', 'std_dev', 'nbdev', 'k']],
  periods: 1,
  lines: [['upper'], ['middle', 'mid'], ['lower']],
}

const RULES: Readonly<Record<string, IndicatorRule>> = {
  ema: column('ema'),
  sma: column('sma'),
  wma: column('wma'),
  dema: column('dema'),
  tema: column('tema'),
  kama: column('kama'),
  hma: column('hma'),
  rma: column('rma'),
  rsi: column('rsi'),
  roc: column('roc'),
  atr: bars('atr'),
  natr: bars('natr'),
  cci: bars('cci'),
  willr: bars('williamsR'),
  williams_r: bars('williamsR'),
  adx: { ...bars('adx'), only: 'adx' },
  macd: MACD,
  bollinger: BOLLINGER,
  bollinger_bands: BOLLINGER,
  bbands: BOLLINGER,
}
const MODULES = /^(talib|ta|pandas_ta|indicators?|technical(_indicators|_analysis)?|tulipy)$/i

/** v3's indicator for a called name (`ema`, `talib.EMA`), when the file itself does not define that name. */
export function indicatorRule(
  target: PyNode,
  imports: ReadonlyMap<string, string>,
  defined: ReadonlySet<string>,
): IndicatorRule | undefined {
  if (target.type === 'identifier') {
    if (defined.has(target.text)) return undefined
    const word = (imports.get(target.text) ?? target.text).split('.').at(-1) ?? ''
    return ruleOf(word)
  }
  const [object, word] = [fieldOf(target, 'object'), fieldOf(target, 'attribute')]
  if (target.type !== 'attribute' || object?.type !== 'identifier' || word === undefined) return undefined
  const module = imports.get(object.text)?.split('.').at(-1) ?? ''
  return MODULES.test(module) ? ruleOf(word.text) : undefined
}

function ruleOf(word: string): IndicatorRule | undefined {
  return Object.hasOwn(RULES, word.toLowerCase()) ? RULES[word.toLowerCase()] : undefined
}

/** `indicators.NAME(input, numbers)`. Every number must be given: a default of v2's own library is not known here. */
export function indicatorCall(rule: IndicatorRule, call: CallArguments, scope: Scope, translate: (node: PyNode) => Expression): Expression {
  const input = readInput(rule, call, translate)
  const rest = call.placed.slice(input.taken)
  if (rest.length > rule.numbers.length) throw new Untranslatable(call.node, `${rule.name} is given more arguments than are known`)
  for (const key of call.named.keys())
    if (!rule.numbers.some((names) => names.includes(key)))
      throw new Untranslatable(call.node, `${rule.name} has the argument ${key}, which is not known`)
  const numbers = rule.numbers.map((names, i) => {
    const given = rest[i] ?? names.map((name) => call.named.get(name)).find((node) => node !== undefined)
    if (given === undefined)
      throw new Untranslatable(call.node, `${rule.name} is called without its ${names[0]}: v2's default is not known here`)
    const expression = translate(given)
    if (expression.value.kind !== 'number') throw new Untranslatable(given, `the ${names[0]} of ${rule.name} is not known to be a number`)
    return expression.code
  })
  for (const period of numbers.slice(0, rule.periods)) scope.use.periods.add(period)
  scope.use.assumptions.add(
    `line ${call.node.line}: ${call.node.children[0]?.text ?? rule.name} is taken for v3's ${rule.name}, which computes as TA-Lib does${rule.lines === undefined ? '' : ` and gives ${rule.lines.map(([line]) => line).join(', ')} in this order`}. v2's own function was not at hand: compare some values.`,
  )
  const code = `indicators.${rule.name}(${[input.code, ...numbers].join(', ')})`
  if (rule.only !== undefined) return { code: `${code}.${rule.only}`, value: COLUMN, level: 9 }
  return { code, value: rule.lines === undefined ? COLUMN : linesValue(rule.lines), level: 9 }
}

function linesValue(lines: readonly (readonly string[])[]): Value {
  return {
    kind: 'record',
    fields: new Map(lines.map(([line = '']) => [line, COLUMN])),
    order: lines.map(([line = '']) => line),
    spellings: new Map(lines.flatMap((names) => names.map((name) => [name, names[0] ?? name] as const))),
  }
}

function readInput(rule: IndicatorRule, call: CallArguments, translate: (node: PyNode) => Expression): { code: string; taken: number } {
  const [first, ...others] = call.placed
  if (first === undefined) throw new Untranslatable(call.node, `${rule.name} is called without its prices by place`)
  const input = translate(first)
  if (rule.input === 'column') {
    if (input.value.kind !== 'series') throw new Untranslatable(first, `the prices of ${rule.name} are not known to be a list of numbers`)
    return { code: input.code, taken: 1 }
  }
  if (input.value.kind === 'candles') return { code: `indicators.columns(${input.code})`, taken: 1 }
  const [low, close] = others.slice(0, 2).map(translate)
  const columns = [input, low, close].map((column) =>
    column?.value.kind !== 'series' ? undefined : column.value.array === 'float64' ? column.code : `Float64Array.from(${column.code})`,
  )
  if (columns.some((code) => code === undefined))
    throw new Untranslatable(call.node, `${rule.name} is not given candles, nor high, low and close`)
  return { code: `{ high: ${columns[0]}, low: ${columns[1]}, close: ${columns[2]} }`, taken: 3 }
}
