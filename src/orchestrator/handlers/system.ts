import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { emergencyStop } from './emergency-stop.ts'
import { expectAnswer } from './engine-answers.ts'
import { problem } from './problems.ts'

export function systemHandlers(base: Base, dependencies: HandlerDependencies) {
  const { engine, clock } = dependencies
  return {
    ready: base.system.ready.handler(() => {
      const { ready, missing } = dependencies.ready()
      // A probe that looks only at the status code must not take a workstation for ready that is not.
      if (!ready) throw problem('UNAVAILABLE', `Trading is not ready: ${missing.join('; ')}`)
      return { ready, missing: [] }
    }),
    status: base.system.status.handler(() => dependencies.status()),
    emergencyStop: base.system.emergencyStop.handler(({ input, context }) => emergencyStop(dependencies, input, context.actor)),
    resume: base.system.resume.handler(async ({ input, context }) => {
      expectAnswer(await engine.request({ type: 'Resume', by: context.actor, reason: input.reason }), 'Done')
      return { resumed_at: clock.now() }
    }),
  }
}
