import { fieldOf, parts, stringOf, walk } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { readArguments } from './calls.ts'
import { onlyPart } from './expressions.ts'
import { arithmetic, shown } from './operators.ts'
import type { Expressions } from './expressions.ts'
import { dictSignals, forbiddenCall, isOrderCall, isSizing, orderCall, sideSignals, SIZING_REASON } from './orders.ts'
import { LEVEL, newUse, Untranslatable } from './scope.ts'
import type { Branch, Expression, Scope, Step } from './scope.ts'
import { bodyOf, isLogging, isNothing } from './strategy-class.ts'
import { join, NONE, NUMBER, SIGNAL, typeOf } from './value.ts'
import type { Value } from './value.ts'

/** Variables of one function; what is known of each is kept for every branch. */
const VARIABLES_MAX = 200

/** Translates the statements of one function; what cannot be is a `refuse` step in its place. */
export class Statements {
  readonly #expressions: Expressions

  constructor(expressions: Expressions) {
    this.#expressions = expressions
  }

  block(statements: readonly PyNode[], scope: Scope): Step[] {
    const steps: Step[] = []
    for (const node of statements) {
      const last = steps.at(-1)
      if (last !== undefined && exits(last)) steps.push({ kind: 'drop', node, reason: 'it is never reached' })
      else steps.push(...this.#guarded(node, scope))
    }
    return steps
  }

  #guarded(node: PyNode, scope: Scope): Step[] {
    scope.use = newUse()
    // A plain statement changes what is known only when it succeeds, so only the others need a copy.
    const before = node.type === 'expression_statement' ? scope.variables : new Map(scope.variables)
    try {
      return this.#statement(node, scope)
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      const step = this.#sized(node, scope)
      if (step !== undefined) return [step]
      const use = newUse()
      for (const { type, text } of walk(node)) {
        const value = type === 'identifier' ? before.get(text) : undefined
        if (value !== undefined && typeOf(value) !== undefined) use.reads.add(text)
      }
      if (before !== scope.variables) {
        scope.variables.clear()
        for (const [name, value] of before) scope.variables.set(name, value)
      }
      const reason = error.node.line === node.line ? error.message : `line ${error.node.line}: ${error.message}`
      for (const name of assignedIn(node))
        scope.variables.set(name, { kind: 'untranslated', reason: `line ${node.line} could not be translated` })
      return [{ kind: 'refuse', node, reason, use }]
    }
  }

