import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import type { SignalAnswer } from '#contract/requests.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import type { TicketDraft } from './ticket-draft.ts'
import { toDraft } from './ticket-draft.ts'

/** Sends the order as estimated; answers what the gate said, or undefined when nobody answered (which has been shown). */
export function useSendOrder(instrument: InstrumentView): (typed: TicketDraft, quantity: string) => Promise<SignalAnswer | undefined> {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  return (typed, quantity) => {
    const { price, stop, target } = toDraft(typed)
    const levels = typed.reduceOnly
      ? {}
      : { ...(stop === undefined ? {} : { stop_loss: stop }), ...(target === undefined ? {} : { take_profit: target }) }
    return act(
      'order',
      () =>
        api.orders.create({
          symbol: instrument.symbol,
          side: typed.side,
          type: typed.type,
          quantity,
          reduce_only: typed.reduceOnly,
          ...levels,
          ...(typed.type === 'LIMIT' && price !== undefined ? { price } : {}),
          ...(typed.trader === '' ? {} : { trader_id: typed.trader }),
        }),
      (answer) => (answer.outcome === 'ACCEPTED' ? t('ticket.sent', { id: answer.order_id ?? '' }) : t('ticket.denied')),
    )
  }
}
