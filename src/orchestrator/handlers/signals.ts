import type { SignalRequest } from '#contract/requests.ts'
import { parseSymbol } from '#domain/ids.ts'
import type { Signal } from '#domain/signal.ts'
import { planOf } from '../read-model/protection-views.ts'
import { recordAudit } from './audit-trail.ts'
import { readOptional, readPrice, readQuantity } from './amounts.ts'
import type { Base } from './base.ts'
import { traderFor } from './default-trader.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { toSignalAnswer, toSignalAnswers } from './engine-answers.ts'
import { paged } from './paged.ts'
import { signalIdFor } from './signal-ids.ts'

export function signalHandlers(base: Base, dependencies: HandlerDependencies) {
  const { readModel, engine, history, clock } = dependencies
  return {
    list: base.signals.list.handler(({ input }) => paged(input, () => readModel.signals(input), history.signals)),
    submit: base.signals.submit.handler(async ({ input, context }) => {
      const ts = clock.now()
      const requests = Array.isArray(input) ? input : [input]
      const signals = requests.map((request, index) =>
        toSignal(request, Array.isArray(input) ? `[${index}].` : '', signalIdFor(request.signal_id, context, index), ts),
      )
      // Sent together, so that both are in one commit: what became of each signal is in the list of signals.
      const [answer] = await Promise.all([
        engine.request({ type: 'SubmitSignals', signals }),
        recordAudit(dependencies, {
          actor: context.actor,
          action: 'submit-signals',
          target: signals.length === 1 ? (signals[0]?.signalId ?? '') : `${signals[0]?.signalId ?? ''} and ${signals.length - 1} more`,
          reason: inWords(requests),
        }),
      ])
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
    protection: request.protection === undefined ? undefined : planOf(request.protection),
    expiresAt: request.expires_at,
    note: request.note,
    ts,
  }
}

function inWords(requests: readonly SignalRequest[]): string {
  const [first] = requests
  const words = first === undefined ? '' : `${first.action} ${first.quantity ?? ''} ${first.symbol} of ${first.strategy}`.replace('  ', ' ')
  return requests.length > 1 ? `${requests.length} signals, the first: ${words}` : words
}
