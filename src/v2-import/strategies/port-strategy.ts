import { AppError } from '#domain/errors.ts'
import type { MarketKind } from '../mapping/spellings/symbol-spelling.ts'
import { emitStrategy, refusals } from './emit.ts'
import type { Param } from './emit.ts'
import { census, writeMapping } from './port-report.ts'
import type { PortReport } from './port-report.ts'
import { fieldOf } from './python-node.ts'
import type { PyNode } from './python-node.ts'
import { parsePython } from './python-source.ts'
import type { FunctionUnit } from './scope.ts'
import { mapSettings } from './settings.ts'
import type { MappedSettings } from './settings.ts'
import { ENTRY_NAMES, findClasses, isLogging, isNothing, readClass, STOP_LOSS_PARAM, undecorated } from './strategy-class.ts'
import type { Settings, StrategyClass } from './strategy-class.ts'
import { readFile, Units, usesOf } from './units.ts'

export interface PortOptions {
  /** Shown in comments, messages and the report. */
  readonly fileName: string
  /** The strategy's entry of strategies.json. */
  readonly config?: Settings | undefined
  /** What v2's pairs stand for; version 2 traded linear perpetuals. */
  readonly market?: MarketKind | undefined
  /** Which class, when the file holds several; else the first. */
  readonly className?: string | undefined
  /** Its name here, where the configuration or the file's name is not to decide. */
  readonly name?: string | undefined
}

export interface PortedStrategy {
  /** TypeScript for `strategies/<strategyName>.ts` of the data directory. */
  readonly code: string
  readonly report: PortReport
  /** All strategy classes of the file. */
  readonly classNames: readonly string[]
}

/** Candles beyond the longest period: for indices such as [-2], and for averages to settle. */
const WARMUP_SPARE = 20
const WARMUP_MAX = 500

/**
 * Translates a v2 strategy to a v3 one. Nothing of the Python is executed. What is not certain to mean the same stays in
 * the code as a comment with a call that throws, and the strategy refuses to start. Throws `FILE_INVALID` for what
 * cannot be read as Python 3 or holds no strategy.
 */
