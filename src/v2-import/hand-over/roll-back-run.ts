import { assertNever } from '#domain/errors.ts'
import { runCommand } from '#platform/run-command.ts'
import { checkHttp } from './http-check.ts'
import type { RollBackAct, RollBackStep } from './roll-back-steps.ts'

/** The running version 3. All throw `AppError` where it does not do what it is asked. */
export interface RunningVersion3 {
  /** Halts, cancels, and says what the exchange still shows of it in scope. */
  halt(reason: string): Promise<{ readonly isConfirmed: boolean; readonly remaining: readonly string[] }>
  /** Compares with the exchange now. Undefined: the exchange did not answer. */
  ordersLeft(): Promise<readonly string[] | undefined>
  positions(): Promise<readonly string[]>
  /** Whether nothing is sent any more, and in which words. */
  release(reason: string): Promise<{ readonly isReleased: boolean; readonly words: string }>
}

export interface StepResult {
  readonly id: string
  readonly title: string
  readonly status: 'done' | 'failed' | 'not_run'
  readonly words: string
  /** What a command said, or a list for the person. */
  readonly output: readonly string[]
  readonly ms: number
}

export interface RollBackOrder {
  readonly steps: readonly RollBackStep[]
  readonly version3: RunningVersion3
  readonly reason: string
  /** What commands may see of our environment. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Asked before each step, and after one that is done by hand or shows what a person has to take over: no means that the way back ends
   * here.
   */
  readonly goOn: (step: RollBackStep, shown: readonly string[]) => Promise<boolean>
  readonly onResult?: ((result: StepResult) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Goes the steps one by one and stops at the first that fails or that a person does not want: what comes after it is not run. */
export async function runRollBack(order: RollBackOrder): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  let ended: string | undefined
  for (const step of order.steps) {
    const began = performance.now()
    const { id, title } = step
    const done =
      ended === undefined ? await doStep(step, order) : ({ status: 'not_run', words: ended, output: [] as readonly string[] } as const)
    const result: StepResult = { id, title, ...done, ms: Math.round(performance.now() - began) }
    results.push(result)
    order.onResult?.(result)
    if (result.status !== 'done') ended ??= `it comes after "${title}", which is not done`
  }
  return results
}

type Done = Pick<StepResult, 'status' | 'words' | 'output'>

async function doStep(step: RollBackStep, order: RollBackOrder): Promise<Done> {
  if (order.signal?.aborted === true) return { status: 'not_run', words: 'it was interrupted', output: [] }
  if (step.act.kind !== 'positions' && step.act.kind !== 'by-hand' && !(await order.goOn(step, []))) return unwanted()
  try {
    return await carryOut(step.act, step, order)
  } catch (error) {
    return { status: 'failed', words: error instanceof Error ? error.message : String(error), output: [] }
  }
}

const unwanted = (): Done => ({ status: 'not_run', words: 'the person did not go on', output: [] })

async function carryOut(act: RollBackAct, step: RollBackStep, order: RollBackOrder): Promise<Done> {
  const { version3, reason } = order
  switch (act.kind) {
    case 'halt': {
      const { isConfirmed, remaining } = await version3.halt(reason)
      const words = isConfirmed ? 'halted; the exchange shows none of its orders' : 'halted, but not all cancels are confirmed'
      return { status: isConfirmed ? 'done' : 'failed', words, output: remaining }
    }
    case 'confirm':
      return confirmed(await version3.ordersLeft())
    case 'positions': {
      const positions = await version3.positions()
      if (positions.length === 0) return { status: 'done', words: 'version 3 holds nothing', output: [] }
      if (!(await order.goOn(step, positions))) return { ...unwanted(), output: positions }
      return { status: 'done', words: `${positions.length} positions stay open; version 2 does not know them`, output: positions }
    }
    case 'release': {
      const { isReleased, words } = await version3.release(reason)
      return { status: isReleased ? 'done' : 'failed', words, output: [] }
    }
    case 'command':
      return await command(act, order)
    case 'check': {
      const { isMet, words } = await checkHttp(act.check, order.signal)
      const expected = `HTTP ${act.check.status} with ${JSON.stringify(act.check.contains)}`
      return { status: isMet ? 'done' : 'failed', words: isMet ? words : `${words}; expected ${expected}`, output: [] }
    }
    case 'by-hand':
      return (await order.goOn(step, ['nothing is configured for it: do it by hand']))
        ? { status: 'done', words: 'said to be done by hand', output: [] }
        : unwanted()
    default:
      return assertNever(act)
  }
}

function confirmed(left: readonly string[] | undefined): Done {
  if (left === undefined)
    return { status: 'failed', words: 'the exchange did not answer, so it is not known what is open there', output: [] }
  const words = left.length === 0 ? 'compared with the exchange: no order is left' : `${left.length} orders are left`
  return { status: left.length === 0 ? 'done' : 'failed', words, output: left }
}

async function command(act: Extract<RollBackAct, { readonly kind: 'command' }>, { env }: RollBackOrder): Promise<Done> {
  const { exitCode, problem, output } = await runCommand({ ...act.command, env })
  const isDone = problem === null && exitCode === 0
  const how = problem ?? `it left with ${exitCode}`
  const lines = output.split('\n').filter((each) => each.trim() !== '')
  return { status: isDone ? 'done' : 'failed', words: `${act.command.argv[0]}: ${how}`, output: lines.slice(-20) }
}
