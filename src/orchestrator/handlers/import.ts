import type { ImportRequest } from '#contract/import.ts'
import { AppError } from '#domain/errors.ts'
import { withoutPassword } from '../import/source-address.ts'
import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { problem } from './problems.ts'

export function importHandlers(base: Base, dependencies: HandlerDependencies) {
  const { imports } = dependencies
  const audit = (actor: string, action: string, target: string, after?: string): Promise<void> =>
    recordAudit(dependencies, { actor, action, target, after })
  return {
    runs: base.import.runs.handler(() => imports.runs()),
    get: base.import.get.handler(({ input }) => inWords(() => imports.get(input.id))),
    look: base.import.look.handler(() => imports.look()),
    inspect: base.import.inspect.handler(({ input }) => inWords(() => imports.inspect(input))),
    analyse: base.import.analyse.handler(({ input }) => inWords(() => imports.analyse(input))),

    report: base.import.report.handler(({ input }) =>
      inWords(async () => {
        const { runId, markdown } = await imports.report(input.id)
        return { run_id: runId, file: `MIGRATION_REPORT-${runId}.md`, markdown }
      }),
    ),

    start: base.import.start.handler(({ input, context }) =>
      inWords(async () => {
        const job = await imports.start(input)
        await audit(context.actor, input.dry_run ? 'try-import' : 'start-import', withoutPassword(input.source), wordsOf(input, job.run_id))
        return job
      }),
    ),

    cancel: base.import.cancel.handler(({ input, context }) =>
      inWords(async () => {
        const job = imports.cancel(input.id)
        await audit(context.actor, 'cancel-import', job.run_id ?? job.source)
        return job
      }),
    ),

    rollback: base.import.rollback.handler(({ input, context }) =>
      inWords(async () => {
        const job = await imports.rollback(input.id)
        await audit(context.actor, 'roll-back-import', input.id, job.state)
        return job
      }),
    ),

    verify: base.import.verify.handler(({ input }) => inWords(() => imports.verify(input.id, input.password))),
  }
}

function wordsOf({ steps, time_zone: timeZone }: ImportRequest, runId: string | null): string {
  return `${runId ?? 'no id yet'}: ${steps.join(', ')}; times without a zone in ${timeZone}`
}

/** What fails here lies in a source or a disk a person chose: its words are for that person. */
export async function inWords<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'POSTGRES_WRONG_PASSWORD')
      throw problem('INPUT_INVALID', error.message, [{ path: 'password', message: error.message }])
    if (error.code.startsWith('POSTGRES_') || error.code === 'MODEL_UNAVAILABLE') throw problem('UNAVAILABLE', error.message)
    throw error
  }
}
