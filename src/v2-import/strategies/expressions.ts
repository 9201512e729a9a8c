import { arithmetic, atom, compare, shown, truth } from './operators.ts'
import { fieldOf, parts, selfAttribute, stringOf } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { configKey, numberOf } from './strategy-class.ts'
import type { Attribute } from './strategy-class.ts'
import { LEVEL, Untranslatable, within } from './scope.ts'
import type { Expression, Scope } from './scope.ts'
import { BOOLEAN, COLUMN, join, LIST, NONE, NUMBER, propertyName, quote, SYMBOL, TEXT } from './value.ts'
import type { Value } from './value.ts'

/** What expressions need of the rest: calls lead to other functions and back. */
export interface ExpressionHost {
  readonly attribute: (name: string) => Attribute | undefined
  readonly setting: (key: string, fallback: PyNode | undefined, node: PyNode) => Attribute
  readonly constant: (name: string) => Expression | undefined
  readonly call: (node: PyNode, scope: Scope) => Expression
}

const COLUMNS: ReadonlySet<string> = new Set(['open', 'high', 'low', 'close', 'volume'])

/** Translates one Python expression, or throws `Untranslatable`. Only what is sure to mean the same is translated. */
export class Expressions {
  readonly #host: ExpressionHost

  constructor(host: ExpressionHost) {
    this.#host = host
  }

  translate(node: PyNode, scope: Scope): Expression {
    switch (node.type) {
      case 'integer':
      case 'float':
        return this.#number(node)
      case 'true':
      case 'false':
        return atom(node.type, BOOLEAN)
      case 'none':
        return atom('undefined', NONE)
      case 'string':
        return this.#text(node)
      case 'identifier':
        return this.#variable(node, scope)
      case 'parenthesized_expression':
      case 'await':
        return this.translate(onlyPart(node), scope)
      case 'attribute':
        return this.#attribute(node, scope)
      case 'subscript':
        return this.#subscript(node, scope)
      case 'unary_operator':
        return this.#unary(node, scope)
      case 'binary_operator':
        return this.#arithmetic(node, scope)
      case 'comparison_operator':
        return this.#comparison(node, scope)
      case 'boolean_operator':
      case 'not_operator':
        return this.#logic(node, scope, true)
      case 'conditional_expression':
        return this.#choice(node, scope)
      case 'dictionary':
        return this.#record(node, scope)
      case 'list_comprehension':
        return this.comprehension(node, scope)
      case 'list':
        return this.#list(node, scope)
      case 'call':
        return this.#host.call(node, scope)
      default:
        throw new Untranslatable(node, `${node.type.replaceAll('_', ' ')} is not translated`)
    }
  }

  number(node: PyNode, scope: Scope): Expression {
    const expression = this.translate(node, scope)
    if (expression.value.kind !== 'number') throw new Untranslatable(node, `${shown(node)} is not known to be a number`)
    return expression
  }

  /** As `if` sees it: Python's truth of a value. */
  condition(node: PyNode, scope: Scope): Expression {
    if (node.type === 'parenthesized_expression') return this.condition(onlyPart(node), scope)
    if (node.type === 'boolean_operator' || node.type === 'not_operator') return this.#logic(node, scope, false)
    return truth(this.translate(node, scope), node)
  }

