import { fieldOf, parts, stringOf, walk } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { parameterName, translateCall } from './calls.ts'
import type { ArgumentValue, CallHost } from './calls.ts'
import { Expressions } from './expressions.ts'
import { sizeNodes, isOrderCall, SIZING_REASON } from './orders.ts'
import { camelCase, LEVEL, Names, newUse, Untranslatable } from './scope.ts'
import type { Expression, FunctionUnit, Scope, Step, Use } from './scope.ts'
import { exits, Statements } from './statements.ts'
import { bodyOf, isLogging, numberOf, readSetting, undecorated } from './strategy-class.ts'
import type { Attribute, Settings, StrategyClass } from './strategy-class.ts'
import { BOOLEAN, CANDLES, isSame, join, NONE, NUMBER, quote, SIGNAL, SYMBOL, TEXT, typeOf } from './value.ts'
import type { Value } from './value.ts'

/** Functions of one generated file; more means that v2's code calls itself in ever new ways. */
const UNITS_MAX = 100
const CALL_DEPTH_MAX = 16
/** Assignments of one function among which those that only size an order are looked for. */
const SIZING_ASSIGNMENTS_MAX = 100
const SYMBOL_NAMES = /^(symbol|pair|instrument|market)$/
const CONFIG_NAMES = /^(config|settings)$/

/** Makes functions out of methods, for the kinds of values they are called with. */
export class Units {
  readonly made: FunctionUnit[] = []
  readonly #strategy: StrategyClass
  readonly #settings: Settings
  readonly #functions: ReadonlyMap<string, PyNode>
  readonly #constants: ReadonlyMap<string, PyNode>
  readonly #names = new Names(['decide', 'name', 'source'])
  readonly #byKey = new Map<string, FunctionUnit>()
  readonly #open = new Set<PyNode>()
  readonly #inline = new Map<string, Attribute>()
  readonly #statements: Statements
  /** Names of the file's functions, which no variable may take. */
  readonly #taken: ReadonlySet<string>

  constructor(strategy: StrategyClass, file: FileNames, settings: Settings) {
    this.#strategy = strategy
    this.#settings = settings
    this.#functions = file.functions
    this.#constants = file.constants
    const functions = [...file.functions.keys(), ...strategy.methods.keys()]
    this.#taken = new Set(['decide', 'name', 'source', ...functions.map(camelCase)])
    const host: CallHost = {
      attribute: (name) => this.#strategy.attributes.get(name),
      setting: (key, fallback, node) => this.#setting(key, fallback, node),
      constant: (name) => this.#constant(name),
      call: (node, scope) => translateCall(node, scope, host),
      expressions: new Expressions({
        attribute: (name) => host.attribute(name),
        setting: (key, fallback, node) => host.setting(key, fallback, node),
        constant: (name) => host.constant(name),
        call: (node, scope) => host.call(node, scope),
      }),
      imports: file.imports,
      defined: file.defined,
      instantiate: (name, isMethod, values, node) => this.#instantiate(name, isMethod, values, node),
    }
    this.#statements = new Statements(host.expressions)
  }

  entry(node: PyNode): FunctionUnit {
    const names = namesOf(node).slice(1)
    const known = names.map((name) =>
      SYMBOL_NAMES.test(name) ? SYMBOL : CONFIG_NAMES.test(name) ? ({ kind: 'config' } as const) : undefined,
    )
    const data = names.findIndex((name) => /^(data|df|candles|klines|bars|ohlcv|history|market_data|prices?|frame)$/i.test(name))
    const first = data >= 0 ? data : known.filter((value) => value === undefined).length === 1 ? known.indexOf(undefined) : -1
    const values = names.map(
      (_, i): Value =>
        known[i] ?? (i === first ? CANDLES : { kind: 'untranslated', reason: `what v2 hands over as ${names[i] ?? ''} is not known` }),
    )
    return this.#make({ node, name: 'decide', isEntry: true, names, values })
  }

