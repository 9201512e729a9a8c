import type { PyNode } from './python-node.ts'
import type { Value } from './value.ts'

/** Why a piece is left to a person. It is caught where the statement ends: a statement is translated whole or marked whole. */
export class Untranslatable extends Error {
  readonly node: PyNode
  constructor(node: PyNode, reason: string) {
    super(reason)
    this.name = 'Untranslatable'
    this.node = node
  }
}

/** What a statement draws on; kept only when the whole of it could be translated. */
export interface Use {
  readonly reads: Set<string>
  /** Calls and attributes that are in the code now. */
  readonly translated: Set<PyNode>
  /** Those left out on purpose, with the reason. */
  readonly dropped: Map<PyNode, string>
  readonly functions: Set<FunctionUnit>
  readonly runtime: Set<string>
  readonly params: Set<string>
  /** Properties of the context: symbol, params and so on. */
  readonly context: Set<string>
  /** Code of the periods of indicators: they say how many candles are needed. */
  readonly periods: Set<string>
  readonly assumptions: Set<string>
}

export function newUse(): Use {
  return {
    reads: new Set(),
    translated: new Set(),
    dropped: new Map(),
    functions: new Set(),
    runtime: new Set(),
    params: new Set(),
    context: new Set(),
    periods: new Set(),
    assumptions: new Set(),
  }
}

/** A translated expression. `level` is how tightly its outermost operator binds. */
export interface Expression {
  readonly code: string
  readonly value: Value
  readonly level: number
}

export const LEVEL = { atom: 9, unary: 8, multiply: 7, add: 6, compare: 5, and: 4, or: 3, choice: 2 } as const

export function within(expression: Expression, level: number): string {
  return expression.level < level ? `(${expression.code})` : expression.code
}

export type Step =
  | { readonly kind: 'assign'; readonly node: PyNode; readonly name: string; readonly expression: Expression; readonly use: Use }
  | { readonly kind: 'refuse'; readonly node: PyNode; readonly reason: string; readonly use: Use }
  | { readonly kind: 'if'; readonly node: PyNode; readonly branches: readonly Branch[]; readonly otherwise: readonly Step[] | undefined }
  | { readonly kind: 'return'; readonly node: PyNode; readonly code: string; readonly value: Value; readonly use: Use }
  | { readonly kind: 'signal'; readonly node: PyNode; readonly code: string; readonly use: Use }
  | { readonly kind: 'drop'; readonly node: PyNode; readonly reason: string }

export interface Branch {
  readonly condition: string
  readonly use: Use
  readonly body: readonly Step[]
}

/** One function of the generated file. */
export interface FunctionUnit {
  readonly name: string
  readonly node: PyNode
  readonly isEntry: boolean
  readonly parameters: readonly { readonly name: string; readonly code: string; readonly value: Value }[]
  steps: readonly Step[]
  /** What it answers, joined over all its returns. */
  result: Value
  needsContext: boolean
}

export interface Scope {
  readonly unit: FunctionUnit
  /** By Python name: what is known of the variable here. */
  readonly variables: Map<string, Value>
  /** By Python name: what the variable may hold anywhere in the function. */
  readonly declared: Map<string, Value>
  readonly names: Names
  /** Variables that only say how much to trade. */
  readonly sizing: ReadonlySet<string>
  use: Use
}

const RESERVED =
  `break case catch class const continue debugger default delete do else enum export extends false finally for function if import in
  instanceof new null return super switch this throw true try typeof var void while with yield let static implements interface package
  private protected public await async of undefined NaN Infinity arguments eval globalThis Math Number String Array Object JSON Error
  RangeError Float64Array defineStrategy indicators HISTORY_BARS strategy context params signals unfinished refuse
  item candleAt divide floorDivide modulo lowestOf highestOf total roundEven signalsFor priceDecimals params Context Candle Signal
  as any boolean number string type never unknown object constructor prototype`.split(/\s+/)

/** Gives Python names a TypeScript spelling of their own each. */
export class Names {
  readonly #given = new Map<string, string>()
  readonly #taken: Set<string>

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set([...RESERVED, ...taken])
  }

  of(name: string): string {
    const known = this.#given.get(name)
    if (known !== undefined) return known
    const plain = camelCase(name)
    let spelled = plain
    for (let i = 2; this.#taken.has(spelled); i += 1) spelled = `${plain}${i}`
    this.#taken.add(spelled)
    this.#given.set(name, spelled)
    return spelled
  }
}

/** `max_position` becomes `maxPosition`; what is not letters and digits is left out. */
export function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const [first = 'value', ...rest] = words.map((word) => (/^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word))
  const joined = first.charAt(0).toLowerCase() + first.slice(1) + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[a-z]/.test(joined) ? joined : `value${joined}`
}