  /** An assignment of which only amounts are made is left out, whatever it asks. */
  #sized(node: PyNode, scope: Scope): Step | undefined {
    const assignment = node.type === 'expression_statement' ? parts(node)[0] : undefined
    const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined
    if (left?.type !== 'identifier' || !scope.sizing.has(left.text) || !isSizing(node)) return undefined
    scope.variables.set(left.text, { kind: 'untranslated', reason: SIZING_REASON })
    return { kind: 'drop', node, reason: SIZING_REASON }
  }

  #statement(node: PyNode, scope: Scope): Step[] {
    if (isNothing(node)) return []
    switch (node.type) {
      case 'expression_statement':
        return this.#expressionStatement(node, scope)
      case 'return_statement':
        return [this.#return(node, scope)]
      case 'if_statement':
        return [this.#if(node, scope)]
      case 'try_statement':
        return this.#try(node, scope)
      case 'import_statement':
      case 'import_from_statement':
        return [{ kind: 'drop', node, reason: 'v3 strategies import nothing of Python; each use is marked' }]
      default:
        throw new Untranslatable(node, `${node.type.replaceAll('_', ' ')} is not translated`)
    }
  }

  #expressionStatement(node: PyNode, scope: Scope): Step[] {
    if (isLogging(node)) return [{ kind: 'drop', node, reason: 'logging; a signal carries its own note' }]
    const inner = onlyPart(node)
    if (inner.type === 'assignment') return this.#assignment(inner, node, scope)
    if (inner.type === 'augmented_assignment') return [this.#augmented(inner, node, scope)]
    if (isOrderCall(inner) && scope.unit.isEntry) {
      const { code } = orderCall(readArguments(inner), scope, (part) => this.#expressions.translate(part, scope))
      scope.use.translated.add(inner)
      return [{ kind: 'signal', node, code, use: scope.use }]
    }
    throw new Untranslatable(
      inner,
      (inner.type === 'call' ? forbiddenCall(inner) : undefined) ?? 'what it does besides its result is not known',
    )
  }

  #assignment(assignment: PyNode, node: PyNode, scope: Scope): Step[] {
    const [left, right] = [fieldOf(assignment, 'left'), fieldOf(assignment, 'right')]
    if (left === undefined || right === undefined) throw new Untranslatable(node, 'an assignment without a value')
    if (left.type === 'pattern_list' || left.type === 'tuple_pattern') return this.#unpack(parts(left), right, node, scope)
    if (left.type !== 'identifier') throw new Untranslatable(left, `assigning to ${shown(left)} is not translated`)
    const expression = this.#expressions.translate(right, scope)
    return [this.#assign(left, expression, node, scope)]
  }

  #assign(left: PyNode, expression: Expression, node: PyNode, scope: Scope): Step {
    if (expression.value.kind === 'signal')
      throw new Untranslatable(node, 'an order that is kept in a variable is not translated: return the signal')
    const name = left.text
    const declared = scope.declared.get(name)
    const all = declared === undefined ? expression.value : join(declared, expression.value)
    if (all === undefined || typeOf(all) === undefined) throw new Untranslatable(node, `${name} holds values of different or unknown kinds`)
    if (declared === undefined && scope.declared.size >= VARIABLES_MAX)
      throw new Untranslatable(node, `there are more than ${VARIABLES_MAX} variables`)
    scope.declared.set(name, all)
    scope.variables.set(name, expression.value)
    return { kind: 'assign', node, name, expression, use: scope.use }
  }

  #augmented(inner: PyNode, node: PyNode, scope: Scope): Step {
    const [left, right] = [fieldOf(inner, 'left'), fieldOf(inner, 'right')]
    if (left?.type !== 'identifier' || right === undefined) throw new Untranslatable(node, 'only plain variables are counted up')
    const operator = (fieldOf(inner, 'operator')?.text ?? '').replace(/=$/, '')
    const sides = [this.#expressions.number(left, scope), this.#expressions.number(right, scope)] as const
    return this.#assign(left, arithmetic(inner, operator, sides, scope), node, scope)
  }

  /** `upper, middle, lower = bollinger(…)`: the whole once, then each line of it. */
  #unpack(targets: readonly PyNode[], right: PyNode, node: PyNode, scope: Scope): Step[] {
    if (targets.some(({ type }) => type !== 'identifier')) throw new Untranslatable(node, 'only plain variables are unpacked into')
    const { use } = scope
    const whole = this.#expressions.translate(right, scope)
    const { value } = whole
    if (value.kind !== 'record' || value.order?.length !== targets.length)
      throw new Untranslatable(right, 'what is unpacked is not known to have so many parts')
    const name = `parts of line ${node.line} ${node.start}`
    scope.declared.set(name, value)
    const steps: Step[] = [{ kind: 'assign', node, name, expression: whole, use }]
    targets.forEach((target, i) => {
      const key = value.order?.[i] ?? ''
      const each = newUse()
      each.reads.add(name)
      scope.use = each
      const expression = { code: `${scope.names.of(name)}.${key}`, value: value.fields.get(key) ?? NUMBER, level: LEVEL.atom }
      steps.push({ ...this.#assign(target, expression, node, scope), use: each } as Step)
    })
    return steps
  }

  #return(node: PyNode, scope: Scope): Step {
    const [what] = parts(node)
    const step = (code: string, value: Value): Step => ({ kind: 'return', node, code, value, use: scope.use })
    const translate = (part: PyNode) => this.#expressions.translate(part, scope)
    if (what === undefined || what.type === 'none') return step('undefined', NONE)
    if (isOrderCall(what)) {
      const { code } = orderCall(readArguments(what), scope, translate)
      scope.use.translated.add(what)
      return step(code, SIGNAL)
    }
    if (what.type === 'expression_list') throw new Untranslatable(what, 'several results at once are not translated')
    const dict = dictSignals(what, scope, translate)
    if (dict !== undefined) return step(dict.code, SIGNAL)
    if (!scope.unit.isEntry) {
      const { code, value } = translate(what)
      return step(code, value)
    }
    if (stringOf(what) !== undefined) return step(sideSignals(what, scope, translate).code, SIGNAL)
    if (what.type === 'list') {
      const codes = parts(what).map((part) => (dictSignals(part, scope, translate) ?? sideSignals(part, scope, translate)).code)
      return step(codes.length === 0 ? '[]' : `[${codes.map((code) => `...${code}`).join(', ')}]`, SIGNAL)
    }
    const { code, value } = translate(what)
    if (value.kind === 'signal') return step(code, value)
    if (value.kind === 'text' || (value.kind === 'optional' && value.of.kind === 'text'))
      return step(sideSignals(what, scope, translate).code, SIGNAL)
    throw new Untranslatable(what, `what v2 makes of the result ${shown(what)} is not known`)
  }

  #if(node: PyNode, scope: Scope): Step {
    const branches: Branch[] = []
    const ends: Map<string, Value>[] = []
    const clauses = [node, ...node.children.filter(({ type }) => type === 'elif_clause')]
    for (const clause of clauses) {
      const [test, body] = [fieldOf(clause, 'condition'), fieldOf(clause, 'consequence')]
      if (test === undefined || body === undefined) throw new Untranslatable(clause, 'an if without its parts')
      scope.use = newUse()
      const condition = this.#expressions.condition(test, scope)
      const use = scope.use
      const inner: Scope = { ...scope, variables: new Map(scope.variables) }
      const steps = this.block(parts(body), inner)
      branches.push({ condition: condition.code, use, body: steps })
      if (!endsHere(steps)) ends.push(inner.variables)
      const known = narrowed(test, scope.variables)
      if (known !== undefined && endsHere(steps)) scope.variables.set(...known)
    }
    const otherwise = node.children.find(({ type }) => type === 'else_clause')
    const inner: Scope = { ...scope, variables: new Map(scope.variables) }
    const steps = otherwise === undefined ? undefined : this.block(bodyOf(otherwise), inner)
    if (steps === undefined || !endsHere(steps)) ends.push(inner.variables)
    if (ends.length > 0) meet(scope, ends)
    return { kind: 'if', node, branches, otherwise: steps }
  }

  /** `try` around the decision whose handlers only log and answer with nothing: an error costs v3 that candle's signals too. */
  #try(node: PyNode, scope: Scope): Step[] {
    const handlers = parts(node).slice(1)
    const isGivingUp = (handler: PyNode) => {
      const body = parts(handler).at(-1)
      const statements = body?.type === 'block' ? parts(body) : []
      const last = statements.at(-1)
      const isEnd = last?.type === 'return_statement' ? /^return( None| \[\])?$/.test(last.text) : last?.type === 'raise_statement'
      return (
        handler.type === 'except_clause' &&
        isEnd &&
        statements.slice(0, -1).every((statement) => isLogging(statement) || isNothing(statement))
      )
    }
    if (!scope.unit.isEntry || handlers.length === 0 || !handlers.every(isGivingUp))
      throw new Untranslatable(node, 'handling of errors is translated only where every handler gives up with nothing')
    const dropped = handlers.map(
      (handler): Step => ({
        kind: 'drop',
        node: handler,
        reason: 'an error costs the signals of that candle in v3 too, and is recorded with the trader',
      }),
    )
    return [...dropped, ...this.block(bodyOf(node), scope)]
  }
}

