import type { PyNode } from './python-node.ts'
import type { Names } from './scope.ts'
import type { FunctionUnit, Step } from './scope.ts'
import { RUNTIME, TYPES } from './runtime-text.ts'
import { exits } from './statements.ts'
import { quote, typeOf } from './value.ts'
import type { Value } from './value.ts'
import { declaredOf } from './units.ts'

/** Longest piece of an original line that is kept in a comment. */
const COMMENT_LENGTH_MAX = 300
const COMMENT_LINES_MAX = 200

export interface Param {
  readonly key: string
  readonly value: number
  readonly isInteger: boolean
  readonly isPeriod: boolean
}

export interface StrategyPlan {
  readonly name: string
  readonly className: string
  readonly fileName: string
  readonly symbols: readonly string[]
  readonly timeframe: string
  readonly params: readonly Param[]
  /** In calling order: what is called stands first. The last one is the decision. */
  readonly units: readonly FunctionUnit[]
  readonly warmup: string
  /** Pieces outside the functions that a person must look at. */
  readonly unfinished: readonly { readonly node: PyNode; readonly reason: string }[]
  /** Settings that must be decided; without a line of their own. */
  readonly undecided: readonly string[]
  readonly notes: readonly string[]
}

/** The TypeScript file. */
export function emitStrategy(plan: StrategyPlan): string {
  const functions = plan.units.map((unit) => emitUnit(unit))
  const outside = plan.unfinished.flatMap(({ node, reason }) => comment(`Not translated (${reason}):`, node))
  const unfinished = unfinishedList(plan)
  const entry = plan.units.at(-1)
  const call = entry?.needsContext === true ? ['context', 'decide(context)'] : ['', 'decide()']
  const definition = [
    'export const strategy = defineStrategy({',
    `  name: ${quote(plan.name)},`,
    `  description: ${quote(`Ported from ${plan.className} of v2's ${plan.fileName}.`)},`,
    `  symbols: [${plan.symbols.map(quote).join(', ')}],`,
    `  timeframe: ${quote(plan.timeframe)},`,
    `  warmup: ${plan.warmup},`,
    '  params,',
    ...ranges(plan.params),
    '  // A trader does not start while a line of v2 is left to a person.',
    "  check: () => (unfinished.length === 0 ? undefined : `not translated yet: ${unfinished.join('; ')}`),",
    `  async analyze(${call[0]}) {`,
    `    return ${call[1]}`,
    '  },',
    '})',
  ]
  const body = [...functions, ...(outside.length === 0 ? [] : [outside.join('\n')]), definition.join('\n')]
  const runtime = needed(RUNTIME, body.join('\n'))
  const text = [...body, ...runtime].join('\n')
  const types = needed(TYPES, text)
  const values = [
    'defineStrategy',
    ...(/\bHISTORY_BARS\b/.test(plan.warmup) ? ['HISTORY_BARS'] : []),
    ...(functions.some((code) => code.includes('indicators.')) ? ['indicators'] : []),
  ]
  return `${[
    header(plan).join('\n'),
    `import { ${values.join(', ')} } from 'bot-trading'`,
    ...types,
    ...(/\bsource\}/.test(text) ? [`const source = ${quote(plan.fileName)}`] : []),
    `const params = { ${plan.params.map(({ key, value }) => `${key}: ${value}`).join(', ')} }`,
    unfinished,
    ...body.slice(0, -1),
    ...runtime,
    ...body.slice(-1),
  ].join('\n\n')}\n`
}

function header(plan: StrategyPlan): string[] {
  return [
    `Ported from v2: ${plan.fileName}, class ${plan.className}. Nothing of the Python was run.`,
    'What became of each part stands in COMPONENT_MAPPING.md. Try it on paper before you trust it with money.',
    ...plan.notes,
  ].map((line) => `// ${safe(line)}`)
}

function unfinishedList(plan: StrategyPlan): string {
  const lines = [
    ...plan.undecided,
    ...plan.unfinished.map(({ node, reason }) => mark(plan, node, reason)),
    ...plan.units.flatMap((unit) => refusals(unit.steps)).map(({ node, reason }) => mark(plan, node, reason)),
  ]
  const list = lines.length === 0 ? '[]' : `[\n${lines.map((line) => `  ${quote(line)},`).join('\n')}\n]`
  return `/** What a person must still do; take a line out when it is done. */\nconst unfinished: readonly string[] = ${list}`
}

