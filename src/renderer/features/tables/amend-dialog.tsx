import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OrderView } from '#contract/views.ts'
import { orderNeeds } from '#contract/requests.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { readDecimal } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button, TextField } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'

type Field = 'quantity' | 'price' | 'trigger_price'
const LABELS = { quantity: 'ticket.quantity', price: 'ticket.price', trigger_price: 'conditional.trigger' } as const

/** The fields of an order that a person may change. A trailing stop moves its trigger by itself. */
export function amendableFields(order: OrderView): readonly Field[] {
  const needs = orderNeeds(order.type)
  return ['quantity', ...(needs.price ? (['price'] as const) : []), ...(needs.trigger ? (['trigger_price'] as const) : [])]
}

function useForm(order: OrderView) {
  const fields = amendableFields(order)
  const [typed, setTyped] = useState<Readonly<Record<Field, string>>>({
    quantity: order.quantity,
    price: order.price ?? '',
    trigger_price: order.trigger_price ?? '',
  })
  const read = (field: Field): string | undefined => {
    const plain = readDecimal(typed[field])
    return plain !== undefined && /[1-9]/.test(plain) && !plain.startsWith('-') ? plain : undefined
  }
  const wrong = fields.filter((field) => read(field) === undefined)
  const changed = fields.filter((field) => read(field) !== undefined && Number(read(field)) !== Number(order[field]))
  const patch = Object.fromEntries(changed.map((field) => [field, read(field)])) as Partial<Record<Field, string>>
  return { fields, typed, change: (field: Field, text: string) => setTyped({ ...typed, [field]: text }), wrong, patch }
}

function AmendForm({ order, onClose }: { readonly order: OrderView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const numbers = useNumbers()
  const act = useAct()
  const [busy, setBusy] = useState(false)
  const { fields, typed, change, wrong, patch } = useForm(order)
  const nothing = Object.keys(patch).length === 0
  const what = Object.entries(patch)
    .map(([field, value]) => `${t(LABELS[field as Field])} ${numbers.decimal(value)}`)
    .join(', ')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (nothing || wrong.length > 0) return
    setBusy(true)
    const done = await act(
      'amend',
      () => api.orders.amend({ id: order.id, ...patch }),
      () => t('amend.sent', { id: order.id }),
    )
    setBusy(false)
    if (done !== undefined) onClose()
  }
  return (
    <form className="dialog-form" onSubmit={(event) => void submit(event)}>
      <div className="form-grid">
        {fields.map((field) => (
          <TextField
            key={field}
            label={t(LABELS[field])}
            unit={field === 'quantity' ? numbers.of(order.symbol).base : numbers.of(order.symbol).quote}
            numeric
            data-testid={`amend-${field}`}
            value={typed[field]}
            error={wrong.includes(field) ? t('plan.wrong.number') : undefined}
            onChange={(event) => change(field, event.target.value)}
          />
        ))}
      </div>
      <p className="faint" aria-live="polite">
        {nothing ? t('amend.nothing') : t('amend.will', { what })}
      </p>
      <div className="dialog-foot">
        <Button kind="quiet" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" kind="primary" disabled={nothing || busy || wrong.length > 0} data-testid="amend-confirm">
          {t('amend.do')}
        </Button>
      </div>
    </form>
  )
}

/** Changes a working order in its place. Says what will be sent before it is. */
export function AmendDialog({ order, onClose }: { readonly order: OrderView | undefined; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (order === undefined) return null
  const { quantity, base } = numbers.of(order.symbol)
  const size = `${numbers.decimal(order.quantity, { digits: quantity })} ${base}`
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('amend.title', { side: t(`side.${order.side}`), quantity: size, symbol: order.symbol })}
      lead={t('amend.lead', { id: order.id })}
    >
      <AmendForm key={order.id} order={order} onClose={onClose} />
    </Dialog>
  )
}
