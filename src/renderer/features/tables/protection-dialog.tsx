import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PositionView } from '#contract/views.ts'
import type { ProtectionView } from '#contract/protection.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button } from '#renderer/ui/controls.tsx'
import { ConfirmDialog, Dialog } from '#renderer/ui/dialog.tsx'
import { draftOfPlan, readPlan } from '#renderer/ui/protection/plan-draft.ts'
import { LevelFields, MoreFields } from '#renderer/ui/protection/plan-fields.tsx'
import { useAct } from '#renderer/ui/use-act.ts'

/** What guards the position now, how far it has got, and who watches. */
export function InForce({ symbol, protection }: { readonly symbol: string; readonly protection: ProtectionView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const price = (text: string): string => numbers.decimal(text, { digits: numbers.of(symbol).price })
  const { stop, stop_cause, high_water, ladder, closing, watched_by } = protection
  const here = watched_by !== 'EXCHANGE'
  return (
    <ul className="in-force" aria-label={t('plan.now')}>
      {closing !== null && <li className="look-text">{t(`plan.closing_${closing}`)}</li>}
      <li>
        {stop === null ? t('plan.no_stop') : t('plan.stop_now', { price: price(stop), cause: t(`plan.cause.${stop_cause ?? 'SET'}`) })}
      </li>
      {high_water !== null && <li>{t('plan.high_water', { price: price(high_water) })}</li>}
      {ladder.length > 0 && <li>{t('plan.ladder_now', { done: ladder.filter((step) => step.done).length, all: ladder.length })}</li>}
      <li className={here ? 'look-text' : 'dim'}>{t(`plan.watch_hint.${watched_by}`)}</li>
    </ul>
  )
}

function useWords(position: PositionView): {
  readonly side: string
  readonly quantity: string
  readonly entry: string
  readonly trader: string
} {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const digits = numbers.of(position.symbol)
  return {
    side: t(`side.${position.side}`),
    quantity: `${numbers.decimal(position.quantity, { digits: digits.quantity })} ${digits.base}`,
    entry: numbers.decimal(position.entry_price, { digits: digits.price }),
    trader: position.trader_id,
  }
}

function ProtectionForm({ position, onClose }: { readonly position: PositionView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const words = useWords(position)
  const { symbol, protection } = position
  const [draft, setDraft] = useState(() => draftOfPlan(protection?.plan ?? null))
  const [removing, setRemoving] = useState(false)
  const [busy, setBusy] = useState(false)
  const read = readPlan(draft)
  const send = async (plan: typeof read.plan | null): Promise<void> => {
    if (plan === undefined) return
    setBusy(true)
    const done = await act(
      'protect',
      () => api.positions.protect({ id: position.id, plan }),
      () => t(plan === null ? 'plan.removed' : 'plan.saved', { symbol }),
    )
    setBusy(false)
    if (done !== undefined) onClose()
  }
  const fields = { draft, read, onChange: (patch: object) => setDraft((now) => ({ ...now, ...patch })) }
  return (
    <form
      className="dialog-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        void send(read.plan)
      }}
    >
      <div className="plan-pair">
        <LevelFields {...fields} />
      </div>
      <MoreFields {...fields} />
      <div className="dialog-foot">
        {protection !== null && (
          <Button kind="grave" disabled={busy} data-testid="protection-remove" onClick={() => setRemoving(true)}>
            {t('plan.remove')}
          </Button>
        )}
        <span className="grow" />
        <Button kind="quiet" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button type="submit" kind="primary" disabled={read.plan === undefined || busy} data-testid="protection-save">
          {t('plan.save')}
        </Button>
      </div>
      <ConfirmDialog
        ask={
          removing
            ? {
                title: t('plan.remove_title', { symbol }),
                lead: t('plan.remove_lead', words),
                act: t('plan.remove'),
                grave: true,
                onConfirm: () => send(null),
              }
            : undefined
        }
        onClose={() => setRemoving(false)}
      />
    </form>
  )
}

/** The plan that guards one position, to be read and changed. */
export function ProtectionDialog({
  position,
  onClose,
}: {
  readonly position: PositionView | undefined
  readonly onClose: () => void
}): ReactNode {
  return position === undefined ? null : <OpenProtectionDialog key={position.id} position={position} onClose={onClose} />
}

function OpenProtectionDialog({ position, onClose }: { readonly position: PositionView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const words = useWords(position)
  const { symbol, protection } = position
  return (
    <Dialog open onClose={onClose} title={t('plan.edit', { symbol })} lead={t('plan.edit_lead', words)} wide>
      {protection !== null && <InForce symbol={symbol} protection={protection} />}
      <ProtectionForm position={position} onClose={onClose} />
    </Dialog>
  )
}
