import type { FormEvent, ReactNode } from 'react'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import type { SignalAnswer } from '#contract/requests.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { readDecimal, scaleOfStep } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { useSelectedInstrument } from '#renderer/state/selection.ts'
import { useMainBalance, usePrice, useRisk, useSystem } from '#renderer/state/stores.ts'
import { Button, Check, Segmented, SelectField, TextField } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { useReason } from '#renderer/ui/reason.ts'
import type { Draft } from './estimate.ts'
import { estimateOrder } from './estimate.ts'
import { Preview } from './preview.tsx'

interface Form {
  readonly side: 'BUY' | 'SELL'
  readonly type: 'MARKET' | 'LIMIT'
  readonly sizeBy: 'quantity' | 'notional'
  readonly size: string
  readonly price: string
  readonly stop: string
  readonly target: string
  readonly reduceOnly: boolean
  readonly trader: string
}

const BLANK: Form = {
  side: 'BUY',
  type: 'MARKET',
  sizeBy: 'quantity',
  size: '',
  price: '',
  stop: '',
  target: '',
  reduceOnly: false,
  trader: '',
}

function toDraft(form: Form): Draft {
  return {
    side: form.side,
    type: form.type,
    sizeBy: form.sizeBy,
    reduceOnly: form.reduceOnly,
    size: readDecimal(form.size),
    price: readDecimal(form.price),
    stop: readDecimal(form.stop),
    target: readDecimal(form.target),
  }
}

function Sizes({
  form,
  instrument,
  change,
}: {
  readonly form: Form
  readonly instrument: InstrumentView
  readonly change: (patch: Partial<Form>) => void
}): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const wrong = (text: string): string | undefined => (text !== '' && readDecimal(text) === undefined ? t('traders.bad_number') : undefined)
  const byQuantity = form.sizeBy === 'quantity'
  return (
    <>
      <div className="ticket-size">
        <TextField
          label={t(byQuantity ? 'ticket.quantity' : 'ticket.notional')}
          hint={byQuantity ? t('ticket.lot', { step: numbers.decimal(instrument.lot_size) }) : undefined}
          unit={byQuantity ? instrument.base : instrument.settle}
          numeric
          id="ticket-size"
          data-testid="ticket-size"
          value={form.size}
          error={wrong(form.size)}
          onChange={(event) => change({ size: event.target.value })}
        />
        <Segmented
          label={t('ticket.size_by')}
          value={form.sizeBy}
          options={[
            { value: 'quantity', label: instrument.base },
            { value: 'notional', label: instrument.settle },
          ]}
          onChange={(sizeBy) => change({ sizeBy, size: '' })}
        />
      </div>
      <div className="ticket-pair">
        {form.type === 'LIMIT' && (
          <TextField
            label={t('ticket.price')}
            title={t('ticket.tick', { step: numbers.decimal(instrument.tick_size) })}
            numeric
            data-testid="ticket-price"
            value={form.price}
            error={wrong(form.price)}
            onChange={(event) => change({ price: event.target.value })}
          />
        )}
        {!form.reduceOnly && (
          <TextField
            label={t('ticket.stop')}
            placeholder={t('ticket.optional')}
            numeric
            value={form.stop}
            error={wrong(form.stop)}
            onChange={(event) => change({ stop: event.target.value })}
          />
        )}
        {!form.reduceOnly && (
          <TextField
            label={t('ticket.target')}
            placeholder={t('ticket.optional')}
            numeric
            value={form.target}
            error={wrong(form.target)}
            onChange={(event) => change({ target: event.target.value })}
          />
        )}
      </div>
    </>
  )
}

function TraderChoice({
  form,
  symbol,
  change,
}: {
  readonly form: Form
  readonly symbol: string
  readonly change: (patch: Partial<Form>) => void
}): ReactNode {
  const { t } = useTranslation()
  const traders = useCatalogue((state) => state.traders)
  const fitting = useMemo(
    () => traders.filter((trader) => trader.kind === 'strategy' && trader.symbols.includes(symbol)),
    [traders, symbol],
  )
  if (fitting.length === 0) return null
  return (
    <SelectField label={t('ticket.trader')} value={form.trader} onChange={(event) => change({ trader: event.target.value })}>
      <option value="">{t('ticket.by_hand')}</option>
      {fitting.map((trader) => (
        <option key={trader.id} value={trader.id}>
          {trader.id}
        </option>
      ))}
    </SelectField>
  )
}

