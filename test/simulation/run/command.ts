import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { FAULT_KINDS, type FaultKind } from '../core/faults.ts'
import { PLANTS } from '../plants/plants.ts'
import { SHELL_PLANTS } from './shell-plants.ts'
import type { JobMessage, JobRequest, Shrunk, Totals } from './job.messages.ts'
import { runJob, runJobs } from './jobs.ts'
import { ProgressLine } from './progress-line.ts'
import { showTrace } from './show-trace.ts'
import type { Cuts } from './plan.ts'

/** Seeds in which a planted fault must be found. */
const PLANT_SEEDS = 2_000
/** Failing seeds that are described; more are counted. */
const SHOWN_MAX = 10

const USAGE = `npm run sim -- --seeds A..B [--mode world|limits] [--twice] [--plant NAME|all] [--jobs N] [--shrink] [--trace SEED]
  --mode limits   orders racing the limits, judged by the gate and by an oracle (--orders N a seed, --burst N)
  --twice         each seed four times, in two processes: the trace hashes must be equal
  --plant all     every planted fault must be found within ${PLANT_SEEDS} seeds
  --shrink        the smallest form of each failing seed
  --trace SEED    prints what happens in one seed, with its journal
  --without A,B   --acts N  --active MS    replays a shrunken seed`

type Say = (line: string) => void

interface Options {
  readonly from: number
  readonly to: number
  readonly mode: 'world' | 'limits'
  readonly jobs: number
  readonly plant: string | undefined
  readonly shrinks: boolean
  readonly cuts: Cuts
  readonly orders: number
  readonly burst: number
}

/** The exit code: 0 all promises kept, 1 a violation or an unfound plant, 2 wrong usage. */
export async function runSim(args: readonly string[], say: Say): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '1..1000' },
      mode: { type: 'string', default: 'world' },
      twice: { type: 'boolean', default: false },
      plant: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      shrink: { type: 'boolean', default: false },
      trace: { type: 'string' },
      without: { type: 'string' },
      acts: { type: 'string' },
      active: { type: 'string' },
      orders: { type: 'string', default: '50' },
      burst: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  })
  const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds)
  if (values.help || range === null || (values.mode !== 'world' && values.mode !== 'limits')) {
    say(USAGE)
    return values.help ? 0 : 2
  }
  const options: Options = {
    from: Number(range[1]),
    to: Number(range[2]),
    mode: values.mode,
    jobs: Math.max(1, Number(values.jobs)),
    plant: values.plant,
    shrinks: values.shrink,
    cuts: cutsOf(values),
    orders: Number(values.orders),
    burst: Number(values.burst),
  }
  if (values.trace !== undefined) return showTrace(Number(values.trace), options.cuts, say)
  say(`git ${gitHash()}, node ${process.version}, seeds ${options.from}..${options.to}, ${options.jobs} processes`)
  if (values.twice) return runTwice(options, say)
  if (options.plant === 'all') return runPlants(options, say)
  return runSeeds(options, say)
}

function cutsOf(values: {
  readonly without?: string | undefined
  readonly acts?: string | undefined
  readonly active?: string | undefined
}): Cuts {
  const without = (values.without ?? '').split(',').filter((kind): kind is FaultKind => FAULT_KINDS.includes(kind as FaultKind))
  return {
    without,
    ...(values.acts === undefined ? {} : { acts: Number(values.acts) }),
    ...(values.active === undefined ? {} : { activeMs: Number(values.active) }),
  }
}

