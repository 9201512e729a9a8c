import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { pause, withDeadline } from '#platform/deadline.ts'
import { planOf } from '#v2-import/mapping/import-plan.ts'
import { parallelJson } from '#v2-import/parallel-run/parallel-run.ts'
import { type OwnSide, Shadow } from '#v2-import/parallel-run/shadow.ts'
import { parsePostgresUrl } from '#v2-import/sources/postgres/live-connection.ts'
import type { FromParallelRun, ParallelRunOrder, ToParallelRun } from './parallel-run.messages.ts'

if (isMainThread || parentPort === null) throw new Error('parallel-run.worker.ts runs in a worker thread only')
const control = parentPort
const LOOK_EVERY_MS = 5_000
const ANSWER_DEADLINE_MS = 30_000
let asked: PromiseWithResolvers<OwnSide> | undefined

function say(message: FromParallelRun): void {
  control.postMessage(message)
}

control.on('message', (message: ToParallelRun) => {
  if (message.type === 'Ours') asked?.resolve(message.side)
  else asked?.reject(new AppError('DEADLINE_EXCEEDED', message.message))
})

async function ours(since: number): Promise<OwnSide> {
  asked = Promise.withResolvers<OwnSide>()
  say({ type: 'Ask', since })
  return await withDeadline(asked.promise, ANSWER_DEADLINE_MS, 'What this workstation has decided')
}

/** Looks until the thread is ended from outside. A look that fails is told, and the next one goes on where the last good one ended. */
async function follow({ source, timeZone, rules, since }: ParallelRunOrder): Promise<never> {
  const plan = planOf({ timeZone })
  const shadow = new Shadow({ target: parsePostgresUrl(source), plan, rules, since, now: systemClock.now(), ours })
  for (;;) {
    const at = systemClock.now()
    let isMore = false
    try {
      isMore = await shadow.look(at)
      say({ type: 'Looked', at, report: parallelJson(shadow.report()) })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      say({ type: 'LookFailed', code: error.code, message: error.message })
    }
    if (!isMore) await pause(LOOK_EVERY_MS)
  }
}

try {
  await follow(workerData as ParallelRunOrder)
} catch (error) {
  // What the person chose cannot be: a time zone, an address.
  if (!(error instanceof AppError)) throw error
  say({ type: 'LookFailed', code: error.code, message: error.message })
  control.close()
}
