import { parseSymbol, parseTraderId } from '#domain/ids.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { toSignalAnswer } from './engine-answers.ts'
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
  }
}
