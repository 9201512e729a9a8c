import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { paged } from './paged.ts'

export function alertHandlers(base: Base, { readModel, history }: HandlerDependencies) {
  return { list: base.alerts.list.handler(({ input }) => paged(input, () => readModel.alerts(input), history.alerts)) }
}

export function auditHandlers(base: Base, { readModel, history }: HandlerDependencies) {
  return { list: base.audit.list.handler(({ input }) => paged(input, () => readModel.audit(input), history.audit)) }
}
