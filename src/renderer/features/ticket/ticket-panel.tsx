import type { FormEvent, ReactNode } from 'react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import type { SignalAnswer } from '#contract/requests.ts'
import { scaleOfStep } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { useSelectedInstrument } from '#renderer/state/selection.ts'
import { useMainBalance, usePrice, useRisk, useSystem } from '#renderer/state/stores.ts'
import { Button, Check } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { readPlan } from '#renderer/ui/protection/plan-draft.ts'
import { useReason } from '#renderer/ui/reason.ts'
import type { Estimate } from './estimate.ts'
import { estimateOrder } from './estimate.ts'
import { Preview } from './preview.tsx'
import type { TicketDraft, TicketPart } from './ticket-draft.ts'
import { BLANK_TICKET, missingIn, toDraft } from './ticket-draft.ts'
import { PriceFields, ProtectionFields, SecondOrder, SideAndType, SizeField, TraderChoice } from './ticket-fields.tsx'
import { useSendOrder } from './use-send-order.ts'

function useEstimate(typed: TicketDraft, instrument: InstrumentView): Estimate {
  const quote = usePrice(instrument.symbol)
  const risk = useRisk((state) => state.value)
  const balance = useMainBalance()
  return useMemo(() => estimateOrder(toDraft(typed), { instrument, quote, risk, balance }), [typed, instrument, quote, risk, balance])
}

/** The ticket's text, taking over the side another part of the screen asks for. */
function useTicket(): TicketPart & { readonly asked: number } {
  const [typed, setTyped] = useState<TicketDraft>(BLANK_TICKET)
  const request = useRequests((state) => state.ticket)
  const asked = request?.turn ?? 0
  const [seen, setSeen] = useState(0)
  if (request !== undefined && asked !== seen) {
    setSeen(asked)
    setTyped({ ...typed, side: request.side })
  }
  return { typed, asked, change: (patch) => setTyped((now) => ({ ...now, ...patch })) }
}

function Refusal({ answer }: { readonly answer: SignalAnswer | undefined }): ReactNode {
  const { t } = useTranslation()
  const reason = useReason()
  if (answer === undefined || answer.outcome === 'ACCEPTED') return null
  return (
    <p className="refusal" role="alert" data-testid="ticket-refusal">
      <strong>{t('ticket.denied')}.</strong> {reason({ reason: answer.reason ?? 'HALTED', value: answer.value, limit: answer.limit })}.
    </p>
  )
}

function useVerb(typed: TicketDraft, estimate: Estimate, instrument: InstrumentView): string {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (estimate.quantity === undefined || !/[1-9]/.test(estimate.quantity)) return t('ticket.submit_none')
  const size = `${numbers.decimal(estimate.quantity, { digits: scaleOfStep(instrument.lot_size) })} ${instrument.base}`
  if (typed.second !== undefined) return t('conditional.submit_oco', { size })
  return t(typed.side === 'BUY' ? 'ticket.submit_buy' : 'ticket.submit_sell', { size })
}

function TicketForm({ instrument }: { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const { typed, change, asked } = useTicket()
  const [answer, setAnswer] = useState<SignalAnswer | undefined>(undefined)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const mode = useSystem((state) => state.value?.mode)
  const quote = usePrice(instrument.symbol)
  const send = useSendOrder(instrument)
  const estimate = useEstimate(typed, instrument)
  const verb = useVerb(typed, estimate, instrument)
  const missing = missingIn(typed)
  const planned = typed.reduceOnly || readPlan(typed.plan).faults.size === 0
  const ready = estimate.quantity !== undefined && /[1-9]/.test(estimate.quantity) && missing.length === 0 && planned
  useEffect(() => {
    if (asked > 0) form.current?.querySelector<HTMLInputElement>('[data-testid=ticket-size]')?.focus()
  }, [asked])

  const edit = (patch: Partial<TicketDraft>): void => {
    setAnswer(undefined)
    change(patch)
  }
  const submit = async (): Promise<void> => {
    if (estimate.quantity === undefined) return
    setBusy(true)
    setAnswer(await send(typed, estimate.quantity))
    setBusy(false)
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault()
    if (mode === 'live')
      setAsk({
        title: t('ticket.live_title'),
        lead: t('ticket.live_lead', { what: verb, symbol: instrument.symbol }),
        act: verb,
        onConfirm: submit,
      })
    else void submit()
  }
  return (
    <form className="ticket" ref={form} onSubmit={onSubmit}>
      <SideAndType typed={typed} change={edit} quote={quote} />
      <SizeField typed={typed} change={edit} instrument={instrument} />
      <PriceFields typed={typed} change={edit} instrument={instrument} />
      <ProtectionFields typed={typed} change={edit} />
      <SecondOrder typed={typed} change={edit} instrument={instrument} />
      <div className="ticket-trader">
        <TraderChoice typed={typed} change={edit} symbol={instrument.symbol} />
        <Check
          label={t('ticket.reduce_only')}
          checked={typed.reduceOnly}
          onChange={(event) => edit({ reduceOnly: event.target.checked })}
        />
      </div>
      <Preview
        estimate={estimate}
        instrument={instrument}
        types={typed.second === undefined ? [typed.type] : [typed.type, typed.second.type]}
      />
      {missing.length > 0 && estimate.quantity !== undefined && (
        <p className="field-error">{missing.map((one) => t(`conditional.${one}`)).join(' ')}</p>
      )}
      <Refusal answer={answer} />
      <Button type="submit" kind="primary" disabled={!ready || busy} data-testid="ticket-submit">
        {verb}
      </Button>
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
    </form>
  )
}

export function TicketPanel(): ReactNode {
  const { t } = useTranslation()
  const instrument = useSelectedInstrument()
  const loading = useCatalogue((state) => state.instrumentsPhase.kind === 'loading')
  return (
    <Panel
      title={t('ticket.title')}
      className="ticket-panel"
      acts={instrument !== undefined && <span className="dim">{instrument.symbol}</span>}
    >
      {instrument !== undefined ? (
        <TicketForm key={instrument.symbol} instrument={instrument} />
      ) : loading ? (
        <Skeleton rows={6} />
      ) : (
        <Empty text={t('watchlist.empty')} />
      )}
    </Panel>
  )
}
