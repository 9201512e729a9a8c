import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StrategyView } from '#contract/views.ts'
import type { Timeframe } from '#domain/candle.ts'
import { TIMEFRAMES } from '#domain/candle.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { readDecimal } from '#renderer/format/decimal.ts'
import { refreshTraders, useCatalogue, useInstruments } from '#renderer/state/catalogue.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { useSelectedInstrument } from '#renderer/state/selection.ts'
import { Button, Check, SelectField, TextField } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import type { FormErrors, TraderForm } from './trader-form.ts'
import { blankForm, checkForm, defaultParams, formOf, readParams } from './trader-form.ts'

interface PartProps {
  readonly form: TraderForm
  readonly errors: FormErrors
  readonly editing: boolean
  readonly change: (patch: Partial<TraderForm>) => void
}

function useRangeWords(): (min: number | null, max: number | null) => string {
  const { t } = useTranslation()
  return (min, max) => {
    if (min !== null && max !== null) return t('traders.range', { min, max })
    if (min !== null) return t('traders.from', { min })
    return max === null ? '' : t('traders.upto', { max })
  }
}

function Basics({ form, errors, editing, change }: PartProps): ReactNode {
  const { t } = useTranslation()
  const strategies = useCatalogue((state) => state.strategies)
  const instruments = useInstruments()
  const error = (field: string): string | undefined =>
    errors[field] === undefined || errors[field] === 'bad_range' ? undefined : t(`traders.${errors[field]}`)
  const toggle = (symbol: string): void =>
    change({ symbols: form.symbols.includes(symbol) ? form.symbols.filter((one) => one !== symbol) : [...form.symbols, symbol] })
  return (
    <>
      <TextField
        label={t('traders.id')}
        hint={editing ? undefined : t('traders.id_hint')}
        className="wide"
        disabled={editing}
        value={form.id}
        error={error('id')}
        data-testid="trader-name"
        onChange={(event) => change({ id: event.target.value })}
      />
      <SelectField
        label={t('traders.strategy')}
        disabled={editing}
        value={form.strategy}
        onChange={(event) =>
          change({ strategy: event.target.value, params: defaultParams(strategies.find((one) => one.name === event.target.value)) })
        }
      >
        {strategies.map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t('traders.timeframe')}
        value={form.timeframe}
        onChange={(event) => change({ timeframe: event.target.value as Timeframe })}
      >
        {TIMEFRAMES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </SelectField>
      <fieldset className="wide symbol-choice" disabled={editing}>
        <legend className="field-label">{t('traders.symbols')}</legend>
        {instruments.map(({ symbol }) => (
          <Check key={symbol} label={symbol} checked={form.symbols.includes(symbol)} onChange={() => toggle(symbol)} />
        ))}
        {errors['symbols'] !== undefined && (
          <span className="field-error" role="alert">
            {t('traders.bad_symbols')}
          </span>
        )}
      </fieldset>
      <TextField
        label={t('traders.order_notional')}
        numeric
        unit={instruments.find((one) => one.symbol === form.symbols[0])?.settle}
        value={form.orderNotional}
        error={error('orderNotional')}
        onChange={(event) => change({ orderNotional: event.target.value })}
      />
    </>
  )
}

function Params({ form, errors, strategy, change }: PartProps & { readonly strategy: StrategyView | undefined }): ReactNode {
  const { t } = useTranslation()
  const range = useRangeWords()
  return (strategy?.params ?? []).map((param) => {
    const wrong = errors[`param:${param.name}`]
    const words = range(param.min, param.max)
    return (
      <TextField
        key={param.name}
        label={param.name}
        hint={words}
        title={param.description}
        numeric
        value={form.params[param.name] ?? String(param.default)}
        error={wrong === undefined ? undefined : wrong === 'bad_range' ? t('traders.bad_range', { range: words }) : t('traders.bad_number')}
        onChange={(event) => change({ params: { ...form.params, [param.name]: event.target.value } })}
      />
    )
  })
}

function TraderFormView({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const { traders, strategies } = useCatalogue()
  const selected = useSelectedInstrument()
  const [form, setForm] = useState<TraderForm>(() => {
    const trader = traders.find((one) => one.id === id)
    return trader === undefined ? blankForm(strategies[0], selected?.symbol) : formOf(trader)
  })
  const [tried, setTried] = useState(false)
  const strategy = strategies.find((one) => one.name === form.strategy)
  const editing = id !== undefined
  const errors = checkForm(form, strategy, new Set(editing ? [] : traders.map((one) => one.id)))
  const change = (patch: Partial<TraderForm>): void => setForm((now) => ({ ...now, ...patch }))

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (Object.keys(errors).length > 0) return
    const values = {
      id: form.id,
      params: readParams(form),
      order_notional: readDecimal(form.orderNotional) ?? '',
      timeframe: form.timeframe,
    }
    const saved = await act(
      'trader',
      () =>
        editing
          ? api.traders.update(values)
          : api.traders.create({ ...values, strategy: form.strategy, symbols: [...form.symbols], start: form.start }),
      () => t(editing ? 'traders.saved' : 'traders.created', { id: form.id }),
    )
    if (saved === undefined) return
    onClose()
    await refreshTraders(api)
  }
  const shown = tried ? errors : {}
  return (
    <form className="form-grid" onSubmit={(event) => void save(event)}>
      {strategy !== undefined && <p className="wide dim">{strategy.description}</p>}
      <Basics form={form} errors={shown} editing={editing} change={change} />
      <Params form={form} errors={shown} editing={editing} strategy={strategy} change={change} />
      {!editing && (
        <Check label={t('traders.start_now')} checked={form.start} onChange={(event) => change({ start: event.target.checked })} />
      )}
      <div className="dialog-foot wide">
        <Button kind="quiet" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" kind="primary" data-testid="trader-save">
          {t(editing ? 'common.save' : 'traders.add')}
        </Button>
      </div>
    </form>
  )
}

export function TraderDialog(): ReactNode {
  const { t } = useTranslation()
  const request = useRequests((state) => state.traderDialog)
  const close = (): void => useRequests.setState({ traderDialog: undefined })
  if (request === undefined) return null
  const { id } = request
  return (
    <Dialog
      open
      onClose={close}
      title={id === undefined ? t('traders.dialog_add') : t('traders.dialog_edit', { id })}
      lead={id === undefined ? undefined : t('traders.edit_lead')}
      wide
    >
      <TraderFormView id={id} onClose={close} />
    </Dialog>
  )
}