function useSend(instrument: InstrumentView, onAnswer: (answer: SignalAnswer) => void): (form: Form, quantity: string) => Promise<void> {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  return async (form, quantity) => {
    const draft = toDraft(form)
    const protect = form.reduceOnly
      ? {}
      : {
          ...(draft.stop === undefined ? {} : { stop_loss: draft.stop }),
          ...(draft.target === undefined ? {} : { take_profit: draft.target }),
        }
    const answer = await act(
      'order',
      () =>
        api.orders.create({
          symbol: instrument.symbol,
          side: form.side,
          type: form.type,
          quantity,
          reduce_only: form.reduceOnly,
          ...protect,
          ...(form.type === 'LIMIT' && draft.price !== undefined ? { price: draft.price } : {}),
          ...(form.trader === '' ? {} : { trader_id: form.trader }),
        }),
      (sent) => (sent.outcome === 'ACCEPTED' ? t('ticket.sent', { id: sent.order_id ?? '' }) : t('ticket.denied')),
    )
    if (answer !== undefined) onAnswer(answer)
  }
}

function TicketForm({ instrument }: { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const reason = useReason()
  const [form, setForm] = useState<Form>(BLANK)
  const [answer, setAnswer] = useState<SignalAnswer | undefined>(undefined)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const quote = usePrice(instrument.symbol)
  const risk = useRisk((state) => state.value)
  const balance = useMainBalance()
  const mode = useSystem((state) => state.value?.mode)
  const send = useSend(instrument, setAnswer)
  const request = useRequests((state) => state.ticket)

  const change = (patch: Partial<Form>): void => {
    setAnswer(undefined)
    setForm((now) => ({ ...now, ...patch }))
  }
  useEffect(() => {
    if (request === undefined) return
    setForm((now) => ({ ...now, side: request.side }))
    document.querySelector<HTMLInputElement>('[data-testid=ticket-size]')?.focus()
  }, [request])

  const estimate = useMemo(
    () => estimateOrder(toDraft(form), { instrument, quote, risk, balance }),
    [form, instrument, quote, risk, balance],
  )
  const ready = estimate.quantity !== undefined && /[1-9]/.test(estimate.quantity)
  const size = `${numbers.decimal(estimate.quantity, { digits: scaleOfStep(instrument.lot_size) })} ${instrument.base}`
  const verb = ready ? t(form.side === 'BUY' ? 'ticket.submit_buy' : 'ticket.submit_sell', { size }) : t('ticket.submit_none')

  const submit = async (): Promise<void> => {
    if (estimate.quantity === undefined) return
    setBusy(true)
    await send(form, estimate.quantity)
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
    <form className="ticket" onSubmit={onSubmit}>
      <div className="ticket-modes">
        <Segmented
          label={t('column.side')}
          tone="side"
          value={form.side}
          options={[
            { value: 'BUY', label: t('ticket.buy') },
            { value: 'SELL', label: t('ticket.sell') },
          ]}
          onChange={(side) => change({ side })}
        />
        <Segmented
          label={t('column.type')}
          value={form.type}
          options={[
            { value: 'MARKET', label: t('ticket.market') },
            { value: 'LIMIT', label: t('ticket.limit') },
          ]}
          onChange={(type) => change({ type, price: type === 'LIMIT' && form.price === '' ? (quote?.last ?? '') : form.price })}
        />
      </div>
      <Sizes form={form} instrument={instrument} change={change} />
      <div className="ticket-trader">
        <TraderChoice form={form} symbol={instrument.symbol} change={change} />
        <Check
          label={t('ticket.reduce_only')}
          checked={form.reduceOnly}
          onChange={(event) => change({ reduceOnly: event.target.checked })}
        />
      </div>
      <Preview estimate={estimate} instrument={instrument} market={form.type === 'MARKET'} />
      {answer !== undefined && answer.outcome !== 'ACCEPTED' && (
        <p className="refusal" role="alert" data-testid="ticket-refusal">
          <strong>{t('ticket.denied')}.</strong> {reason({ reason: answer.reason ?? 'HALTED', value: answer.value, limit: answer.limit })}.
        </p>
      )}
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
  const phase = useCatalogue((state) => state.instrumentsPhase)
  return (
    <Panel
      title={t('ticket.title')}
      className="ticket-panel"
      acts={instrument !== undefined && <span className="dim">{instrument.symbol}</span>}
    >
      {instrument === undefined ? (
        phase.kind === 'loading' ? (
          <Skeleton rows={6} />
        ) : (
          <Empty text={t('watchlist.empty')} />
        )
      ) : (
        <TicketForm key={instrument.symbol} instrument={instrument} />
      )}
    </Panel>
  )
}
