import type { RiskLimitsView } from '#contract/views.ts'
import type { RiskLimits } from '#domain/risk.ts'
import { readQuantity } from './amounts.ts'
import type { Base } from './base.ts'
import type { HandlerDependencies } from './dependencies.ts'
import { expectAnswer } from './engine-answers.ts'

export function riskHandlers(base: Base, { readModel, engine, clock }: HandlerDependencies) {
  return {
    get: base.risk.get.handler(() => readModel.risk()),

    setLimits: base.risk.setLimits.handler(async ({ input, context }) => {
      const limits = toLimits(input)
      const before = readModel.risk()
      const ts = clock.now()
      const { actor } = context
      const answer = await engine.request({
        type: 'Record',
        facts: [
          { type: 'RiskLimitsSet', ts, by: actor, limits },
          {
            type: 'ActionAudited',
            ts,
            actor,
            action: 'set-risk-limits',
            target: 'limits',
            before: JSON.stringify(before.limits),
            after: JSON.stringify(input),
          },
        ],
      })
      expectAnswer(answer, 'Done')
      return { ...readModel.risk(), limits: input }
    }),
  }
}

function toLimits(view: RiskLimitsView): RiskLimits {
  for (const key of ['max_order_notional', 'max_position_notional', 'max_daily_loss', 'price_collar_bps'] as const)
    readQuantity(key, view[key])
  return {
    maxOrderNotional: view.max_order_notional,
    maxPositionNotional: view.max_position_notional,
    maxOpenPositions: view.max_open_positions,
    maxDailyLoss: view.max_daily_loss,
    maxOrdersPerSecond: view.max_orders_per_second,
    priceCollarBps: view.price_collar_bps,
    referenceMaxAgeMs: view.reference_max_age_ms,
    maxOpenOrders: view.max_open_orders,
    unprotectedPolicy: view.unprotected_policy,
  }
}
