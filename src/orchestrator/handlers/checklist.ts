import { recordAudit } from './audit-trail.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'

export function checklistHandlers(base: Base, dependencies: HandlerDependencies) {
  const { checklist } = dependencies
  const target = 'post-migration checklist'
  return {
    get: base.checklist.get.handler(() => checklist.state()),

    run: base.checklist.run.handler(async ({ input, context }) => {
      const load = input?.load ?? false
      const state = checklist.start({ load })
      const after = load ? 'with 1,000 expired signals' : 'without signals'
      await recordAudit(dependencies, { actor: context.actor, action: 'run-checklist', target, after })
      return state
    }),

    cancel: base.checklist.cancel.handler(async ({ context }) => {
      const state = checklist.cancel()
      await recordAudit(dependencies, { actor: context.actor, action: 'cancel-checklist', target })
      return state
    }),
  }
}