function gitHash(): string {
  try {
    const hash = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const changed = execFileSync('git', ['status', '--porcelain', '--', 'src', 'test/simulation'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return changed === '' ? hash : `${hash} with changes`
  } catch {
    return 'unknown'
  }
}

const NOTHING: Totals = { seeds: 0, events: 0, simulatedMs: 0, facts: 0, orders: 0, fills: 0, crashes: 0 }

/** Shares the seeds among the processes: each takes every n-th. */
function requests({ from, to, jobs, ...options }: Options, more: Partial<JobRequest> = {}): JobRequest[] {
  return Array.from({ length: jobs }, (_, n) => ({
    mode: options.mode,
    from: from + n,
    to,
    step: jobs,
    stopsAtFirst: false,
    plant: options.plant,
    cuts: options.cuts,
    ordersPerSeed: options.orders,
    burstMax: options.burst,
    ...more,
  }))
}

async function runSeeds(options: Options, say: Say): Promise<number> {
  const startedAt = performance.now()
  const progress = new ProgressLine()
  const violations: Extract<JobMessage, { readonly type: 'violation' }>[] = []
  let totals = { ...NOTHING }
  let broken = 0
  await runJobs(requests(options), (message) => {
    if (message.type === 'violation') violations.push(message)
    else if (message.type === 'broken') {
      broken += 1
      say(message.message)
    } else if (message.type === 'totals') totals = sum(totals, message.totals)
    progress.show(`${totals.seeds} of ${options.to - options.from + 1} seeds, ${violations.length} violations`)
  })
  progress.clear()
  violations.sort((a, b) => a.seed - b.seed)
  for (const { seed, message } of violations.slice(0, SHOWN_MAX)) {
    say(`seed ${seed}: ${message}`)
    if (options.mode === 'world') say(await replayOf(seed, options))
  }
  if (violations.length > SHOWN_MAX)
    say(
      `and ${violations.length - SHOWN_MAX} more: ${violations
        .slice(SHOWN_MAX)
        .map(({ seed, invariant }) => `${seed} ${invariant}`)
        .join(', ')}`,
    )
  say(summary(options, totals, violations.length, performance.now() - startedAt))
  return violations.length + broken === 0 ? 0 : 1
}

function summary(options: Options, totals: Totals, violations: number, ms: number): string {
  const seconds = ms / 1_000
  const rate = (n: number): string => Math.round(n / seconds).toLocaleString('en-US')
  if (options.mode === 'limits')
    return `${totals.seeds} seeds, ${totals.orders} orders, ${totals.fills} admitted, ${violations} leaks or wrong refusals, ${rate(totals.orders)} orders/s`
  const hours = (totals.simulatedMs / 3_600_000).toFixed(1)
  const volume = `${totals.facts} facts, ${totals.orders} orders, ${totals.fills} fills, ${totals.crashes} crashes`
  return `${totals.seeds} seeds in ${seconds.toFixed(1)} s, ${rate(totals.seeds)} seeds/s, ${rate(totals.events)} events/s, ${hours} simulated hours, ${volume}, ${violations} violations`
}

function sum(a: Totals, b: Totals): Totals {
  return Object.fromEntries(Object.keys(a).map((key) => [key, a[key as keyof Totals] + b[key as keyof Totals]])) as unknown as Totals
}

/** The command that shows the seed again, shrunken if that was asked for. */
async function replayOf(seed: number, options: Options): Promise<string> {
  const base = `  replay: npm run sim -- --trace ${seed}`
  if (!options.shrinks) return base
  let shrunk: Shrunk | undefined
  await runJob({ mode: 'shrink', from: seed, to: seed, step: 1, stopsAtFirst: true, plant: options.plant }, (message) => {
    if (message.type === 'shrunk') shrunk = message.shrunk
  })
  if (shrunk === undefined) return base
  const { cuts, left, acts } = shrunk
  const flags = [
    cuts.without.length > 0 ? `--without ${cuts.without.join(',')}` : '',
    cuts.acts === undefined ? '' : `--acts ${cuts.acts}`,
    cuts.activeMs === undefined ? '' : `--active ${cuts.activeMs}`,
  ]
  return `${base} ${flags.filter((flag) => flag !== '').join(' ')}\n  left: ${left.join(', ') || 'no faults'}; ${acts} acts`
}

/** G2: the same seed, the same trace: twice in a process, and in another one. */
async function runTwice(options: Options, say: Say): Promise<number> {
  const hashes = new Map<number, string[]>()
  const whole = requests({ ...options, jobs: 1 }, { wantsHashes: true })[0] as JobRequest
  await runJobs([whole, whole], (message) => {
    if (message.type === 'broken') say(message.message)
    if (message.type !== 'hash') return
    hashes.set(message.seed, [...(hashes.get(message.seed) ?? []), message.hash, message.again])
  })
  // Four runs and one hash: a process that broke down has told nothing.
  const isSame = (all: readonly string[]): boolean => all.length === 4 && new Set(all).size === 1
  const wrong = [...hashes].filter(([, all]) => !isSame(all)).map(([seed]) => seed)
  const count = options.to - options.from + 1
  say(
    `${hashes.size} of ${count} seeds, each four times in two processes: ${hashes.size - wrong.length} with one hash, ${wrong.length} with more${wrong.length > 0 ? `: ${wrong.slice(0, 20).join(' ')}` : ''}`,
  )
  return wrong.length === 0 && hashes.size === count ? 0 : 1
}

/** G3: every planted fault is found; the first failing seed and what found it. */
async function runPlants(options: Options, say: Say): Promise<number> {
  const names = [...SHELL_PLANTS, ...PLANTS.map(({ name }) => name)]
  const progress = new ProgressLine()
  const rows = new Map<string, string>()
  let [unfound, next, shown] = [0, 0, 0]
  // In their order, each as soon as it is known: a long run can be watched.
  const show = (): void => {
    progress.clear()
    for (let name = names[shown]; name !== undefined && rows.has(name); name = names[shown]) {
      say(`${name.padEnd(58)} ${rows.get(name) ?? ''}`)
      shown += 1
    }
  }
  const worker = async (): Promise<void> => {
    for (let name = names[next]; name !== undefined; name = names[next]) {
      next += 1
      progress.show(`${rows.size} of ${names.length} plants`)
      const found = await firstFailure(name)
      if (found === undefined || found.startsWith('BROKEN')) unfound += 1
      rows.set(name, found ?? `NOT FOUND in ${PLANT_SEEDS} seeds`)
      show()
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, worker))
  progress.clear()
  say(`${names.length - unfound} of ${names.length} planted faults found`)
  return unfound === 0 ? 0 : 1
}

/** A seed that fails without the plant proves nothing and is passed over. */
async function firstFailure(plant: string): Promise<string | undefined> {
  for (let from = 1; from <= PLANT_SEEDS; ) {
    const first = await firstViolation({ from, to: PLANT_SEEDS, plant })
    if (first === undefined || typeof first === 'string') return first
    const { seed, invariant } = first
    if ((await firstViolation({ from: seed, to: seed })) === undefined) return `seed ${String(seed).padStart(4)}  ${invariant}`
    from = seed + 1
  }
  return undefined
}

type Found = Extract<JobMessage, { readonly type: 'violation' }>

/** The first failing seed; a text when the run itself broke. */
async function firstViolation(range: {
  readonly from: number
  readonly to: number
  readonly plant?: string
}): Promise<Found | string | undefined> {
  let found: Found | string | undefined
  await runJob({ mode: 'world', step: 1, stopsAtFirst: true, ...range }, (message) => {
    if (message.type === 'violation') found ??= message
    else if (message.type === 'broken') found = `BROKEN: ${message.message.split('\n')[0] ?? ''}`
  })
  return found
}