function mark(plan: StrategyPlan, node: PyNode, reason: string): string {
  return `${plan.fileName}:${node.line} ${reason}`
}

export function refusals(steps: readonly Step[]): { readonly node: PyNode; readonly reason: string }[] {
  return steps.flatMap((step) => {
    if (step.kind === 'refuse') return [step]
    return step.kind === 'if' ? [...step.branches.flatMap(({ body }) => refusals(body)), ...refusals(step.otherwise ?? [])] : []
  })
}

function ranges(params: readonly Param[]): string[] {
  const lines = params.filter(({ isPeriod, isInteger }) => isPeriod && isInteger).map(({ key }) => `    ${key}: { min: 1, integer: true },`)
  return [
    '  ranges: {',
    ...lines,
    "    stopLossFraction: { min: 0, max: 0.5, description: 'Stop loss of an entry as a share of the close; 0 for none' },",
    '  },',
  ]
}

/** The pieces of text that the code names, and those that they name in turn. */
function needed(pieces: Readonly<Record<string, string>>, code: string): string[] {
  const names = new Set<string>()
  const waiting = [code]
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    for (const [name, piece] of Object.entries(pieces)) {
      if (names.has(name) || !new RegExp(`\\b${name}\\b`).test(withoutComments(text))) continue
      names.add(name)
      waiting.push(piece)
    }
  }
  return Object.entries(pieces)
    .filter(([name]) => names.has(name))
    .map(([, piece]) => piece)
}

function withoutComments(code: string): string {
  return code.replace(/^\s*\/\/.*$/gm, '')
}

interface Place {
  readonly names: Names
  readonly unit: FunctionUnit
  readonly declared: ReadonlyMap<string, Value>
  readonly counts: ReadonlyMap<string, number>
  readonly open: Set<string>
  readonly hasSignals: boolean
}

function emitUnit(unit: FunctionUnit): string {
  const known = declaredOf.get(unit)
  if (known === undefined) throw new Error(`${unit.name} was not made by Units`)
  const counts = new Map<string, number>()
  for (const { name } of assignments(unit.steps)) counts.set(name, (counts.get(name) ?? 0) + 1)
  const open = new Set<string>()
  const hasSignals = holdsSignal(unit.steps)
  const place: Place = { ...known, unit, counts, open, hasSignals }
  const body = emitSteps(unit.steps, place, '  ', true)
  const end = unit.steps.findLast(({ kind }) => kind !== 'drop')
  if (end === undefined || !(exits(end) || end.kind === 'refuse')) body.push(`  return ${ending(place)}`)
  const parameters = unit.isEntry ? [] : unit.parameters.map(({ code, value }) => `${code}: ${typeOf(value) ?? 'never'}`)
  const handed = unit.isEntry
    ? unit.parameters.map(({ code, value }) => `  ${reassigned(place, code) ? 'let' : 'const'} ${code} = context.${value.kind}`)
    : []
  const nested = [...counts.keys()].filter((name) => !open.has(name) && !unit.parameters.some((parameter) => parameter.name === name))
  const hoisted = nested.map((name) => `  let ${known.names.of(name)}: ${typeOf(known.declared.get(name) ?? { kind: 'none' }) ?? 'never'}`)
  const result = unit.result.kind === 'signal' ? ': Signal[]' : ''
  return [
    `/** ${safe(unit.isEntry ? `The decision: ${nameOf(unit)} of v2` : `${nameOf(unit)} of v2`)}, line ${unit.node.line}. */`,
    `function ${unit.name}(${[...(unit.needsContext ? ['context: Context'] : []), ...parameters].join(', ')})${result} {`,
    ...handed,
    ...(hasSignals ? ['  const signals: Signal[] = []'] : []),
    ...hoisted,
    ...body,
    '}',
  ].join('\n')
}

function nameOf(unit: FunctionUnit): string {
  return (unit.node.children.find(({ field }) => field === 'name')?.text ?? unit.name).replaceAll('*/', '')
}

function reassigned({ unit, counts }: Place, code: string): boolean {
  return unit.parameters.some((parameter) => parameter.code === code && counts.has(parameter.name))
}

function assignments(steps: readonly Step[]): { readonly name: string }[] {
  return steps.flatMap((step) => {
    if (step.kind === 'assign') return [step]
    return step.kind === 'if' ? [...step.branches.flatMap(({ body }) => assignments(body)), ...assignments(step.otherwise ?? [])] : []
  })
}