  #number(node: PyNode): Expression {
    const value = numberOf(node)
    if (value === undefined) throw new Untranslatable(node, `${shown(node)} is not a number that a double holds exactly`)
    return atom(String(value), NUMBER)
  }

  #text(node: PyNode): Expression {
    const text = stringOf(node)
    if (text === undefined) throw new Untranslatable(node, 'text that is put together or escaped is not translated')
    return atom(quote(text), TEXT)
  }

  #variable(node: PyNode, scope: Scope): Expression {
    const value = scope.variables.get(node.text)
    if (value === undefined && !scope.declared.has(node.text)) {
      const constant = this.#host.constant(node.text)
      if (constant === undefined) throw new Untranslatable(node, `nothing is known of ${node.text}`)
      scope.use.translated.add(node)
      return constant
    }
    if (value === undefined) throw new Untranslatable(node, `${node.text} may have no value here`)
    if (value.kind === 'untranslated') throw new Untranslatable(node, `it needs ${node.text}: ${value.reason}`)
    if (value.kind === 'config') throw new Untranslatable(node, 'the configuration as a whole is not handed to v3 strategies')
    scope.use.reads.add(node.text)
    return atom(scope.names.of(node.text), value)
  }

  #attribute(node: PyNode, scope: Scope): Expression {
    const own = selfAttribute(node)
    if (own !== undefined) {
      const found = this.#host.attribute(own)
      if (found === undefined)
        throw new Untranslatable(node, `nothing is known of self.${own}: the base class and what v2 hands over are not here`)
      return this.attributeValue(found, node, scope)
    }
    const [object, word] = [fieldOf(node, 'object'), fieldOf(node, 'attribute')?.text ?? '']
    if (object === undefined) throw new Untranslatable(node, 'an attribute of nothing')
    const holder = this.translate(object, scope)
    if (holder.value.kind === 'candle' && COLUMNS.has(word)) return atom(`${within(holder, LEVEL.atom)}.${word}`, NUMBER)
    if (holder.value.kind === 'candles' && COLUMNS.has(word)) return atom(`indicators.columns(${holder.code}).${word}`, COLUMN)
    if ((holder.value.kind === 'series' || holder.value.kind === 'candles') && /^(iloc|values)$/.test(word)) return holder
    throw new Untranslatable(node, `.${word} is not known here`)
  }

  attributeValue(found: Attribute, node: PyNode, scope: Scope): Expression {
    if (found.kind === 'unsupported') throw new Untranslatable(node, found.reason)
    if (found.kind === 'config') throw new Untranslatable(node, 'the configuration as a whole is not handed to v3 strategies')
    scope.use.translated.add(node)
    if (found.kind === 'text') return atom(quote(found.value), TEXT)
    if (found.kind === 'symbol') {
      scope.use.context.add('symbol')
      return atom('context.symbol', SYMBOL)
    }
    scope.use.context.add('params')
    scope.use.params.add(found.key)
    const code = `context.params.${found.key}`
    return found.isFlag === true ? { code: `${code} !== 0`, value: BOOLEAN, level: LEVEL.compare } : atom(code, NUMBER)
  }

  #subscript(node: PyNode, scope: Scope): Expression {
    const setting = configKey(node, configName(fieldOf(node, 'value'), this.#host, scope))
    if (setting !== undefined) {
      const value = this.attributeValue(this.#host.setting(setting.key, setting.fallback, node), node, scope)
      scope.use.translated.add(fieldOf(node, 'value') ?? node)
      return value
    }
    const [object, index, ...more] = parts(node)
    if (object === undefined || index === undefined || more.length > 0) throw new Untranslatable(node, 'an index of several parts')
    const holder = this.translate(object, scope)
    const key = stringOf(index)
    if (key !== undefined) return field(holder, key, node)
    if (index.type === 'slice') return this.#slice(holder, index, scope)
    const place = this.number(index, scope)
    if (holder.value.kind === 'series') {
      scope.use.runtime.add('item')
      return atom(`item(${holder.code}, ${place.code})`, NUMBER)
    }
    if (holder.value.kind === 'candles') {
      scope.use.runtime.add('candleAt')
      return atom(`candleAt(${holder.code}, ${place.code})`, { kind: 'candle' })
    }
    throw new Untranslatable(node, `${shown(object)} is not known to be a list of numbers or candles`)
  }

  #slice(holder: Expression, slice: PyNode, scope: Scope): Expression {
    if (holder.value.kind !== 'series' && holder.value.kind !== 'candles')
      throw new Untranslatable(slice, 'only lists of numbers and candles are cut')
    const colons = slice.children.filter(({ type }) => type === ':').length
    const meaningful = slice.children.filter(({ named, type }) => (named && type !== 'comment') || type === ':')
    const colon = meaningful.findIndex(({ type }) => type === ':')
    const bounds = [meaningful.slice(0, colon), meaningful.slice(colon + 1)].map(([bound]) =>
      bound === undefined ? undefined : this.number(bound, scope).code,
    )
    if (colons !== 1) throw new Untranslatable(slice, 'a slice with a step is not translated')
    const [from, to] = bounds
    const list = to === undefined ? (from === undefined ? '' : from) : `${from ?? '0'}, ${to}`
    return atom(`${within(holder, LEVEL.atom)}.slice(${list})`, holder.value)
  }

  #unary(node: PyNode, scope: Scope): Expression {
    const sign = node.children[0]?.type
    const argument = fieldOf(node, 'argument')
    if (argument === undefined || (sign !== '-' && sign !== '+'))
      throw new Untranslatable(node, `the operator ${sign ?? ''} is not translated`)
    const value = this.number(argument, scope)
    return sign === '+' ? value : { code: `-${within(value, LEVEL.atom)}`, value: NUMBER, level: LEVEL.unary }
  }

  #arithmetic(node: PyNode, scope: Scope): Expression {
    const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')]
    const operator = fieldOf(node, 'operator')?.type ?? ''
    if (left === undefined || right === undefined) throw new Untranslatable(node, 'an operator without two sides')
    const [a, b] = [this.number(left, scope), this.number(right, scope)]
    return arithmetic(node, operator, [a, b], scope)
  }

  #comparison(node: PyNode, scope: Scope): Expression {
    const operands = parts(node)
    const operators = node.children.filter(({ field }) => field === 'operators').map(({ type, text }) => (/\s/.test(type) ? type : text))
    const values = operands.map((operand) =>
      operand.type === 'tuple' || operand.type === 'list' || operand.type === 'set' ? undefined : this.translate(operand, scope),
    )
    const tests = operators.map((operator, i) => {
      const [a, b, list] = [values[i], values[i + 1], operands[i + 1]]
      if (a === undefined || list === undefined) throw new Untranslatable(node, 'a comparison of lists is not translated')
      if (b !== undefined) return compare(node, operator, a, b)
      return this.#membership(operator, a, list, scope)
    })
    const [only, ...more] = tests
    if (only === undefined) throw new Untranslatable(node, 'a comparison of nothing')
    return more.length === 0 ? only : { code: tests.map((test) => within(test, LEVEL.and)).join(' && '), value: BOOLEAN, level: LEVEL.and }
  }

  #membership(operator: string, value: Expression, list: PyNode, scope: Scope): Expression {
    const isIn = operator === 'in'
    if (!isIn && operator !== 'not in') throw new Untranslatable(list, 'a comparison with a list is not translated')
    const tests = parts(list).map((part) => within(compare(part, isIn ? '==' : '!=', value, this.translate(part, scope)), LEVEL.compare))
    if (tests.length === 0) return atom(String(!isIn), BOOLEAN)
    return { code: tests.join(isIn ? ' || ' : ' && '), value: BOOLEAN, level: isIn ? LEVEL.or : LEVEL.and }
  }

  /** `and`, `or`, `not`. As a value they are one of their sides, so both must be booleans then. */
  #logic(node: PyNode, scope: Scope, isValue: boolean): Expression {
    const side = (part: PyNode | undefined): Expression => {
      if (part === undefined) throw new Untranslatable(node, 'an operator without its sides')
      if (!isValue) return this.condition(part, scope)
      const expression = this.translate(part, scope)
      if (expression.value.kind !== 'boolean')
        throw new Untranslatable(part, `${shown(part)} is not known to be true or false, and would itself be the result`)
      return expression
    }
    if (node.type === 'not_operator') {
      const argument = fieldOf(node, 'argument')
      const inner = argument === undefined ? side(argument) : this.condition(argument, scope)
      return { code: `!${within(inner, LEVEL.unary)}`, value: BOOLEAN, level: LEVEL.unary }
    }
    const isAnd = fieldOf(node, 'operator')?.type === 'and'
    const level = isAnd ? LEVEL.and : LEVEL.or
    const [left, right] = [side(fieldOf(node, 'left')), side(fieldOf(node, 'right'))]
    return { code: `${within(left, level)} ${isAnd ? '&&' : '||'} ${within(right, level)}`, value: BOOLEAN, level }
  }

  #choice(node: PyNode, scope: Scope): Expression {
    const [yes, test, no] = parts(node)
    if (yes === undefined || test === undefined || no === undefined) throw new Untranslatable(node, 'a choice without its parts')
    const condition = this.condition(test, scope)
    const [a, b] = [this.translate(yes, scope), this.translate(no, scope)]
    const value = join(a.value, b.value)
    if (value === undefined || value.kind === 'signal') throw new Untranslatable(node, 'its two results are of different kinds')
    const code = `${within(condition, LEVEL.or)} ? ${within(a, LEVEL.choice)} : ${within(b, LEVEL.choice)}`
    return { code, value, level: LEVEL.choice - 1 }
  }

  #record(node: PyNode, scope: Scope): Expression {
    const fields = new Map<string, Value>()
    const codes = parts(node).map((pair) => {
      const [name, content] = [stringOf(fieldOf(pair, 'key')), fieldOf(pair, 'value')]
      if (pair.type !== 'pair' || name === undefined || content === undefined || name === '__proto__')
        throw new Untranslatable(pair, 'only dicts with plain text keys are translated')
      if (fields.has(name)) throw new Untranslatable(pair, `the key ${name} stands twice`)
      const expression = this.translate(content, scope)
      if (expression.value.kind === 'signal') throw new Untranslatable(pair, 'an order inside a dict is not translated')
      fields.set(name, expression.value)
      return `${propertyName(name)}: ${within(expression, LEVEL.choice - 1)}`
    })
    return atom(codes.length === 0 ? '{}' : `{ ${codes.join(', ')} }`, { kind: 'record', fields })
  }

  #list(node: PyNode, scope: Scope): Expression {
    const codes = parts(node).map((part) => this.number(part, scope).code)
    return atom(`[${codes.join(', ')}]`, LIST)
  }

  /** `[c["close"] for c in data if …]`, also as the argument of sum, any and the like: a list of what its body is. */
  comprehension(node: PyNode, scope: Scope, isTest = false): Expression {
    const [body, clause, test, ...more] = parts(node)
    const [left, right] = clause === undefined ? [] : [fieldOf(clause, 'left'), fieldOf(clause, 'right')]
    if (
      body === undefined ||
      clause?.type !== 'for_in_clause' ||
      left?.type !== 'identifier' ||
      right === undefined ||
      more.length > 0 ||
      clause.children.some(({ type }) => type === 'async')
    )
      throw new Untranslatable(node, 'only comprehensions with one plain loop are translated')
    if (test !== undefined && test.type !== 'if_clause') throw new Untranslatable(test, 'only comprehensions with one loop are translated')
    const source = this.translate(right, scope)
    if (source.value.kind !== 'candles' && source.value.kind !== 'series')
      throw new Untranslatable(right, `${shown(right)} is not known to be a list of numbers or candles`)
    const column = test === undefined && !isTest && source.value.kind === 'candles' ? columnOf(body, left.text) : undefined
    if (column !== undefined) return atom(`indicators.columns(${source.code}).${column}`, COLUMN)
    const variables = new Map(scope.variables).set(left.text, source.value.kind === 'candles' ? { kind: 'candle' } : NUMBER)
    const inner: Scope = { ...scope, variables, declared: new Map(scope.declared).set(left.text, NUMBER) }
    const name = scope.names.of(left.text)
    const filtered = test === undefined ? '' : `.filter((${name}) => ${this.condition(onlyPart(test), inner).code})`
    const result = isTest ? this.condition(body, inner) : this.number(body, inner)
    if (result.code === name) return atom(`Array.from(${source.code})${filtered}`, LIST)
    return atom(`Array.from(${source.code})${filtered}.map((${name}) => ${result.code})`, LIST)
  }
}