export async function portStrategy(source: string, options: PortOptions): Promise<PortedStrategy> {
  const fileName = options.fileName.slice(0, 200)
  const root = await parsePython(source.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n'), fileName)
  const classes = findClasses(root)
  const classNames = classes.map((node) => fieldOf(node, 'name')?.text ?? '')
  const node = classes.find((_, i) => options.className === undefined || classNames[i] === options.className)
  if (node === undefined)
    throw new AppError(
      'FILE_INVALID',
      `${JSON.stringify(fileName)} holds no class ${options.className ?? ''} with one of the methods ${ENTRY_NAMES.join(', ')}. Nothing was translated; name the class, or write the v3 strategy by hand.`,
    )
  const settings = mapSettings(options.config, fileName, options.market ?? 'perpetual', options.name)
  const strategy = readClass(node, options.config ?? {})
  const file = readFile(root)
  const units = new Units(strategy, file, options.config ?? {})
  const { entry, rivals } = chooseEntry(strategy, units)
  const unfinished = [...strategy.unfinished, ...rivals, ...moduleMarks(file.others)]
  return { ...assemble({ root, strategy, entry, unfinished, settings, fileName }), classNames }
}

/** The decision: of several such methods the one that no other calls; two that are not called leave it open which counts. */
function chooseEntry(strategy: StrategyClass, units: Units): { entry: FunctionUnit; rivals: { node: PyNode; reason: string }[] } {
  const names = ENTRY_NAMES.filter((name) => strategy.methods.has(name))
  const made = names.map((name) => ({ name, node: strategy.methods.get(name) ?? strategy.node }))
  const isCalled = (name: string) => [...strategy.methods].some(([other, { text }]) => other !== name && text.includes(`self.${name}(`))
  const free = made.filter(({ name }) => !isCalled(name))
  const [first, ...others] = free.length > 0 ? free : made
  if (first === undefined) throw new Error('a class without a decision was chosen')
  const rivals = others.map(({ node, name }) => ({ node, reason: `v2 may also call ${name}; which of the methods decides is not known` }))
  if (first.node.type === 'decorated_definition')
    rivals.push({ node: first.node, name: '', reason: 'the decision is decorated' } as { node: PyNode; reason: string })
  return { entry: units.entry(undecorated(first.node)), rivals }
}

/** What a file does when it is imported, outside classes and functions. */
function moduleMarks(others: readonly PyNode[]): { node: PyNode; reason: string }[] {
  return others
    .filter((node) => !isNothing(node) && !isLogging(node) && !/^if\s+\(?__name__\s*==/.test(node.text))
    .map((node) => ({ node, reason: 'this is done when the file is imported; a v3 strategy only decides' }))
}

interface Assembly {
  readonly root: PyNode
  readonly strategy: StrategyClass
  readonly entry: FunctionUnit
  readonly unfinished: readonly { readonly node: PyNode; readonly reason: string }[]
  readonly settings: MappedSettings
  readonly fileName: string
}

function assemble({ root, strategy, entry, unfinished, settings, fileName }: Assembly): Omit<PortedStrategy, 'classNames'> {
  const units = reachable(entry)
  const uses = units.flatMap((unit) => usesOf(unit.steps))
  const periods = new Set(uses.flatMap((use) => [...use.periods]))
  const read = new Set(uses.flatMap((use) => [...use.params]))
  const params: Param[] = []
  for (const attribute of strategy.attributes.values()) {
    if (attribute.kind !== 'param' || !read.has(attribute.key)) continue
    params.push({ ...attribute, isPeriod: periods.has(`context.params.${attribute.key}`) })
  }
  const stop = { key: STOP_LOSS_PARAM, value: settings.stopLossFraction, isInteger: false, isPeriod: false }
  const assumptions = [...new Set(uses.flatMap((use) => [...use.assumptions])), ...generalAssumptions(settings)]
  const code = emitStrategy({
    name: settings.name,
    className: strategy.name,
    fileName,
    symbols: settings.symbols,
    timeframe: settings.timeframe,
    params: [...params, stop],
    units,
    warmup: warmupOf(periods),
    unfinished,
    undecided: settings.undecided,
    notes: assumptions,
  })
  const parts = census({ root, strategy, units, unfinished, paramKeys: read })
  const counts = { translated: 0, marked: 0, dropped: 0 }
  for (const { outcome } of parts) counts[outcome] += 1
  const marks = unfinished.length + settings.undecided.length + units.flatMap((unit) => refusals(unit.steps)).length
  const report = {
    fileName,
    strategyName: settings.name,
    className: strategy.name,
    status: marks === 0 ? ('ready' as const) : ('unfinished' as const),
    parts,
    counts,
    settings: settings.entries,
    assumptions,
  }
  return { code, report: { ...report, componentMapping: writeMapping(report) } }
}

function generalAssumptions({ stopLossFraction }: MappedSettings): string[] {
  return [
    'A v2 order against an opposite position is taken to close it; v3 enters the other side at a later candle.',
    "How much v2 traded is left out: the trader's orderNotional decides.",
    stopLossFraction === 0
      ? 'No stop loss is set by the strategy: stopLossFraction is 0.'
      : `Entries carry a stop loss at the share ${stopLossFraction} of the close (stop_loss_pct), which v2's trade manager had set.`,
    'v3 shows the last 500 closed candles; v2 may have been shown more or fewer, also the forming one.',
  ]
}

/** The decision and what it calls, the called ones first. */
function reachable(entry: FunctionUnit): FunctionUnit[] {
  const order = new Set<FunctionUnit>()
  const visit = (unit: FunctionUnit) => {
    if (order.has(unit)) return
    for (const use of usesOf(unit.steps)) for (const called of use.functions) visit(called)
    order.add(unit)
  }
  visit(entry)
  return [...order]
}

/** Three times the longest period, so that averages have settled; at least the period itself. */
function warmupOf(periods: ReadonlySet<string>): string {
  const terms = [...periods].map((code) => code.replace(/^context\.params\./, 'values.'))
  if (terms.some((term) => !/^(\d{1,4}|values\.\w+)$/.test(term))) return 'HISTORY_BARS'
  const numbers = terms.filter((term) => /^\d/.test(term)).map(Number)
  const longest = Math.max(0, ...numbers)
  if (terms.every((term) => /^\d/.test(term)))
    return String(Math.max(Math.min(WARMUP_MAX, 3 * longest + WARMUP_SPARE), longest + WARMUP_SPARE))
  const names = terms.filter((term) => !/^\d/.test(term))
  const list = [...names, ...(numbers.length > 0 ? [String(longest)] : [])].join(', ')
  return `(values) => Math.max(Math.min(HISTORY_BARS, 3 * Math.max(${list}) + ${WARMUP_SPARE}), Math.max(${list}) + ${WARMUP_SPARE})`
}