function holdsSignal(steps: readonly Step[]): boolean {
  return steps.some(
    (step) =>
      step.kind === 'signal' ||
      (step.kind === 'if' && (step.branches.some(({ body }) => holdsSignal(body)) || holdsSignal(step.otherwise ?? []))),
  )
}

function ending({ unit, hasSignals }: Place): string {
  return unit.result.kind !== 'signal' ? 'undefined' : hasSignals ? 'signals' : '[]'
}

function emitSteps(steps: readonly Step[], place: Place, indent: string, isTop = false): string[] {
  const lastStep = steps.findLast(({ kind }) => kind !== 'drop')
  return steps.flatMap((step) => emitStep(step, place, indent, { isTop, isLast: step === lastStep }))
}

function emitStep(step: Step, place: Place, indent: string, { isTop, isLast }: { isTop: boolean; isLast: boolean }): string[] {
  switch (step.kind) {
    case 'assign': {
      const name = place.names.of(step.name)
      const isParameter = place.unit.parameters.some((parameter) => parameter.name === step.name)
      const isFirst = isTop && !place.open.has(step.name) && !isParameter && !isOpenBefore(step, place)
      if (!isFirst) return [`${indent}${name} = ${step.expression.code}`]
      place.open.add(step.name)
      if (place.counts.get(step.name) === 1) return [`${indent}const ${name} = ${step.expression.code}`]
      return [
        `${indent}let ${name}: ${typeOf(place.declared.get(step.name) ?? step.expression.value) ?? 'never'} = ${step.expression.code}`,
      ]
    }
    case 'drop':
      return comment(`Left out (${step.reason}):`, step.node, indent)
    case 'signal':
      return [`${indent}signals.push(...${step.code})`]
    case 'return':
      return [`${indent}return ${returned(step, place)}`]
    case 'refuse': {
      const atHand = [...step.use.reads].map((name) => place.names.of(name))
      const list = atHand.length === 0 ? '' : `, { ${atHand.join(', ')} }`
      const isReturn = step.node.type === 'return_statement' || (isTop && isLast)
      return [
        ...comment(`Not translated (${step.reason}):`, step.node, indent),
        `${indent}${isReturn ? 'return ' : ''}refuse(${step.node.line}, ${quote(step.reason)}${list})`,
      ]
    }
    case 'if': {
      const inner = `${indent}  `
      const branches = step.branches.flatMap(({ condition, body }, i) => [
        `${indent}${i === 0 ? 'if' : '} else if'} (${condition}) {`,
        ...filled(emitSteps(body, place, inner), inner),
      ])
      const otherwise = step.otherwise === undefined ? [] : [`${indent}} else {`, ...filled(emitSteps(step.otherwise, place, inner), inner)]
      return [...branches, ...otherwise, `${indent}}`]
    }
  }
}

/** Set inside an earlier `if` already: it is declared at the head then. */
function isOpenBefore(step: Step, { unit }: Place): boolean {
  const before = unit.steps.slice(0, unit.steps.indexOf(step))
  return step.kind === 'assign' && assignments(before).some(({ name }) => name === step.name)
}

function filled(lines: readonly string[], indent: string): readonly string[] {
  return lines.length === 0 ? [`${indent}// Nothing, as in v2.`] : lines
}

function returned(step: Extract<Step, { kind: 'return' }>, place: Place): string {
  if (step.value.kind === 'none') return ending(place)
  if (step.code === '[]') return ending(place)
  return place.hasSignals ? `[...signals, ...${step.code}]` : step.code
}

/** The original lines as comments; nothing in them can end the comment. */
function comment(title: string, node: PyNode, indent = ''): string[] {
  const lines = node.text.split('\n')
  const kept = lines.slice(0, COMMENT_LINES_MAX)
  const more = lines.length > kept.length ? [`… ${lines.length - kept.length} more lines`] : []
  return [title, ...kept.map((line, i) => `  ${node.line + i}: ${line}`), ...more].map((line) => `${indent}// ${safe(line)}`)
}

/** Text that may stand in a comment: one line, no signs that steer a terminal or turn the direction of reading. */
export function safe(text: string): string {
  return text
    .replace(/[^\P{C}\t]|[\u2028\u2029]/gu, '?')
    .replaceAll('*/', '* /')
    .slice(0, COMMENT_LENGTH_MAX)
    .trimEnd()
}
