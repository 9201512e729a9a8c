import type { SignalRequest } from '#contract/requests.ts'
import { parseSymbol } from '#domain/ids.ts'
import type { Signal } from '#domain/signal.ts'
import { readOptional, readPrice, readQuantity } from './amounts.ts'
import type { Base } from './base.ts'
import { traderFor } from './default-trader.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { toSignalAnswer, toSignalAnswers } from './engine-answers.ts'
import { paged } from './paged.ts'
import { signalIdFor } from './signal-ids.ts'

export function signalHandlers(base: Base, { readModel, engine, history, clock }: HandlerDependencies) {
  return {
    list: base.signals.list.handler(({ input }) => paged(input, () => readModel.signals(input), history.signals)),
    submit: base.signals.submit.handler(async ({ input, context }) => {
      const ts = clock.now()
      const requests = Array.isArray(input) ? input : [input]
      const signals = requests.map((request, index) =>
        toSignal(request, Array.isArray(input) ? `[${index}].` : '', signalIdFor(request.signal_id, context, index), ts),
      )
      const answer = await engine.request({ type: 'SubmitSignals', signals })
      return Array.isArray(input) ? toSignalAnswers(answer) : toSignalAnswer(answer)
    }),
  }
}

function toSignal(request: SignalRequest, path: string, signalId: ReturnType<typeof signalIdFor>, ts: number): Signal {
  return {
    signalId,
    traderId: traderFor(request.trader_id),
    strategy: request.strategy,
    symbol: parseSymbol(request.symbol),
    action: request.action,
    quantity: readOptional(readQuantity, `${path}quantity`, request.quantity),
    confidence: request.confidence,
    stopLoss: readOptional(readPrice, `${path}stop_loss`, request.stop_loss),
    takeProfit: readOptional(readPrice, `${path}take_profit`, request.take_profit),
    expiresAt: request.expires_at,
    note: request.note,
    ts,
  }
}
