import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { inWords } from './import.ts'

export function parallelRunHandlers(base: Base, dependencies: HandlerDependencies) {
  const { parallelRun } = dependencies
  const audit = (actor: string, action: string, source: string | null): Promise<void> =>
    recordAudit(dependencies, { actor, action, target: source ?? 'version 2' })
  return {
    get: base.parallelRun.get.handler(() => parallelRun.state()),

    start: base.parallelRun.start.handler(({ input, context }) =>
      inWords(async () => {
        const state = await parallelRun.start(input)
        await audit(context.actor, 'start-parallel-run', state.source)
        return state
      }),
    ),

    end: base.parallelRun.end.handler(({ context }) =>
      inWords(async () => {
        const state = await parallelRun.end()
        await audit(context.actor, 'end-parallel-run', state.source)
        return state
      }),
    ),
  }
}
