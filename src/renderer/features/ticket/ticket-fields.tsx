import type { ReactNode } from 'react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { orderNeeds } from '#contract/requests.ts'
import type { InstrumentView, PriceView } from '#contract/views.ts'
import { ORDER_TYPES, TIMES_IN_FORCE, type OrderType, type TimeInForce } from '#domain/order.ts'
import { readDecimal } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { Check, Segmented, SelectField, TextField } from '#renderer/ui/controls.tsx'
import { hasMore, readPlan } from '#renderer/ui/protection/plan-draft.ts'
import { LevelFields, MoreFields } from '#renderer/ui/protection/plan-fields.tsx'
import type { LegDraft, TicketPart } from './ticket-draft.ts'
import { BLANK_SECOND } from './ticket-draft.ts'

function useNumberError(): (text: string) => string | undefined {
  const { t } = useTranslation()
  return (text) => (text !== '' && readDecimal(text) === undefined ? t('traders.bad_number') : undefined)
}

function TypeField({ value, types, onChange, testId }: TypeFieldProps): ReactNode {
  const { t } = useTranslation()
  return (
    <SelectField
      label={t('conditional.type')}
      data-testid={testId}
      value={value}
      onChange={(event) => onChange(types.find((type) => type === event.target.value) ?? value)}
    >
      {types.map((type) => (
        <option key={type} value={type}>
          {t(`order_type.${type}`)}
        </option>
      ))}
    </SelectField>
  )
}
interface TypeFieldProps {
  readonly value: OrderType
  readonly types: readonly OrderType[]
  readonly onChange: (type: OrderType) => void
  readonly testId: string
}

export function SideAndType({ typed, change, quote }: TicketPart & { readonly quote: PriceView | undefined }): ReactNode {
  const { t } = useTranslation()
  const last = quote?.last ?? ''
  const choose = (type: OrderType): void => {
    const needs = orderNeeds(type)
    change({
      type,
      price: needs.price && typed.price === '' ? last : typed.price,
      trigger: needs.trigger && typed.trigger === '' ? last : typed.trigger,
      ...(type === 'MARKET' ? { second: undefined } : {}),
    })
  }
  return (
    <div className="ticket-modes">
      <Segmented
        label={t('column.side')}
        tone="side"
        value={typed.side}
        options={[
          { value: 'BUY', label: t('ticket.buy'), testId: 'ticket-buy' },
          { value: 'SELL', label: t('ticket.sell'), testId: 'ticket-sell' },
        ]}
        onChange={(side) => change({ side })}
      />
      <TypeField value={typed.type} types={ORDER_TYPES} onChange={choose} testId="ticket-type" />
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

interface LegFieldsProps {
  readonly leg: LegDraft
  readonly onChange: (patch: Partial<LegDraft>) => void
  readonly instrument: InstrumentView
  readonly testId: string
}

/** The prices that the type of an order needs; nothing for one that trades at the market. */
function LegFields({ leg, onChange, instrument, testId }: LegFieldsProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const wrong = useNumberError()
  const needs = orderNeeds(leg.type)
  if (!needs.price && !needs.trigger && !needs.trailing) return null
  const field = (name: 'trigger' | 'price' | 'trailDistance', label: string): ReactNode => (
    <TextField
      label={label}
      title={name === 'trailDistance' ? undefined : t('ticket.tick', { step: numbers.decimal(instrument.tick_size) })}
      numeric
      data-testid={`${testId}-${name}`}
      value={leg[name]}
      error={wrong(leg[name])}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  )
  return (
    <div className="ticket-pair">
      {needs.trigger && field('trigger', t('conditional.trigger'))}
      {needs.price && field('price', t('ticket.price'))}
      {needs.trailing && field('trailDistance', t('conditional.trail'))}
      {needs.trailing && (
        <SelectField
          label={t('conditional.trail_by')}
          value={leg.trailBy}
          onChange={(event) => onChange({ trailBy: event.target.value as LegDraft['trailBy'] })}
        >
          {(['BPS', 'PRICE', 'ATR'] as const).map((by) => (
            <option key={by} value={by}>
              {t(`conditional.by_${by}`)}
            </option>
          ))}
        </SelectField>
      )}
    </div>
  )
}

export function PriceFields({ typed, change, instrument }: TicketPart & { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const resting = orderNeeds(typed.type).price
  return (
    <>
      <LegFields leg={typed} onChange={change} instrument={instrument} testId="ticket" />
      {resting && (
        <div className="ticket-trader">
          <SelectField
            label={t('conditional.time_in_force')}
            data-testid="ticket-tif"
            value={typed.timeInForce}
            onChange={(event) => change({ timeInForce: event.target.value as TimeInForce, postOnly: false })}
          >
            {TIMES_IN_FORCE.map((one) => (
              <option key={one} value={one}>
                {t(`conditional.${one}`)}
              </option>
            ))}
          </SelectField>
          <Check
            label={t('conditional.post_only')}
            data-testid="ticket-post-only"
            disabled={typed.timeInForce !== 'GTC'}
            checked={typed.postOnly && typed.timeInForce === 'GTC'}
            onChange={(event) => change({ postOnly: event.target.checked })}
          />
        </div>
      )}
    </>
  )
}

/** Stop, target, and what more a plan may hold; a reduce-only order opens nothing that could be guarded. */
export function ProtectionFields({ typed, change }: TicketPart): ReactNode {
  const { t } = useTranslation()
  if (typed.reduceOnly) return null
  const plan = { draft: typed.plan, read: readPlan(typed.plan), onChange: (patch: object) => change({ plan: { ...typed.plan, ...patch } }) }
  return (
    <>
      <div className="ticket-pair">
        <LevelFields {...plan} />
      </div>
      <details className="plan-details" data-testid="ticket-more">
        <summary>
          {t('plan.more')}
          {hasMore(typed.plan) && <span className="dot" data-state="good" aria-hidden="true" />}
        </summary>
        <MoreFields {...plan} />
      </details>
    </>
  )
}

const SECOND_TYPES = ORDER_TYPES.filter((type) => type !== 'MARKET')

/** The other of two orders of which one cancels the other. A market order trades at once, so it has none. */
export function SecondOrder({ typed, change, instrument }: TicketPart & { readonly instrument: InstrumentView }): ReactNode {
  const { t } = useTranslation()
  const { second } = typed
  if (typed.type === 'MARKET') return null
  return (
    <>
      <Check
        label={t('conditional.oco')}
        data-testid="ticket-oco"
        checked={second !== undefined}
        onChange={(event) => change({ second: event.target.checked ? BLANK_SECOND : undefined })}
      />
      {second !== undefined && (
        <fieldset className="plan-part">
          <legend>{t('conditional.or')}</legend>
          <TypeField
            value={second.type}
            types={SECOND_TYPES}
            onChange={(type) => change({ second: { ...second, type } })}
            testId="ticket-second-type"
          />
          <LegFields
            leg={second}
            onChange={(patch) => change({ second: { ...second, ...patch } })}
            instrument={instrument}
            testId="ticket-second"
          />
          <p className="faint">{t('conditional.oco_lead')}</p>
        </fieldset>
      )}
    </>
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
