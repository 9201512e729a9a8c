import { fieldOf, lastWord, parts, selfAttribute, stringOf, walk } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { camelCase } from './scope.ts'

/** What `self.NAME` stands for. */
export type Attribute =
  | {
      readonly kind: 'param'
      readonly key: string
      readonly value: number
      readonly isInteger: boolean
      readonly isFlag?: boolean
      readonly node: PyNode
    }
  | { readonly kind: 'text'; readonly value: string; readonly node: PyNode }
  | { readonly kind: 'config'; readonly node: PyNode }
  | { readonly kind: 'symbol'; readonly node: PyNode }
  | { readonly kind: 'unsupported'; readonly reason: string; readonly node: PyNode }

export interface StrategyClass {
  readonly name: string
  readonly node: PyNode
  readonly methods: ReadonlyMap<string, PyNode>
  readonly attributes: Map<string, Attribute>
  /** Statements of the class body and of `__init__` that do something nobody can translate. */
  readonly unfinished: readonly { readonly node: PyNode; readonly reason: string }[]
  readonly dropped: readonly { readonly node: PyNode; readonly reason: string }[]
}

export const ENTRY_NAMES = ['analyze', 'generate_signal', 'generate_signals', 'get_signal', 'on_candle', 'on_bar', 'on_data']
/** Every generated strategy has this param; no attribute may take its name. */
export const STOP_LOSS_PARAM = 'stopLossFraction'
const SYMBOL_KEYS: ReadonlySet<string> = new Set(['symbol', 'pair'])

/** Classes of the file with a method that looks like the strategy's decision. */
export function findClasses(root: PyNode): PyNode[] {
  return parts(root)
    .map(undecorated)
    .filter((node) => node.type === 'class_definition' && ENTRY_NAMES.some((name) => methodsOf(node).has(name)))
}

export function undecorated(node: PyNode): PyNode {
  return node.type === 'decorated_definition' ? (fieldOf(node, 'definition') ?? node) : node
}

export function bodyOf(node: PyNode): PyNode[] {
  const body = fieldOf(node, 'body')
  return body === undefined ? [] : parts(body)
}

export function methodsOf(node: PyNode): Map<string, PyNode> {
  const methods = new Map<string, PyNode>()
  // Python keeps the last definition of a name; a decorated one is no plain method and is found out at its call.
  for (const member of bodyOf(node))
    if (undecorated(member).type === 'function_definition') methods.set(fieldOf(undecorated(member), 'name')?.text ?? '', member)
  return methods
}

export type Settings = Readonly<Record<string, unknown>>

/** Reads the class body and `__init__`: attributes, and what is left to a person. */
export function readClass(node: PyNode, settings: Settings): StrategyClass {
  const reader = new ClassReader(settings)
  for (const member of bodyOf(node)) reader.readMember(member)
  const methods = methodsOf(node)
  const init = methods.get('__init__')
  if (init !== undefined) reader.readInit(init)
  for (const [name, method] of methods) if (name !== '__init__') reader.findState(method, name)
  return {
    name: fieldOf(node, 'name')?.text ?? '',
    node,
    methods,
    attributes: reader.attributes,
    unfinished: reader.unfinished,
    dropped: reader.dropped,
  }
}

