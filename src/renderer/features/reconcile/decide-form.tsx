import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DifferenceView } from '#contract/reconcile.ts'
import type { DifferenceDecision } from '#domain/difference.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { differences } from '#renderer/state/stores.ts'
import { Button, Segmented, SelectField, TextField } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { aboutOf } from './difference-columns.tsx'

const REASON_MIN = 3

/** What can be decided about each kind; the engine refuses the rest. */
const DECISIONS = {
  ORDER_EXTERNAL: ['ADOPT', 'CLOSE', 'IGNORE'],
  ORDER_MISSING: ['ADOPT', 'CLOSE'],
  ORDER_CHANGED: ['ADOPT', 'CLOSE', 'IGNORE'],
  POSITION: ['ADOPT', 'CLOSE', 'IGNORE', 'ASSIGN'],
  BALANCE: ['IGNORE'],
} as const satisfies Record<DifferenceView['kind'], readonly DifferenceDecision[]>

/** What exactly a decision does, in words. */
function useConsequence(row: DifferenceView): (decision: DifferenceDecision, trader: string) => string {
  const { t } = useTranslation()
  return (decision, trader) =>
    t(`reconcile.will.${row.kind}.${decision}` as 'reconcile.will.POSITION.ADOPT', {
      trader: trader === '' ? (decision === 'ADOPT' ? t('reconcile.only_trader') : '…') : trader,
    })
}

/** Who gets it: asked for where the decision may give it to somebody. */
function TraderField({ value, onChange }: { readonly value: string; readonly onChange: (id: string) => void }): ReactNode {
  const { t } = useTranslation()
  const traders = useCatalogue((state) => state.traders)
  return (
    <SelectField label={t('reconcile.trader')} data-testid="decide-trader" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{t('reconcile.choose_trader')}</option>
      {traders.map((trader) => (
        <option key={trader.id} value={trader.id}>
          {trader.id}
        </option>
      ))}
    </SelectField>
  )
}

/** Decides one difference: what, who gets it, and why. What will be done is said before it is sent, and asked once more. */
export function DecideForm({ row }: { readonly row: DifferenceView }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const allowed: readonly DifferenceDecision[] = DECISIONS[row.kind]
  const [decision, setDecision] = useState(allowed.find((one) => one === row.suggestion) ?? allowed[0] ?? 'IGNORE')
  const [trader, setTrader] = useState('')
  const [reason, setReason] = useState('')
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const why = reason.trim()
  const short = why.length < REASON_MIN
  const ready = !short && (decision !== 'ASSIGN' || trader !== '')
  const takesTrader = row.kind === 'POSITION' && (decision === 'ASSIGN' || decision === 'ADOPT')
  const will = useConsequence(row)(decision, trader)
  const send = async (): Promise<void> => {
    const done = await act(
      'decide',
      () => api.reconcile.decide({ id: row.id, decision, reason: why, ...(takesTrader && trader !== '' ? { trader_id: trader } : {}) }),
      () => t('reconcile.decided', { decision: t(`reconcile.decision.${decision}`) }),
    )
    if (done !== undefined) differences.putAll([done])
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    setAsk({
      title: t('reconcile.confirm_title', {
        decision: t(`reconcile.decision_verb.${decision}`),
        kind: t(`reconcile.kind.${row.kind}`),
        about: aboutOf(row),
      }),
      lead: t('reconcile.confirm_lead', { ours: row.ours, theirs: row.theirs, will, reason: why }),
      act: t(`reconcile.decision_verb.${decision}`),
      grave: decision === 'CLOSE',
      onConfirm: send,
    })
  }
  return (
    <form className="decide" onSubmit={submit} data-testid="decide-form">
      <Segmented
        label={t('reconcile.decide')}
        value={decision}
        options={allowed.map((value) => ({
          value,
          label: t(`reconcile.decision_verb.${value}`),
          testId: `decide-${value}`,
        }))}
        onChange={setDecision}
      />
      <p className="dim">
        {decision === row.suggestion && <strong>{`${t('reconcile.suggested')}: `}</strong>}
        {will}
      </p>
      {takesTrader && <TraderField value={trader} onChange={setTrader} />}
      <TextField
        label={t('reconcile.why')}
        hint={short ? t('reconcile.why_short') : undefined}
        maxLength={400}
        data-testid="decide-reason"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <Button type="submit" kind={decision === 'CLOSE' ? 'grave' : 'primary'} disabled={!ready} data-testid="decide-submit">
        {t(`reconcile.decision_verb.${decision}`)}
      </Button>
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
    </form>
  )
}