/** `close` of `c["close"]`, `c.close` where `c` is the loop's variable. */
function columnOf(body: PyNode, variable: string): string | undefined {
  const [object, key] = parts(body)
  if (object?.text !== variable || key === undefined) return undefined
  const name = body.type === 'subscript' ? stringOf(key) : body.type === 'attribute' ? key.text : undefined
  return name !== undefined && COLUMNS.has(name) ? name : undefined
}

/** The spelling under which a name stands for the configuration. */
export function configName(node: PyNode | undefined, host: Pick<ExpressionHost, 'attribute'>, scope: Scope): string | undefined {
  if (node === undefined) return undefined
  const own = selfAttribute(node)
  if (own !== undefined) return host.attribute(own)?.kind === 'config' ? node.text : undefined
  return node.type === 'identifier' && scope.variables.get(node.text)?.kind === 'config' ? node.text : undefined
}

function field(holder: Expression, key: string, node: PyNode): Expression {
  const { value } = holder
  if (value.kind === 'candle' && COLUMNS.has(key)) return atom(`${within(holder, LEVEL.atom)}.${key}`, NUMBER)
  if (value.kind === 'candles' && COLUMNS.has(key)) return atom(`indicators.columns(${holder.code}).${key}`, COLUMN)
  const name = value.kind === 'record' ? (value.spellings?.get(key) ?? key) : key
  const found = value.kind === 'record' ? value.fields.get(name) : undefined
  if (found === undefined) throw new Untranslatable(node, `the key ${shown(node)} is not known here`)
  if (found.kind === 'untranslated') throw new Untranslatable(node, found.reason)
  const property = propertyName(name)
  return atom(`${within(holder, LEVEL.atom)}${property === name ? `.${name}` : `[${property}]`}`, found)
}

export function onlyPart(node: PyNode): PyNode {
  const [only, ...more] = parts(node)
  if (only === undefined || more.length > 0) throw new Untranslatable(node, `${node.type.replaceAll('_', ' ')} is not translated`)
  return only
}
