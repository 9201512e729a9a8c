import { parseSymbol, parseTraderId } from '#domain/ids.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { planOf } from '../read-model/protection-views.ts'
import { expectTaken, toSignalAnswer } from './engine-answers.ts'
import { problem } from './problems.ts'
import { signalIdFor } from './signal-ids.ts'

export function positionHandlers(base: Base, { readModel, engine }: HandlerDependencies) {
  return {
    list: base.positions.list.handler(() => ({ items: readModel.positions() })),

    close: base.positions.close.handler(async ({ input, context }) => {
      const position = readModel.position(input.id)
      if (position === undefined) throw problem('NOT_FOUND', `no position ${input.id}; nothing was closed`)
      return toSignalAnswer(
        await engine.request({
          type: 'ClosePosition',
          traderId: parseTraderId(position.trader_id),
          symbol: parseSymbol(position.symbol),
          by: context.actor,
          signalId: signalIdFor(undefined, context, 0),
        }),
      )
    }),

    protect: base.positions.protect.handler(async ({ input, context }) => {
      const position = readModel.position(input.id)
      if (position === undefined || position.side === 'FLAT')
        throw problem('NOT_FOUND', `There is no open position ${input.id}. Nothing was changed; GET /positions lists them.`)
      const answer = await engine.request({
        type: 'SetProtection',
        traderId: parseTraderId(position.trader_id),
        symbol: parseSymbol(position.symbol),
        plan: input.plan === null ? null : planOf(input.plan),
        by: context.actor,
      })
      expectTaken(answer, `The protection of ${input.id} was not changed`)
      return readModel.position(input.id) ?? position
    }),
  }
}