  #constant(name: string): Expression | undefined {
    const node = this.#constants.get(name)
    const number = numberOf(node)
    if (number !== undefined) return { code: String(number), value: NUMBER, level: number < 0 ? LEVEL.unary : LEVEL.atom }
    const text = stringOf(node)
    if (text !== undefined) return { code: quote(text), value: TEXT, level: LEVEL.atom }
    return node?.type === 'true' || node?.type === 'false' ? { code: node.type, value: BOOLEAN, level: LEVEL.atom } : undefined
  }

  /** A setting read in the middle of the code: a param like those of `__init__`. */
  #setting(key: string, fallback: PyNode | undefined, node: PyNode): Attribute {
    const known = this.#inline.get(key)
    if (known !== undefined) return known
    const attribute = readSetting(this.#strategy.attributes, this.#settings, { key, fallback, node })
    this.#inline.set(key, attribute)
    if (attribute.kind === 'param') this.#strategy.attributes.set(`config ${key}`, attribute)
    return attribute
  }

  #instantiate(name: string, isMethod: boolean, values: readonly ArgumentValue[], call: PyNode): FunctionUnit | undefined {
    const member = isMethod ? this.#strategy.methods.get(name) : this.#functions.get(name)
    if (member === undefined) return undefined
    const node = undecorated(member)
    if (node !== member) throw new Untranslatable(call, `${name} is decorated`)
    if (this.#open.size >= CALL_DEPTH_MAX) throw new Untranslatable(call, `functions call each other more than ${CALL_DEPTH_MAX} deep`)
    if (this.#open.has(node)) throw new Untranslatable(call, `${name} calls itself`)
    const names = namesOf(node).slice(isMethod ? 1 : 0)
    if (values.some((value, i) => (value.name === undefined ? i >= names.length : !names.includes(value.name))))
      throw new Untranslatable(call, `${name} takes other arguments`)
    const given = names.map(
      (argument, i) => values.find((value, place) => (value.name === undefined ? place === i : value.name === argument))?.value,
    )
    const taken = given.map(
      (value, i) => value ?? { kind: 'untranslated' as const, reason: `the default of ${names[i] ?? ''} is not translated` },
    )
    if (given.some((value) => value !== undefined && typeOf(value) === undefined))
      throw new Untranslatable(call, `${name} is given something of an unknown kind`)
    const key = `${isMethod} ${name} ${given.map((value) => (value === undefined ? '-' : typeOf(value))).join()}`
    const made = this.#byKey.get(key)
    if (made !== undefined) return made
    if (this.made.length >= UNITS_MAX) throw new Untranslatable(call, 'too many functions')
    const spelled = this.#names.of(isMethod || !this.#strategy.methods.has(name) ? name : `${name} of file`)
    const unit = this.#make({
      node,
      name: this.made.some((other) => other.name === spelled) ? this.#names.of(`${name} ${this.made.length}`) : spelled,
      isEntry: false,
      names,
      values: taken,
    })
    this.#byKey.set(key, unit)
    return unit
  }

  #make(plan: { node: PyNode; name: string; isEntry: boolean; names: readonly string[]; values: readonly Value[] }): FunctionUnit {
    const { node, name, isEntry, names, values } = plan
    this.#open.add(node)
    const spellings = new Names([...this.#taken, ...this.made.map((unit) => unit.name)])
    const variables = new Map(names.map((argument, i) => [argument, values[i] ?? NONE] as const))
    const parameters = names.map((argument, i) => ({ name: argument, code: spellings.of(argument), value: values[i] ?? NONE }))
    const unit = { name, node, isEntry, parameters, steps: [] as readonly Step[], result: NONE as Value, needsContext: false }
    const sizing = sizingNames(node)
    const scope: Scope = { unit, variables, declared: new Map(variables), names: spellings, sizing, use: newUse() }
    try {
      const steps = this.#statements.block(bodyOf(node), scope)
      unit.steps = withoutUnread(steps, sizing)
      unit.result = isEntry ? SIGNAL : resultOf(steps, name)
      const uses = usesOf(unit.steps)
      const reads = new Set(uses.flatMap((use) => [...use.reads]))
      unit.parameters = parameters.filter((parameter) => reads.has(parameter.name))
      unit.needsContext = uses.some((use) => use.context.size > 0 || [...use.functions].some((other) => other.needsContext))
      if (isEntry) unit.needsContext ||= unit.parameters.length > 0
    } finally {
      this.#open.delete(node)
    }
    this.made.push(unit)
    declaredOf.set(unit, { declared: scope.declared, names: spellings })
    return unit
  }
}

/** What the emitter needs of a unit's variables. */
export const declaredOf = new WeakMap<FunctionUnit, { readonly declared: ReadonlyMap<string, Value>; readonly names: Names }>()

export interface FileNames {
  readonly functions: ReadonlyMap<string, PyNode>
  readonly constants: ReadonlyMap<string, PyNode>
  readonly imports: ReadonlyMap<string, string>
  readonly defined: ReadonlySet<string>
}

function namesOf(node: PyNode): string[] {
  const list = fieldOf(node, 'parameters')
  return list === undefined ? [] : parts(list).map(parameterName)
}

function resultOf(steps: readonly Step[], name: string): Value {
  const values: Value[] = returnsOf(steps)
  const isOpen = !steps.some(exits)
  const [first = NONE, ...more] = isOpen ? [...values, NONE] : values
  if (values.length === 0 && !isOpen) return { kind: 'untranslated', reason: `the result of ${name} could not be translated` }
  let result: Value | undefined = first
  for (const value of more) result = result === undefined ? undefined : join(result, value)
  if (result !== undefined && values.length === 0 && isSame(result, NONE)) return NONE
  return result ?? { kind: 'untranslated', reason: `${name} answers with values of different kinds` }
}

function returnsOf(steps: readonly Step[]): Value[] {
  return steps.flatMap((step) => {
    if (step.kind === 'return') return [step.value]
    return step.kind === 'if' ? [...step.branches.flatMap(({ body }) => returnsOf(body)), ...returnsOf(step.otherwise ?? [])] : []
  })
}

export function usesOf(steps: readonly Step[]): Use[] {
  return steps.flatMap((step) => {
    if (step.kind === 'drop') return []
    if (step.kind !== 'if') return [step.use]
    return [...step.branches.flatMap(({ use, body }) => [use, ...usesOf(body)]), ...usesOf(step.otherwise ?? [])]
  })
}

