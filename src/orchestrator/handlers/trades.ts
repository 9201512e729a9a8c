import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { paged } from './paged.ts'

export function tradeHandlers(base: Base, { readModel, history }: HandlerDependencies) {
  return { list: base.trades.list.handler(({ input }) => paged(input, () => readModel.trades(input), history.trades)) }
}