class ClassReader {
  readonly attributes = new Map<string, Attribute>()
  readonly unfinished: { node: PyNode; reason: string }[] = []
  readonly dropped: { node: PyNode; reason: string }[] = []
  readonly #settings: Settings
  readonly #keys = new Set<string>([STOP_LOSS_PARAM])
  #config: string | undefined
  #parameters: ReadonlySet<string> = new Set()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  readMember(member: PyNode): void {
    if (undecorated(member).type === 'function_definition' || isNothing(member)) return
    const assignment = assignmentOf(member)
    const left = assignment === undefined ? undefined : fieldOf(assignment, 'left')
    if (left?.type !== 'identifier') this.unfinished.push({ node: member, reason: 'this is done when the class is made' })
    else this.#set(left.text, member, fieldOf(assignment ?? member, 'right'))
  }

  readInit(init: PyNode): void {
    const names = parts(fieldOf(init, 'parameters') ?? init).map(
      (parameter) => walk(parameter).find(({ type }) => type === 'identifier')?.text ?? '',
    )
    this.#parameters = new Set(names.slice(1))
    this.#config = names.slice(1).find((name) => /config|settings|params/i.test(name))
    for (const statement of bodyOf(undecorated(init))) {
      const assignment = assignmentOf(statement)
      const left = assignment === undefined ? undefined : fieldOf(assignment, 'left')
      const name = left === undefined ? undefined : selfAttribute(left)
      if (name !== undefined) this.#set(name, statement, fieldOf(assignment ?? statement, 'right'))
      else if (isNothing(statement)) continue
      else if (isBaseInit(statement))
        this.dropped.push({
          node: statement,
          reason: 'v3 strategies have no base class; what the base class held is marked where it is used',
        })
      else if (isLogging(statement)) this.dropped.push({ node: statement, reason: 'logging; a signal carries its own note' })
      else this.unfinished.push({ node: statement, reason: 'this is done when the strategy is made; v3 strategies have no constructor' })
    }
  }

  /** An attribute that changes after `__init__` is memory between candles, which v3 strategies do not have. */
  findState(method: PyNode, methodName: string): void {
    for (const node of walk(method)) {
      if (!['assignment', 'augmented_assignment', 'delete_statement'].includes(node.type)) continue
      const target = fieldOf(node, 'left') ?? node
      for (const name of walk(target).map(selfAttribute)) {
        if (name === undefined) continue
        const reason = `self.${name} changes in ${methodName} (line ${node.line}): v3 strategies keep nothing between candles`
        this.attributes.set(name, { kind: 'unsupported', reason, node: this.attributes.get(name)?.node ?? node })
      }
    }
  }

  #set(name: string, node: PyNode, right: PyNode | undefined): void {
    this.attributes.set(
      name,
      right === undefined ? { kind: 'unsupported', reason: 'it has no value', node } : this.#read(name, node, right),
    )
  }

  #read(name: string, node: PyNode, right: PyNode): Attribute {
    if (right.type === 'identifier' && right.text === this.#config) return { kind: 'config', node }
    const setting = configKey(right, this.#config)
    if (setting !== undefined) return this.readSetting(name, setting, node)
    if (right.type === 'identifier' && SYMBOL_KEYS.has(right.text) && this.#parameters.has(right.text)) return { kind: 'symbol', node }
    return this.#constant(name, right, node) ?? { kind: 'unsupported', reason: `self.${name} is more than a number, text or setting`, node }
  }

  readSetting(name: string, { key, fallback }: ConfigKey, node: PyNode): Attribute {
    if (SYMBOL_KEYS.has(key)) return { kind: 'symbol', node }
    const value = Object.hasOwn(this.#settings, key) ? this.#settings[key] : undefined
    if (typeof value === 'number' && Number.isFinite(value)) {
      const isInteger = Number.isInteger(value) && (fallback === undefined || Number.isInteger(numberOf(fallback)))
      return { kind: 'param', key: this.#key(name), value, isInteger, node }
    }
    if (typeof value === 'string') return { kind: 'text', value, node }
    if (typeof value === 'boolean') return this.#flag(name, value, node)
    if (value !== undefined) return { kind: 'unsupported', reason: `the setting ${key} is neither number nor text`, node }
    const read = fallback === undefined ? undefined : this.#constant(name, fallback, node)
    return read ?? { kind: 'unsupported', reason: `the setting ${key} is not in the configuration and has no plain default`, node }
  }

  #constant(name: string, right: PyNode, node: PyNode): Attribute | undefined {
    const number = numberOf(right)
    if (number !== undefined) return { kind: 'param', key: this.#key(name), value: number, isInteger: right.type === 'integer', node }
    const text = stringOf(right)
    if (text !== undefined) return { kind: 'text', value: text, node }
    return right.type === 'true' || right.type === 'false' ? this.#flag(name, right.type === 'true', node) : undefined
  }

  /** True and False become 1 and 0: params are numbers. */
  #flag(name: string, value: boolean, node: PyNode): Attribute {
    return { kind: 'param', key: this.#key(name), value: value ? 1 : 0, isInteger: true, isFlag: true, node }
  }

  take(key: string): void {
    this.#keys.add(key)
  }

  /** A param's name is letters and digits, at most 40, and stands for one attribute only. */
  #key(name: string): string {
    const before = this.attributes.get(name)
    if (before?.kind === 'param') return before.key
    const plain = camelCase(name).slice(0, 36)
    let key = plain
    for (let i = 2; this.#keys.has(key); i += 1) key = `${plain}${i}`
    this.#keys.add(key)
    return key
  }
}

/** A setting that is read outside `__init__`; its param must differ from those there are. */
export function readSetting(
  attributes: ReadonlyMap<string, Attribute>,
  settings: Settings,
  { key, fallback, node }: ConfigKey & { readonly node: PyNode },
): Attribute {
  const reader = new ClassReader(settings)
  for (const attribute of attributes.values()) if (attribute.kind === 'param') reader.take(attribute.key)
  return reader.readSetting(key, { key, fallback }, node)
}

export interface ConfigKey {
  readonly key: string
  readonly fallback: PyNode | undefined
}

/** `config.get("key", default)`, `config["key"]`, also within int() and float(). `config` is a name, or `self.NAME`. */
export function configKey(node: PyNode, config: string | undefined): ConfigKey | undefined {
  if (config === undefined) return undefined
  if (node.type === 'subscript') {
    const key = stringOf(fieldOf(node, 'subscript'))
    return fieldOf(node, 'value')?.text === config && key !== undefined ? { key, fallback: undefined } : undefined
  }
  if (node.type !== 'call') return undefined
  const [target, list] = [fieldOf(node, 'function'), fieldOf(node, 'arguments')]
  const [first, second, ...more] = list?.type === 'argument_list' ? parts(list) : []
  if (target?.text === 'int' && first?.type === 'call' && second === undefined) {
    const inner = configKey(first, config)
    // int() cuts a fraction off; only where there is none it is the setting itself.
    return inner?.fallback?.type === 'integer' ? inner : undefined
  }
  if (target?.text === 'float' && first !== undefined && second === undefined) return configKey(first, config)
  const key = stringOf(first)
  return target?.text === `${config}.get` && key !== undefined && more.length === 0 ? { key, fallback: second } : undefined
}

/** A number as it is written, also with a sign; nothing beyond what a double holds exactly. */
export function numberOf(node: PyNode | undefined): number | undefined {
  if (node === undefined) return undefined
  if (node.type === 'unary_operator' && node.children[0]?.type === '-') {
    const value = numberOf(fieldOf(node, 'argument'))
    return value === undefined ? undefined : -value
  }
  if (node.type !== 'integer' && node.type !== 'float') return undefined
  const value = /[jJ]$/.test(node.text) ? Number.NaN : Number(node.text.replaceAll('_', ''))
  return Number.isFinite(value) && (node.type === 'float' || Number.isSafeInteger(value)) ? value : undefined
}

function assignmentOf(statement: PyNode): PyNode | undefined {
  const [only, ...more] = parts(statement)
  return statement.type === 'expression_statement' && only?.type === 'assignment' && more.length === 0 ? only : undefined
}

/** Docstrings and `pass`. */
export function isNothing(statement: PyNode): boolean {
  return (
    statement.type === 'pass_statement' ||
    (statement.type === 'expression_statement' && parts(statement).every(({ type }) => type === 'string' || type === 'ellipsis'))
  )
}

function isBaseInit(statement: PyNode): boolean {
  return statement.type === 'expression_statement' && /^super\([^()]*\)\.__init__\([^()]*\)$/.test(statement.text)
}

const LOG_WORDS: ReadonlySet<string> = new Set(['debug', 'info', 'warning', 'warn', 'error', 'exception', 'critical'])

/** `print(…)` and `logger.info(…)` whose arguments call nothing. */
export function isLogging(statement: PyNode): boolean {
  const [call] = parts(statement)
  const target = call?.type === 'call' ? fieldOf(call, 'function') : undefined
  if (statement.type !== 'expression_statement' || call === undefined || target === undefined) return false
  const isLog = target.text === 'print' || (/^(self\.)?_?(logger|logging|log)\./.test(target.text) && LOG_WORDS.has(lastWord(target)))
  return (
    isLog &&
    walk(call).every(
      (node) =>
        node === call || node.type !== 'call' || /^(len|round|str|abs|min|max|float|int)$/.test(fieldOf(node, 'function')?.text ?? ''),
    )
  )
}
