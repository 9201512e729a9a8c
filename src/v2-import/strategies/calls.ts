import { fieldOf, lastWord, parts } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { indicatorCall, indicatorRule } from './indicator-calls.ts'
import type { CallArguments } from './indicator-calls.ts'
import { configName } from './expressions.ts'
import { shown } from './operators.ts'
import type { ExpressionHost, Expressions } from './expressions.ts'
import { forbiddenCall, isOrderCall } from './orders.ts'
import { LEVEL, Untranslatable, within } from './scope.ts'
import type { Expression, FunctionUnit, Scope } from './scope.ts'
import { configKey } from './strategy-class.ts'
import { BOOLEAN, COLUMN, NUMBER } from './value.ts'
import type { Value } from './value.ts'

export interface CallHost extends ExpressionHost {
  readonly expressions: Expressions
  readonly imports: ReadonlyMap<string, string>
  /** Names the file itself defines. */
  readonly defined: ReadonlySet<string>
  /** The function of the file for such argument values; throws `Untranslatable`. */
  readonly instantiate: (name: string, isMethod: boolean, values: readonly ArgumentValue[], node: PyNode) => FunctionUnit | undefined
}

export interface ArgumentValue {
  readonly name: string | undefined
  readonly value: Value
}

const call = (code: string, value: Value): Expression => ({ code, value, level: LEVEL.atom })

export function translateCall(node: PyNode, scope: Scope, host: CallHost): Expression {
  const target = fieldOf(node, 'function')
  if (target === undefined) throw new Untranslatable(node, 'a call of nothing')
  const setting = configKey(node, configName(configHolder(node), host, scope))
  if (setting !== undefined) {
    const value = host.expressions.attributeValue(host.setting(setting.key, setting.fallback, node), node, scope)
    scope.use.translated.add(configHolder(node) ?? node)
    return value
  }
  if (target.type === 'identifier' && scope.declared.has(target.text))
    throw new Untranslatable(node, `${target.text} is a variable here, not a known function`)
  const given = readArguments(node)
  const expression = ownCall(target, given, scope, host) ?? indicator(target, given, scope, host) ?? builtIn(target, given, scope, host)
  if (expression === undefined) throw new Untranslatable(node, forbiddenCall(node) ?? `${shown(target)} is not known here`)
  scope.use.translated.add(node)
  return expression
}

function configHolder(node: PyNode): PyNode | undefined {
  const target = fieldOf(node, 'function')
  if (target?.type === 'attribute') return fieldOf(target, 'object')
  const list = fieldOf(node, 'arguments')
  const [first] = list === undefined ? [] : parts(list)
  const inner = first === undefined ? undefined : fieldOf(first, 'function')
  return first?.type === 'subscript' ? fieldOf(first, 'value') : inner === undefined ? undefined : fieldOf(inner, 'object')
}

export function readArguments(node: PyNode): CallArguments {
  const list = fieldOf(node, 'arguments')
  const placed: PyNode[] = []
  const named = new Map<string, PyNode>()
  if (list?.type === 'generator_expression') return { node, placed: [list], named }
  for (const argument of list === undefined ? [] : parts(list)) {
    if (/splat/.test(argument.type)) throw new Untranslatable(argument, 'arguments that are spread are not translated')
    const [name, value] = [fieldOf(argument, 'name')?.text, fieldOf(argument, 'value')]
    if (argument.type !== 'keyword_argument') placed.push(argument)
    else if (name !== undefined && value !== undefined) named.set(name, value)
  }
  return { node, placed, named }
}

/** A method of the class or a function of the file. */
function ownCall(target: PyNode, given: CallArguments, scope: Scope, host: CallHost): Expression | undefined {
  const isMethod = target.type === 'attribute' && fieldOf(target, 'object')?.text === 'self'
  if (!isMethod && !(target.type === 'identifier' && host.defined.has(target.text))) return undefined
  if (isOrderCall(given.node)) return undefined
  const all = [...given.placed.map((node) => [undefined, node] as const), ...given.named]
  const expressions = all.map(([, node]) => host.expressions.translate(node, scope))
  const values = all.map(([name], i) => ({ name, value: expressions[i]?.value ?? NUMBER }))
  const unit = host.instantiate(lastWord(target), isMethod, values, given.node)
  if (unit === undefined) return undefined
  scope.use.functions.add(unit)
  if (unit.result.kind === 'untranslated') throw new Untranslatable(given.node, unit.result.reason)
  const names = fieldNames(unit.node, isMethod)
  const codes = unit.parameters.map(({ name }) => {
    const place = all.findIndex(([key], i) => (key === undefined ? names[i] === name : key === name))
    const expression = expressions[place]
    if (expression === undefined) throw new Untranslatable(given.node, `the argument ${name} is not given`)
    return expression.code
  })
  return call(`${unit.name}(${[...(unit.needsContext ? ['context'] : []), ...codes].join(', ')})`, unit.result)
}

