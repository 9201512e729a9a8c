import { setTimeout as sleep } from 'node:timers/promises'
import type { ReconciliationView } from '#contract/reconcile.ts'
import { parseTraderId } from '#domain/ids.ts'
import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer } from './engine-answers.ts'
import { problem } from './problems.ts'

/** How long `POST /reconcile` waits for the exchange's answer before it says that it is still out. */
export const RECONCILE_DEADLINE_MS = 9_000
const LOOK_AGAIN_MS = 20
const RUNS_SHOWN = 20

export function reconcileHandlers(base: Base, dependencies: HandlerDependencies) {
  const { readModel, engine } = dependencies
  return {
    get: base.reconcile.get.handler(({ input }) => ({
      state: readModel.reconcile,
      runs: readModel.differences.runs(RUNS_SHOWN),
      ...readModel.differences.page(input),
      external_orders: readModel.differences.external(),
    })),

    run: base.reconcile.run.handler(async ({ context }) => {
      const before = lastRun(dependencies)?.seq ?? 0
      expectAnswer(await engine.request({ type: 'Reconcile', trigger: 'PERSON', by: context.actor }), 'Done')
      const run = await newRun(dependencies, before)
      await recordAudit(dependencies, {
        actor: context.actor,
        action: 'reconcile',
        target: run?.exchange ?? 'account',
        after: run === null ? 'no answer of the exchange yet' : `${run.open_differences} open differences`,
      })
      return { finished: run !== null, run }
    }),

    decide: base.reconcile.decide.handler(async ({ input, context }) => {
      const { id, decision, reason } = input
      const known = readModel.differences.get(id)
      if (known === undefined)
        throw problem('NOT_FOUND', `There is no difference ${id}. Nothing was decided; GET /reconcile lists the open ones.`)
      if (known.state === 'GONE')
        throw problem('CONFLICT', `Both sides agree about ${id} again. Nothing was changed; GET /reconcile lists the open differences.`)
      const traderId = input.trader_id === undefined ? undefined : parseTraderId(input.trader_id)
      if (traderId !== undefined && readModel.trader(traderId) === undefined)
        throw problem('NOT_FOUND', `There is no trader ${traderId}. Nothing was decided; GET /traders lists them.`)
      expectAnswer(
        await engine.request({ type: 'DecideDifference', differenceId: id, decision, traderId, by: context.actor, reason }),
        'Done',
      )
      return readModel.differences.get(id) ?? known
    }),
  }
}

function lastRun({ readModel }: HandlerDependencies): ReconciliationView | undefined {
  return readModel.differences.runs(1)[0]
}

/** The run that was asked for, once it is there; null when the deadline comes first. */
async function newRun(dependencies: HandlerDependencies, after: number): Promise<ReconciliationView | null> {
  const { clock } = dependencies
  const started = clock.elapsed()
  for (;;) {
    const last = lastRun(dependencies)
    if (last !== undefined && last.seq > after) return last
    if (clock.elapsed() - started >= RECONCILE_DEADLINE_MS) return null
    await sleep(LOOK_AGAIN_MS)
  }
}
