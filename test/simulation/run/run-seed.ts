import { checkConverged, checkReconcileIdempotent } from '../checks/liveness.ts'
import { Violation } from '../checks/violation.ts'
import { startNemesis } from './nemesis.ts'
import { startPeople } from './people.ts'
import { NO_CUTS, planOf, type Cuts, type Plan } from './plan.ts'
import type { ShellPlant } from './shell-plants.ts'
import { startSecondInstance } from './second-instance.ts'
import { World } from './world.ts'

/** How long the world is kind before everything must agree, simulated. */
const QUIET_MS = 180_000
/** And how long the market stands still before both sides are compared. */
const STILL_MS = 15_000
/** And how much longer for answers to come. */
const ANSWERS_SECONDS_MAX = 30
/** So long before the end of it nobody decides anything any more. */
const DECISIONS_END_MS = 80_000

export interface Outcome {
  readonly seed: number
  readonly plan: Plan
  readonly hash: string
  readonly events: number
  readonly simulatedMs: number
  readonly facts: number
  readonly orders: number
  readonly fills: number
  readonly crashes: number
  readonly violation: { readonly invariant: string; readonly message: string } | undefined
  readonly trace: readonly string[] | undefined
  /** The journal as text. */
  readonly lines: readonly string[] | undefined
}

export interface RunOptions {
  readonly cuts?: Cuts | undefined
  readonly keepsTrace?: boolean | undefined
  readonly plant?: ShellPlant | undefined
}

/** One seed from start to end: a time of faults, then a quiet one in which everything must converge. */
export function runSeed(seed: number, options: RunOptions = {}): Outcome {
  const plan = planOf(seed, options.cuts ?? NO_CUTS)
  const world = new World(plan, { keepsTrace: options.keepsTrace ?? false, plant: options.plant })
  let violation: Outcome['violation']
  try {
    world.boot()
    const people = startPeople(world)
    const { second } = plan
    if (second !== undefined) world.scheduler.machine(second.afterMs, 'second instance', () => startSecondInstance(world, second.forMs))
    startNemesis(world, plan.start + plan.activeMs)
    world.scheduler.runUntil(plan.start + plan.activeMs)
    world.faults.stop()
    world.scheduler.runUntil(world.scheduler.frozenUntil)
    world.beKind()
    people.decideAll(QUIET_MS - DECISIONS_END_MS)
    const run = (ms: number): void => {
      world.scheduler.runUntil(world.scheduler.now + ms)
      for (let n = 0; n < 100 && world.shell?.isSettled === false; n += 1) world.scheduler.runUntil(world.scheduler.now + 1)
    }
    run(QUIET_MS)
    world.isMarketStill = true
    run(STILL_MS)
    letAnswersCome(world, run)
    checkConverged(world)
    checkReconcileIdempotent(world, run)
    letAnswersCome(world, run)
    checkConverged(world)
  } catch (error) {
    violation = describe(error)
  }
  world.trace.note(0, world.journal.headHash)
  const { books } = world.watch
  return {
    seed,
    plan,
    hash: world.trace.hash,
    events: world.scheduler.events,
    simulatedMs: world.scheduler.now - plan.start,
    facts: world.journal.head,
    orders: books.orders.size,
    fills: books.tradeKeys.size,
    crashes: world.crashes,
    violation,
    trace: world.trace.lines,
    lines: world.trace.lines === undefined ? undefined : world.journal.pages.flatMap(({ body }) => body.split('\n')),
  }
}

/**
 * An exit that the venue refuses is tried again for ever, with an alarm: at some moment it must not be on its way. One whose
 * answer never comes is still there at the end.
 */
function letAnswersCome({ shell }: World, run: (ms: number) => void): void {
  const isOnItsWay = (): boolean =>
    [...(shell?.engine.state.orders.values() ?? [])].some(({ status }) => status === 'SUBMITTED' || status === 'PENDING_CANCEL')
  for (let second = 0; second < ANSWERS_SECONDS_MAX && isOnItsWay(); second += 1) run(1_000)
}

function describe(error: unknown): { readonly invariant: string; readonly message: string } {
  if (error instanceof Violation) return { invariant: error.invariant, message: error.message }
  return { invariant: 'engine-throws', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}