function fieldNames(node: PyNode, isMethod: boolean): string[] {
  const list = fieldOf(node, 'parameters')
  const names = list === undefined ? [] : parts(list).map(parameterName)
  return isMethod ? names.slice(1) : names
}

export function parameterName(parameter: PyNode): string {
  if (parameter.type === 'identifier') return parameter.text
  return fieldOf(parameter, 'name')?.text ?? parts(parameter).find(({ type }) => type === 'identifier')?.text ?? ''
}

function indicator(target: PyNode, given: CallArguments, scope: Scope, host: CallHost): Expression | undefined {
  const rule = indicatorRule(target, host.imports, host.defined)
  return rule === undefined ? undefined : indicatorCall(rule, given, scope, (node) => host.expressions.translate(node, scope))
}

/** Python's own functions, and the few methods of columns that v2 code uses. */
function builtIn(target: PyNode, given: CallArguments, scope: Scope, host: CallHost): Expression | undefined {
  const { expressions } = host
  const [first, second] = given.placed
  if (first === undefined || given.named.size > 0) return columnMethod(target, given, scope, host)
  if (target.type !== 'identifier' || host.defined.has(target.text) || host.imports.has(target.text) || scope.declared.has(target.text))
    return columnMethod(target, given, scope, host)
  const isList = second === undefined
  switch (target.text) {
    case 'len': {
      const held = expressions.translate(first, scope)
      if (!isList || (held.value.kind !== 'series' && held.value.kind !== 'candles')) return undefined
      return call(`${within(held, LEVEL.atom)}.length`, NUMBER)
    }
    case 'min':
    case 'max': {
      const name = target.text === 'min' ? 'lowestOf' : 'highestOf'
      scope.use.runtime.add(name)
      const list = isList
        ? listCode(first, scope, host)
        : `[${given.placed.map((node) => expressions.number(node, scope).code).join(', ')}]`
      return call(`${name}(${list})`, NUMBER)
    }
    case 'sum':
      if (!isList) return undefined
      scope.use.runtime.add('total')
      return call(`total(${listCode(first, scope, host)})`, NUMBER)
    case 'any':
    case 'all': {
      if (!isList || !['generator_expression', 'list_comprehension'].includes(first.type)) return undefined
      const tests = expressions.comprehension(first, scope, true)
      return call(`${tests.code}.${target.text === 'any' ? 'some' : 'every'}(Boolean)`, BOOLEAN)
    }
    case 'abs':
      return isList ? call(`Math.abs(${expressions.number(first, scope).code})`, NUMBER) : undefined
    case 'float':
      return isList ? expressions.number(first, scope) : undefined
    case 'int':
      return isList ? call(`Math.trunc(${expressions.number(first, scope).code})`, NUMBER) : undefined
    case 'bool':
      return isList ? expressions.condition(first, scope) : undefined
    case 'round':
      if (!isList) throw new Untranslatable(given.node, 'rounding to digits is not translated: Python rounds the decimal value')
      scope.use.runtime.add('roundEven')
      return call(`roundEven(${expressions.number(first, scope).code})`, NUMBER)
    case 'list':
      return expressions.translate(first, scope)
    default:
      return undefined
  }
}

function listCode(node: PyNode, scope: Scope, host: CallHost): string {
  const list = node.type === 'generator_expression' ? host.expressions.comprehension(node, scope) : host.expressions.translate(node, scope)
  if (list.value.kind !== 'series') throw new Untranslatable(node, `${shown(node)} is not known to be a list of numbers`)
  return list.code
}

/** `.tolist()`, `.rolling(20).mean()`, `.max()` of a column. */
function columnMethod(target: PyNode, given: CallArguments, scope: Scope, host: CallHost): Expression | undefined {
  const [object, word] = [fieldOf(target, 'object'), fieldOf(target, 'attribute')?.text]
  if (target.type !== 'attribute' || object === undefined || word === undefined || given.placed.length + given.named.size > 0)
    return undefined
  const rolling =
    object.type === 'call' && lastWord(fieldOf(object, 'function') ?? object) === 'rolling' ? readArguments(object) : undefined
  const holder = rolling === undefined ? object : fieldOf(fieldOf(object, 'function') ?? object, 'object')
  if (holder === undefined || (holder.type === 'identifier' && host.imports.has(holder.text))) return undefined
  const name = ({ mean: 'sma', max: 'highest', min: 'lowest' } as Readonly<Record<string, string>>)[word]
  if (rolling === undefined && word !== 'tolist' && word !== 'copy') return undefined
  const series = host.expressions.translate(holder, scope)
  if (series.value.kind !== 'series') return undefined
  if (rolling === undefined) return series
  const period = rolling.placed[0] ?? rolling.named.get('window')
  if (name === undefined || period === undefined || rolling.placed.length + rolling.named.size !== 1) return undefined
  const { code } = host.expressions.number(period, scope)
  scope.use.periods.add(code)
  scope.use.translated.add(object)
  return call(`indicators.${name}(${series.code}, ${code})`, COLUMN)
}
