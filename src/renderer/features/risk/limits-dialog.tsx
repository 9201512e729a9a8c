import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RiskLimitsView, RiskView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { readDecimal } from '#renderer/format/decimal.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { useMainBalance, useRisk } from '#renderer/state/stores.ts'
import { UNPROTECTED_POLICIES, type UnprotectedPolicy } from '#domain/risk.ts'
import { Button, SelectField, TextField } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'

/** Whole numbers and their bounds, as the contract has them; the others are decimal text above zero. */
const COUNTS = {
  max_open_positions: [1, 1_000],
  max_orders_per_second: [1, 1_000_000],
  reference_max_age_ms: [1_000, 86_400_000],
  max_open_orders: [1, 100_000],
} as const
const FIELDS = [
  'max_order_notional',
  'max_position_notional',
  'max_daily_loss',
  'max_open_positions',
  'max_open_orders',
  'max_orders_per_second',
  'price_collar_bps',
  'reference_max_age_ms',
] as const
type Field = (typeof FIELDS)[number]
type Typed = Readonly<Record<Field, string>>

function isCount(field: Field): field is keyof typeof COUNTS {
  return field in COUNTS
}

function isWrong(field: Field, text: string): boolean {
  const plain = readDecimal(text)
  if (plain === undefined || plain.startsWith('-')) return true
  if (!isCount(field)) return false
  const [low, high] = COUNTS[field]
  const value = Number(plain)
  return !Number.isInteger(value) || value < low || value > high
}

function toLimits(typed: Typed, policy: UnprotectedPolicy): RiskLimitsView {
  const text = (field: Field): string => readDecimal(typed[field]) ?? '0'
  return {
    max_order_notional: text('max_order_notional'),
    max_position_notional: text('max_position_notional'),
    max_daily_loss: text('max_daily_loss'),
    price_collar_bps: text('price_collar_bps'),
    max_open_positions: Number(text('max_open_positions')),
    max_open_orders: Number(text('max_open_orders')),
    max_orders_per_second: Number(text('max_orders_per_second')),
    reference_max_age_ms: Number(text('reference_max_age_ms')),
    unprotected_policy: policy,
  }
}

function LimitsForm({ risk, onClose }: { readonly risk: RiskView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const currency = useMainBalance()?.currency
  const [typed, setTyped] = useState<Typed>(() => Object.fromEntries(FIELDS.map((field) => [field, String(risk.limits[field])])) as Typed)
  const [policy, setPolicy] = useState<UnprotectedPolicy>(risk.limits.unprotected_policy)
  const wrong = FIELDS.filter((field) => isWrong(field, typed[field]))
  const unit = (field: Field): string | undefined => {
    if (field === 'price_collar_bps') return t('risk.bps')
    if (field === 'reference_max_age_ms') return t('risk.ms')
    return isCount(field) ? undefined : currency
  }
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const set = await act(
      'limits',
      () => api.risk.setLimits(toLimits(typed, policy)),
      () => t('risk.saved'),
    )
    if (set === undefined) return
    useRisk.setState({ phase: { kind: 'live' }, value: set })
    onClose()
  }
  return (
    <form className="form-grid" onSubmit={(event) => void save(event)}>
      {FIELDS.map((field) => (
        <TextField
          key={field}
          label={t(`risk.${field}`)}
          hint={isCount(field) ? t('traders.range', { min: COUNTS[field][0], max: COUNTS[field][1] }) : undefined}
          unit={unit(field)}
          numeric
          value={typed[field]}
          error={wrong.includes(field) ? t('traders.bad_number') : undefined}
          onChange={(event) => setTyped({ ...typed, [field]: event.target.value })}
        />
      ))}
      <SelectField
        className="wide"
        label={t('risk.unprotected_policy')}
        value={policy}
        onChange={(event) => setPolicy(event.target.value === 'ALARM' ? 'ALARM' : 'CLOSE')}
      >
        {UNPROTECTED_POLICIES.map((one) => (
          <option key={one} value={one}>
            {t(`risk.unprotected_${one}`)}
          </option>
        ))}
      </SelectField>
      <div className="dialog-foot wide">
        <Button kind="quiet" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" kind="primary" disabled={wrong.length > 0}>
          {t('risk.edit')}
        </Button>
      </div>
    </form>
  )
}

export function LimitsDialog({ risk }: { readonly risk: RiskView }): ReactNode {
  const { t } = useTranslation()
  const open = useRequests((state) => state.limitsDialog)
  const close = (): void => useRequests.setState({ limitsDialog: false })
  if (!open) return null
  return (
    <Dialog open onClose={close} title={t('risk.dialog')} lead={t('risk.lead')} wide>
      <LimitsForm risk={risk} onClose={close} />
    </Dialog>
  )
}