/** Leaves out assignments whose value nothing reads; that can make others unread. */
function withoutUnread(steps: readonly Step[], sizing: ReadonlySet<string>): readonly Step[] {
  let kept = steps
  for (;;) {
    const reads = new Set(usesOf(kept).flatMap((use) => [...use.reads]))
    const next = dropUnread(kept, reads, sizing)
    if (usesOf(next).length === usesOf(kept).length) return next
    kept = next
  }
}

function dropUnread(steps: readonly Step[], reads: ReadonlySet<string>, sizing: ReadonlySet<string>): readonly Step[] {
  return steps.map((step): Step => {
    if (step.kind === 'assign' && !reads.has(step.name))
      return { kind: 'drop', node: step.node, reason: sizing.has(step.name) ? SIZING_REASON : 'nothing that decides reads its value' }
    if (step.kind !== 'if') return step
    const branches = step.branches.map((branch) => ({ ...branch, body: dropUnread(branch.body, reads, sizing) }))
    return { ...step, branches, otherwise: step.otherwise === undefined ? undefined : dropUnread(step.otherwise, reads, sizing) }
  })
}

/** Variables that are read only to say how much an order is, also by way of other such variables, or in a log line. */
function sizingNames(node: PyNode): Set<string> {
  const all = walk(node)
  const sizes = all.filter(isOrderCall).flatMap(sizeNodes)
  const logs = all.filter(isLogging)
  const assignments = all.filter(({ type }) => type === 'assignment' || type === 'augmented_assignment')
  if (assignments.length > SIZING_ASSIGNMENTS_MAX) return new Set()
  const targets = new Set(assignments.map((assignment) => fieldOf(assignment, 'left')))
  const uses = all.filter(
    (inner) => inner.type === 'identifier' && !targets.has(inner) && !['attribute', 'name'].includes(inner.field ?? ''),
  )
  const names = new Set(
    assignments
      .map((assignment) => fieldOf(assignment, 'left'))
      .filter((left) => left?.type === 'identifier')
      .map((left) => left?.text ?? ''),
  )
  for (let before = -1; before !== names.size; ) {
    before = names.size
    const inner = assignments.filter((assignment) => names.has(fieldOf(assignment, 'left')?.text ?? ''))
    const harmless = [...sizes, ...logs, ...inner]
    for (const { text, start } of uses)
      if (names.has(text) && !harmless.some((range) => range.start <= start && start < range.end)) names.delete(text)
  }
  return new Set(
    [...names].filter(
      (name) =>
        uses.some(({ text, start }) => text === name && sizes.some((size) => size.start <= start && start < size.end)) ||
        inSizedChain(name, assignments, names),
    ),
  )
}

/** A variable that only feeds other sizing variables. */
function inSizedChain(name: string, assignments: readonly PyNode[], names: ReadonlySet<string>): boolean {
  return assignments.some((assignment) => {
    const [left, right] = [fieldOf(assignment, 'left'), fieldOf(assignment, 'right')]
    return (
      left !== undefined &&
      left.text !== name &&
      names.has(left.text) &&
      right !== undefined &&
      walk(right).some(({ type, text }) => type === 'identifier' && text === name)
    )
  })
}

export function readFile(root: PyNode): FileNames & { readonly others: readonly PyNode[] } {
  const functions = new Map<string, PyNode>()
  const constants = new Map<string, PyNode>()
  const imports = new Map<string, string>()
  const defined = new Set<string>()
  const others: PyNode[] = []
  for (const member of parts(root)) {
    const node = undecorated(member)
    const name = fieldOf(node, 'name')?.text ?? ''
    const assignment = node.type === 'expression_statement' ? parts(node)[0] : undefined
    const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined
    const right = assignment === undefined ? undefined : fieldOf(assignment, 'right')
    if (node.type === 'function_definition' || node.type === 'class_definition') {
      defined.add(name)
      if (node.type === 'function_definition') functions.set(name, member)
    } else if (node.type.startsWith('import')) readImport(node, imports)
    else if (left?.type === 'identifier' && right !== undefined) {
      const isPlain = numberOf(right) !== undefined || stringOf(right) !== undefined || right.type === 'true' || right.type === 'false'
      if (isPlain && !defined.has(left.text)) constants.set(left.text, right)
      else constants.delete(left.text)
      defined.add(left.text)
      if (walk(right).some(({ type }) => type === 'call') && !/^(logger|log|_logger)$/.test(left.text)) others.push(node)
    } else others.push(node)
  }
  return { functions, constants, imports, defined, others }
}

function readImport(node: PyNode, imports: Map<string, string>): void {
  const module = fieldOf(node, 'module_name')?.text ?? ''
  for (const child of node.children) {
    if (child.field !== 'name') continue
    const name = fieldOf(child, 'name')?.text ?? child.text
    const alias = fieldOf(child, 'alias')?.text ?? (module === '' ? (name.split('.')[0] ?? name) : name)
    imports.set(alias, module === '' ? name : `${module}.${name}`)
  }
}
