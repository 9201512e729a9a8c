import type { ReactNode } from 'react'
import { Plus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton, SelectField, TextField } from '../controls.tsx'
import type { PlanDraft, PlanFault, PlanStep, ReadPlan } from './plan-draft.ts'

const STEPS_MAX = 20
const LADDER_FIRST: PlanStep = { at: '', to: '' }

interface PlanFieldsProps {
  readonly draft: PlanDraft
  readonly read: ReadPlan
  readonly onChange: (patch: Partial<PlanDraft>) => void
}

type TextName = 'stop' | 'target' | 'trailDistance' | 'trailActivation' | 'trailStep' | 'breakevenAt' | 'breakevenOffset'

function useFault(read: ReadPlan): (field: string) => string | undefined {
  const { t } = useTranslation()
  return (field) => {
    const fault: PlanFault | undefined = read.faults.get(field)
    return fault === undefined ? undefined : t(`plan.wrong.${fault}`)
  }
}

/** Stop and target: what most plans are. */
export function LevelFields({ draft, read, onChange }: PlanFieldsProps): ReactNode {
  const { t } = useTranslation()
  const fault = useFault(read)
  return (['stop', 'target'] as const).map((name) => (
    <TextField
      key={name}
      label={t(`ticket.${name}`)}
      placeholder={t('ticket.optional')}
      numeric
      data-testid={`plan-${name}`}
      value={draft[name]}
      error={fault(name)}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  ))
}

function Steps({ name, draft, read, onChange }: PlanFieldsProps & { readonly name: 'ladder' | 'locks' }): ReactNode {
  const { t } = useTranslation()
  const fault = useFault(read)
  const steps = draft[name]
  const change = (at: number, patch: Partial<PlanStep>): void =>
    onChange({ [name]: steps.map((step, i) => (i === at ? { ...step, ...patch } : step)) })
  return (
    <fieldset className="plan-part">
      <legend>{t(name === 'ladder' ? 'plan.ladder' : 'plan.locks')}</legend>
      {steps.map((step, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- a step is its place
        <div className="plan-step" key={i}>
          {(['at', 'to'] as const).map((field) => (
            <TextField
              key={field}
              label={t(field === 'at' ? 'plan.ladder_at' : name === 'ladder' ? 'plan.ladder_share' : 'plan.lock_to')}
              unit="%"
              numeric
              data-testid={`plan-${name}-${i}-${field}`}
              value={step[field]}
              error={fault(`${name}.${i}.${field}`)}
              onChange={(event) => change(i, { [field]: event.target.value })}
            />
          ))}
          <IconButton
            label={t('plan.remove_step', { n: i + 1 })}
            onClick={() => onChange({ [name]: steps.filter((_step, at) => at !== i) })}
          >
            <X />
          </IconButton>
        </div>
      ))}
      {steps.length < STEPS_MAX && (
        <Button kind="quiet" size="small" data-testid={`plan-${name}-add`} onClick={() => onChange({ [name]: [...steps, LADDER_FIRST] })}>
          <Plus size={12} aria-hidden="true" />
          {t('plan.add_step')}
        </Button>
      )}
    </fieldset>
  )
}

/** Trailing stop, break-even, ladder of targets, profit locks. */
export function MoreFields({ draft, read, onChange }: PlanFieldsProps): ReactNode {
  const { t } = useTranslation()
  const fault = useFault(read)
  const field = (name: TextName, label: string, unit: string | undefined, placeholder?: string): ReactNode => (
    <TextField
      label={label}
      unit={unit}
      placeholder={placeholder}
      numeric
      data-testid={`plan-${name}`}
      value={draft[name]}
      error={fault(name)}
      onChange={(event) => onChange({ [name]: event.target.value })}
    />
  )
  return (
    <div className="plan-more">
      <fieldset className="plan-part">
        <legend>{t('plan.trailing')}</legend>
        <div className="plan-pair">
          {field('trailDistance', t('plan.distance'), undefined)}
          <SelectField
            label={t('conditional.trail_by')}
            value={draft.trailBy}
            onChange={(event) => onChange({ trailBy: event.target.value as PlanDraft['trailBy'] })}
          >
            {(['BPS', 'PRICE', 'ATR'] as const).map((by) => (
              <option key={by} value={by}>
                {t(`conditional.by_${by}`)}
              </option>
            ))}
          </SelectField>
          {field('trailActivation', t('plan.activation'), '%', t('plan.at_once'))}
          {field('trailStep', t('plan.step'), '%', t('plan.any'))}
        </div>
      </fieldset>
      <fieldset className="plan-part">
        <legend>{t('plan.breakeven')}</legend>
        <div className="plan-pair">
          {field('breakevenAt', t('plan.breakeven_at'), '%')}
          {field('breakevenOffset', t('plan.breakeven_offset'), '%')}
        </div>
      </fieldset>
      <Steps name="ladder" draft={draft} read={read} onChange={onChange} />
      <Steps name="locks" draft={draft} read={read} onChange={onChange} />
    </div>
  )
}
