import type { PyNode } from './python-node.ts'
import { LEVEL, Untranslatable, within } from './scope.ts'
import type { Expression, Scope } from './scope.ts'
import { BOOLEAN, isSame, NUMBER } from './value.ts'
import type { Value } from './value.ts'

/** Python's operators, in TypeScript that means the same. */

const COMPARISONS: Readonly<Record<string, string>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=', '==': '===', '!=': '!==' }

export const atom = (code: string, value: Value): Expression => ({ code, value, level: LEVEL.atom })

export function shown(node: PyNode): string {
  const text = node.text.replace(/\s+/g, ' ')
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Python's truth: nothing, zero and what is empty are false. */
export function truth({ code, value, level }: Expression, node: PyNode): Expression {
  const is = (test: string): Expression => ({ code: test, value: BOOLEAN, level: LEVEL.compare })
  const held = within({ code, value, level }, LEVEL.compare + 1)
  if (value.kind === 'boolean') return { code, value, level }
  if (value.kind === 'number') return is(`${held} !== 0`)
  if (value.kind === 'text') return is(`${held} !== ''`)
  if (value.kind === 'candles' || (value.kind === 'series' && value.array === 'list'))
    return is(`${within({ code, value, level }, LEVEL.atom)}.length > 0`)
  if (value.kind === 'optional') {
    if (value.of.kind === 'boolean') return is(`${held} === true`)
    if (value.of.kind === 'record') return is(`${held} !== undefined`)
    if (value.of.kind === 'text') return is(`(${code} ?? '') !== ''`)
    if (value.of.kind === 'number') return is(`(${code} ?? 0) !== 0`)
  }
  throw new Untranslatable(node, `whether ${shown(node)} counts as true is not known`)
}

export function compare(node: PyNode, operator: string, a: Expression, b: Expression): Expression {
  const sides = `${within(a, LEVEL.compare + 1)} OP ${within(b, LEVEL.compare + 1)}`
  const test = (sign: string): Expression => ({ code: sides.replace('OP', () => sign), value: BOOLEAN, level: LEVEL.compare })
  const kinds = [a.value, b.value]
  if (operator === 'is' || operator === 'is not' || operator === '==' || operator === '!=') {
    const isEqual = operator === 'is' || operator === '=='
    const hasNone = kinds.some(({ kind }) => kind === 'none')
    if (hasNone) return test(isEqual ? '===' : '!==')
    if (operator === 'is' || operator === 'is not') throw new Untranslatable(node, 'is between values is not translated')
    const plain = kinds.map((value) => (value.kind === 'optional' ? value.of : value))
    const [left, right] = plain
    const isPlain =
      left !== undefined && right !== undefined && isSame(left, right) && ['number', 'text', 'boolean', 'symbol'].includes(left.kind)
    if (isPlain) return test(isEqual ? '===' : '!==')
    throw new Untranslatable(node, `${shown(node)} compares values of different or unknown kinds`)
  }
  const sign = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined
  if (sign === undefined || kinds.some(({ kind }) => kind !== 'number'))
    throw new Untranslatable(node, `${shown(node)} is not a comparison of two numbers`)
  return test(sign)
}

/** Arithmetic of two numbers. What Python refuses (a division by zero) stays refused. */
export function arithmetic(node: PyNode, operator: string, [a, b]: readonly [Expression, Expression], scope: Scope): Expression {
  const infix = (level: number): Expression => ({ code: `${within(a, level)} ${operator} ${within(b, level + 1)}`, value: NUMBER, level })
  const helper = (name: string): Expression => {
    scope.use.runtime.add(name)
    return atom(`${name}(${a.code}, ${b.code})`, NUMBER)
  }
  const divisor = /^\d+(\.\d+)?$/.test(b.code) && Number(b.code) !== 0
  if (operator === '+' || operator === '-') return infix(LEVEL.add)
  if (operator === '*') return infix(LEVEL.multiply)
  if (operator === '/') return divisor ? infix(LEVEL.multiply) : helper('divide')
  if (operator === '//') return helper('floorDivide')
  if (operator === '%') return helper('modulo')
  if (operator === '**' && b.code === '2') return atom(`(${within(a, LEVEL.atom)} ** 2)`, NUMBER)
  throw new Untranslatable(node, `the operator ${operator} is not translated`)
}
