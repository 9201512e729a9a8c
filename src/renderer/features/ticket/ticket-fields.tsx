import type { ReactNode } from 'react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView, PriceView } from '#contract/views.ts'
import { readDecimal } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { Segmented, SelectField, TextField } from '#renderer/ui/controls.tsx'
import type { TicketPart } from './ticket-draft.ts'

function useNumberError(): (text: string) => string | undefined {
  const { t } = useTranslation()
  return (text) => (text !== '' && readDecimal(text) === undefined ? t('traders.bad_number') : undefined)
}

export function SideAndType({ typed, change, quote }: TicketPart & { readonly quote: PriceView | undefined }): ReactNode {
  const { t } = useTranslation()
  return (
    <div className="ticket-modes">
      <Segmented
        label={t('column.side')}
        tone="side"
        value={typed.side}
        options={[
          { value: 'BUY', label: t('ticket.buy') },
          { value: 'SELL', label: t('ticket.sell') },
        ]}
        onChange={(side) => change({ side })}
      />
      <Segmented
        label={t('column.type')}
        value={typed.type}
        options={[
          { value: 'MARKET', label: t('ticket.market') },
          { value: 'LIMIT', label: t('ticket.limit') },
        ]}
        onChange={(type) => change({ type, price: type === 'LIMIT' && typed.price === '' ? (quote?.last ?? '') : typed.price })}
      />
    </div>
  )
}

export function SizeField({ typed, change, instrument }: TicketPart & { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const wrong = useNumberError()
  const byQuantity = typed.sizeBy === 'quantity'
  return (
    <div className="ticket-size">
      <TextField
        label={t(byQuantity ? 'ticket.quantity' : 'ticket.notional')}
        hint={byQuantity ? t('ticket.lot', { step: numbers.decimal(instrument.lot_size) }) : undefined}
        unit={byQuantity ? instrument.base : instrument.settle}
        numeric
        data-testid="ticket-size"
        value={typed.size}
        error={wrong(typed.size)}
        onChange={(event) => change({ size: event.target.value })}
      />
      <Segmented
        label={t('ticket.size_by')}
        value={typed.sizeBy}
        options={[
          { value: 'quantity', label: instrument.base },
          { value: 'notional', label: instrument.settle },
        ]}
        onChange={(sizeBy) => change({ sizeBy, size: '' })}
      />
    </div>
  )
}

export function PriceFields({ typed, change, instrument }: TicketPart & { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const wrong = useNumberError()
  return (
    <div className="ticket-pair">
      {typed.type === 'LIMIT' && (
        <TextField
          label={t('ticket.price')}
          title={t('ticket.tick', { step: numbers.decimal(instrument.tick_size) })}
          numeric
          data-testid="ticket-price"
          value={typed.price}
          error={wrong(typed.price)}
          onChange={(event) => change({ price: event.target.value })}
        />
      )}
      {!typed.reduceOnly &&
        (['stop', 'target'] as const).map((name) => (
          <TextField
            key={name}
            label={t(`ticket.${name}`)}
            placeholder={t('ticket.optional')}
            numeric
            value={typed[name]}
            error={wrong(typed[name])}
            onChange={(event) => change({ [name]: event.target.value })}
          />
        ))}
    </div>
  )
}

/** Whose position the order is for: one's own, or that of a trader on this symbol. */
export function TraderChoice({ typed, change, symbol }: TicketPart & { readonly symbol: string }): ReactNode {
  const { t } = useTranslation()
  const traders = useCatalogue((state) => state.traders)
  const fitting = useMemo(
    () => traders.filter((trader) => trader.kind === 'strategy' && trader.symbols.includes(symbol)),
    [traders, symbol],
  )
  if (fitting.length === 0) return null
  return (
    <SelectField label={t('ticket.trader')} value={typed.trader} onChange={(event) => change({ trader: event.target.value })}>
      <option value="">{t('ticket.by_hand')}</option>
      {fitting.map((trader) => (
        <option key={trader.id} value={trader.id}>
          {trader.id}
        </option>
      ))}
    </SelectField>
  )
}
