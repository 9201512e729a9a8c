import { fieldOf, parts, selfAttribute, walk } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { refusals, safe } from './emit.ts'
import { shown } from './operators.ts'
import type { FunctionUnit, Step } from './scope.ts'
import type { SettingEntry } from './settings.ts'
import { isNothing, undecorated } from './strategy-class.ts'
import type { Attribute, StrategyClass } from './strategy-class.ts'
import { usesOf } from './units.ts'

/** Places of one name that are looked at. */
const USES_MAX = 100

export type PartOutcome = 'translated' | 'marked' | 'dropped'

/** One part of the Python file and what became of it. */
export interface PortedPart {
  readonly kind: 'class' | 'method' | 'function' | 'attribute' | 'import' | 'constant' | 'call' | 'statement'
  readonly name: string
  readonly line: number
  readonly outcome: PartOutcome
  readonly reason?: string
}

export interface PortReport {
  readonly fileName: string
  readonly strategyName: string
  readonly className: string | undefined
  /** `ready`: nothing is left to a person. `unfinished`: the strategy refuses to start until somebody has finished it. */
  readonly status: 'ready' | 'unfinished'
  readonly parts: readonly PortedPart[]
  readonly counts: Readonly<Record<PartOutcome, number>>
  readonly settings: readonly SettingEntry[]
  readonly assumptions: readonly string[]
  /** COMPONENT_MAPPING.md */
  readonly componentMapping: string
}

export interface Porting {
  readonly root: PyNode
  readonly strategy: StrategyClass | undefined
  /** The functions that are in the code. */
  readonly units: readonly FunctionUnit[]
  readonly paramKeys: ReadonlySet<string>
  readonly unfinished: readonly { readonly node: PyNode; readonly reason: string }[]
}

/**
 * Every class, method, function, attribute, import, constant and call of the file, in order. Nothing counts as
 * translated by default: it must have been seen in the generated code.
 */
export function census(porting: Porting): PortedPart[] {
  const outcomes = new Outcomes(porting)
  return walk(porting.root)
    .flatMap((node) => partOf(node, porting, outcomes) ?? [])
    .toSorted((a, b) => a.line - b.line)
}

interface Verdict {
  readonly outcome: PartOutcome
  readonly reason?: string
}

class Outcomes {
  readonly #translated = new Set<PyNode>()
  readonly #ranges: { readonly node: PyNode; readonly verdict: Verdict }[] = []
  readonly #reached = new Map<PyNode, number>()
  /** By name: `self.NAME` and plain names. */
  readonly #uses = new Map<string, PyNode[]>()

  readonly #levels: Readonly<Record<'class' | 'module', ReadonlySet<PyNode>>>

  constructor({ root, units, unfinished, strategy }: Porting) {
    const inside = (node: PyNode | undefined) =>
      new Set(node === undefined ? [] : parts(node).flatMap((member) => parts(member).slice(0, 1)))
    this.#levels = { class: inside(strategy === undefined ? undefined : fieldOf(strategy.node, 'body')), module: inside(root) }
    for (const node of walk(root)) {
      const own = selfAttribute(node)
      const name = own !== undefined ? `self.${own}` : node.type === 'identifier' ? node.text : undefined
      if (name === undefined) continue
      const known = this.#uses.get(name)
      if (known === undefined) this.#uses.set(name, [node])
      else if (known.length < USES_MAX) known.push(node)
    }
    for (const unit of units) {
      const marks = refusals(unit.steps)
      this.#reached.set(unit.node, (this.#reached.get(unit.node) ?? 0) + marks.length)
      for (const use of usesOf(unit.steps)) {
        for (const node of use.translated) this.#translated.add(node)
        for (const [node, reason] of use.dropped) this.#ranges.push({ node, verdict: { outcome: 'dropped', reason } })
      }
      for (const { node, reason } of marks) this.#ranges.push({ node, verdict: { outcome: 'marked', reason } })
      for (const { node, reason } of drops(unit.steps)) this.#ranges.push({ node, verdict: { outcome: 'dropped', reason } })
    }
    for (const { node, reason } of unfinished) this.#ranges.push({ node, verdict: { outcome: 'marked', reason } })
    for (const { node, reason } of strategy?.dropped ?? []) this.#ranges.push({ node, verdict: { outcome: 'dropped', reason } })
  }