/** After `if x is None: return`, x is something. */
function narrowed(test: PyNode, variables: ReadonlyMap<string, Value>): readonly [string, Value] | undefined {
  const [name, none] = parts(test)
  const isNone =
    test.type === 'comparison_operator' &&
    none?.type === 'none' &&
    parts(test).length === 2 &&
    test.children.some(({ type }) => type === 'is' || type === '==')
  const value = name?.type === 'identifier' ? variables.get(name.text) : undefined
  const isFalsy = test.type === 'not_operator' && value?.kind === 'optional' && value.of.kind === 'record'
  return name !== undefined && (isNone || isFalsy) && value?.kind === 'optional' ? [name.text, value.of] : undefined
}

/** What is known after branches that come together again. */
function meet(scope: Scope, ends: readonly Map<string, Value>[]): void {
  const names = new Set(ends.flatMap((end) => [...end.keys()]))
  for (const name of names) {
    const values = ends.map((end) => end.get(name))
    let common = values[0]
    for (const value of values.slice(1)) common = common === undefined || value === undefined ? undefined : join(common, value)
    scope.variables.set(
      name,
      common ?? { kind: 'untranslated', reason: `${name} may have no value, or values of different kinds, after an if` },
    )
  }
}

function endsHere(steps: readonly Step[]): boolean {
  const last = steps.findLast(({ kind }) => kind !== 'drop')
  return last !== undefined && exits(last)
}

/** Whether nothing after the step is reached. */
export function exits(step: Step): boolean {
  if (step.kind === 'return') return true
  if (step.kind === 'refuse') return step.node.type === 'return_statement'
  return step.kind === 'if' && step.otherwise !== undefined && endsHere(step.otherwise) && step.branches.every(({ body }) => endsHere(body))
}

/** Names a statement may set. */
function assignedIn(node: PyNode): Set<string> {
  const names = new Set<string>()
  for (const inner of walk(node)) {
    const target = ['assignment', 'augmented_assignment', 'for_statement', 'named_expression', 'as_pattern'].includes(inner.type)
      ? (fieldOf(inner, 'left') ?? fieldOf(inner, 'name') ?? fieldOf(inner, 'alias'))
      : undefined
    if (target !== undefined) for (const { type, text } of walk(target)) if (type === 'identifier') names.add(text)
  }
  return names
}
