import { useTranslation } from 'react-i18next'
import type { ProtectionPlanView } from '#contract/protection.ts'
import type { InstrumentView } from '#contract/views.ts'
import { orderNeeds, type OrderInput, type SignalAnswer } from '#contract/requests.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { readPlan } from '#renderer/ui/protection/plan-draft.ts'
import { useAct } from '#renderer/ui/use-act.ts'
import type { Leg } from './draft.ts'
import type { TicketDraft } from './ticket-draft.ts'
import { toLeg } from './ticket-draft.ts'

/** Two plain levels go as levels, anything more as the whole plan. */
function protectionOf(plan: ProtectionPlanView): Pick<OrderInput, 'stop_loss' | 'take_profit' | 'protection'> {
  const { stop_loss, take_profit, ...more } = plan
  if (Object.keys(more).length > 0) return { protection: plan }
  return { ...(stop_loss === undefined ? {} : { stop_loss }), ...(take_profit === undefined ? {} : { take_profit }) }
}

/** The request for one order; what its type does not take is left out. */
export function toRequest(typed: TicketDraft, leg: Leg, base: { readonly symbol: string; readonly quantity: string }): OrderInput {
  const { plan } = readPlan(typed.plan)
  const needs = orderNeeds(leg.type)
  return {
    ...base,
    side: typed.side,
    type: leg.type,
    reduce_only: typed.reduceOnly,
    ...(leg.price === undefined ? {} : { price: leg.price }),
    ...(leg.trigger === undefined ? {} : { trigger_price: leg.trigger }),
    ...(leg.trailing === undefined ? {} : { trailing: leg.trailing }),
    ...(needs.price && typed.timeInForce !== 'GTC' ? { time_in_force: typed.timeInForce } : {}),
    ...(needs.price && typed.postOnly && typed.timeInForce === 'GTC' ? { post_only: true } : {}),
    ...(typed.reduceOnly || plan === undefined ? {} : protectionOf(plan)),
    ...(typed.trader === '' ? {} : { trader_id: typed.trader }),
  }
}

/** Sends what was estimated; answers what the gate said, or undefined when nobody answered (which has been shown). */
export function useSendOrder(instrument: InstrumentView): (typed: TicketDraft, quantity: string) => Promise<SignalAnswer | undefined> {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  return async (typed, quantity) => {
    const base = { symbol: instrument.symbol, quantity }
    const first = toRequest(typed, toLeg(typed), base)
    const { second } = typed
    if (second === undefined) {
      return act(
        'order',
        () => api.orders.create(first),
        (answer) => (answer.outcome === 'ACCEPTED' ? t('ticket.sent', { id: answer.order_id ?? '' }) : t('ticket.denied')),
      )
    }
    const other = toRequest({ ...typed, postOnly: false, timeInForce: 'GTC' }, toLeg(second), base)
    const both = await act(
      'order',
      () => api.orders.createOco({ orders: [first, other] }),
      ({ orders }) =>
        orders.every((answer) => answer.outcome === 'ACCEPTED')
          ? t('conditional.oco_sent', { ids: orders.map((answer) => answer.order_id ?? '').join(', ') })
          : t('ticket.denied'),
    )
    return both?.orders.find((answer) => answer.outcome !== 'ACCEPTED') ?? both?.orders[0]
  }
}