  /** Whether the assignment is a statement of the class body, or of the file. */
  isOf(level: 'class' | 'module', assignment: PyNode): boolean {
    return this.#levels[level].has(assignment)
  }

  ofUses(name: string): Verdict[] {
    return (this.#uses.get(name) ?? []).map((node) => this.of(node))
  }

  of(node: PyNode): Verdict {
    const around = this.#ranges.filter((range) => range.node.start <= node.start && node.end <= range.node.end)
    const marked = around.find(({ verdict }) => verdict.outcome === 'marked')
    if (marked !== undefined) return marked.verdict
    if (around[0] !== undefined) return around[0].verdict
    return this.#translated.has(node) ? { outcome: 'translated' } : { outcome: 'dropped', reason: 'the decision does not reach it' }
  }

  /** Of a whole function: translated only when nothing of it is left to a person. */
  ofFunction(member: PyNode): Verdict {
    const marks = this.#reached.get(undecorated(member))
    if (marks === undefined) return this.of(member)
    return marks === 0 ? { outcome: 'translated' } : { outcome: 'marked', reason: `${marks} of its statements` }
  }
}

function drops(steps: readonly Step[]): { readonly node: PyNode; readonly reason: string }[] {
  return steps.flatMap((step) => {
    if (step.kind === 'drop') return [step]
    return step.kind === 'if' ? [...step.branches.flatMap(({ body }) => drops(body)), ...drops(step.otherwise ?? [])] : []
  })
}

function partOf(node: PyNode, porting: Porting, outcomes: Outcomes): PortedPart | undefined {
  const { strategy, root } = porting
  const name = fieldOf(node, 'name')?.text ?? ''
  const part = (kind: PortedPart['kind'], called: string, verdict: Verdict): PortedPart => ({
    kind,
    name: called,
    line: node.line,
    ...verdict,
  })
  switch (node.type) {
    case 'class_definition':
      return part('class', name, classVerdict(node, porting, outcomes))
    case 'function_definition': {
      const isMethod = walkClasses(root).some((inner) => inner.start < node.start && node.end <= inner.end)
      if (isMethod && name === '__init__' && strategy !== undefined && isWithin(node, strategy.node))
        return part('method', name, initVerdict(strategy))
      return part(isMethod ? 'method' : 'function', name, outcomes.ofFunction(node))
    }
    case 'import_statement':
    case 'import_from_statement':
    case 'future_import_statement':
      return part('import', shown(node), { outcome: 'dropped', reason: 'v3 strategies import nothing of Python' })
    case 'call':
      return part('call', shown(fieldOf(node, 'function') ?? node), callVerdict(node, porting, outcomes))
    case 'assignment':
      return assignmentPart(node, porting, outcomes)
    default:
      return undefined
  }
}

function assignmentPart(node: PyNode, { strategy, paramKeys }: Porting, outcomes: Outcomes): PortedPart | undefined {
  const left = fieldOf(node, 'left')
  const own = left === undefined ? undefined : selfAttribute(left)
  const isClassLevel = outcomes.isOf('class', node)
  const isConstant = outcomes.isOf('module', node)
  if (left === undefined || (own === undefined && !isClassLevel && !isConstant)) return undefined
  if (isConstant) return { kind: 'constant', name: left.text, line: node.line, ...constantVerdict(left.text, outcomes) }
  const attribute = strategy !== undefined && isWithin(node, strategy.node) ? strategy.attributes.get(own ?? left.text) : undefined
  const name = own ?? left.text
  const uses = outcomes.ofUses(`self.${name}`).map(({ outcome }) => outcome)
  const used = attribute?.kind === 'param' ? paramKeys.has(attribute.key) : uses.includes('translated')
  return {
    kind: 'attribute',
    name: own === undefined ? name : `self.${own}`,
    line: node.line,
    ...attributeVerdict(attribute, used, uses.includes('marked')),
  }
}

function attributeVerdict(attribute: Attribute | undefined, isUsed: boolean, isMarked: boolean): Verdict {
  if (attribute !== undefined && attribute.kind !== 'unsupported' && isUsed)
    return { outcome: 'translated', ...(attribute.kind === 'param' ? { reason: `params.${attribute.key}` } : {}) }
  if (isMarked)
    return {
      outcome: 'marked',
      reason: attribute?.kind === 'unsupported' ? attribute.reason : 'it is read in lines that are left to a person',
    }
  return { outcome: 'dropped', reason: 'nothing that was translated reads it' }
}

function constantVerdict(name: string, outcomes: Outcomes): Verdict {
  const uses = outcomes.ofUses(name)
  return (
    uses.find(({ outcome }) => outcome === 'translated') ??
    uses.find(({ outcome }) => outcome === 'marked') ?? { outcome: 'dropped', reason: 'nothing that was translated reads it' }
  )
}

function walkClasses(root: PyNode): PyNode[] {
  return parts(root)
    .map(undecorated)
    .filter(({ type }) => type === 'class_definition')
}

function isWithin(node: PyNode, outer: PyNode): boolean {
  return outer.start <= node.start && node.end <= outer.end
}

/** A call that gives an attribute its value goes the way of the attribute. */
function callVerdict(node: PyNode, porting: Porting, outcomes: Outcomes): Verdict {
  const owner = [...(porting.strategy?.attributes.values() ?? [])].find(
    (attribute) => attribute.node.type === 'expression_statement' && isWithin(node, attribute.node),
  )
  const assignment = owner === undefined ? undefined : parts(owner.node)[0]
  const part = assignment === undefined ? undefined : assignmentPart(assignment, porting, outcomes)
  return part === undefined ? outcomes.of(node) : { outcome: part.outcome, ...(part.reason === undefined ? {} : { reason: part.reason }) }
}

function classVerdict(node: PyNode, { strategy, units, unfinished }: Porting, outcomes: Outcomes): Verdict {
  if (strategy === undefined || node !== strategy.node) {
    const verdict = outcomes.of(node)
    return verdict.outcome === 'marked' ? verdict : { outcome: 'dropped', reason: 'not the class that was ported; port it by its own name' }
  }
  const marks = units.flatMap((unit) => refusals(unit.steps)).length + unfinished.length
  return marks === 0 ? { outcome: 'translated' } : { outcome: 'marked', reason: `${marks} of its statements` }
}

function initVerdict(strategy: StrategyClass): Verdict {
  const body = fieldOf(undecorated(strategy.methods.get('__init__') ?? strategy.node), 'body')
  const marks = strategy.unfinished.filter(({ node }) => body !== undefined && isWithin(node, body)).length
  const count = body === undefined ? 0 : parts(body).filter((statement) => !isNothing(statement)).length
  return marks === 0
    ? { outcome: 'translated', reason: `its ${count} statements are attributes, listed each` }
    : { outcome: 'marked', reason: `${marks} of its statements` }
}

/** The report as a page. */
export function writeMapping(report: Omit<PortReport, 'componentMapping'>): string {
  const cell = (text: string) => safe(text.replaceAll('|', '\\|').replaceAll('`', "'").replaceAll('<', '&lt;'))
  const { counts } = report
  return `${[
    `# COMPONENT_MAPPING: ${cell(report.fileName)}`,
    '',
    report.status === 'ready'
      ? `\`${report.strategyName}\` (class ${cell(report.className ?? 'none')}) was translated as listed here. It was not tried: run it on paper first.`
      : `\`${report.strategyName}\` (class ${cell(report.className ?? 'none')}) is unfinished. It refuses to start until a person has replaced the marked lines.`,
    '',
    `${counts.translated} translated, ${counts.marked} marked for a person, ${counts.dropped} dropped with a reason.`,
    '',
    '| line | part | name | outcome | reason |',
    '|---:|---|---|---|---|',
    ...report.parts.map(
      ({ line, kind, name, outcome, reason }) => `| ${line} | ${kind} | \`${cell(name)}\` | ${outcome} | ${cell(reason ?? '')} |`,
    ),
    '',
    '## Settings',
    '',
    ...(report.settings.length === 0 ? ['No configuration was given.'] : ['| key | outcome | to | reason |', '|---|---|---|---|']),
    ...report.settings.map(
      ({ key, outcome, to, reason }) => `| \`${cell(key)}\` | ${outcome} | ${cell(to ?? '')} | ${cell(reason ?? '')} |`,
    ),
    '',
    '## Assumptions to check',
    '',
    ...(report.assumptions.length === 0 ? ['None.'] : report.assumptions.map((line) => `- ${cell(line)}`)),
  ].join('\n')}\n`
}
