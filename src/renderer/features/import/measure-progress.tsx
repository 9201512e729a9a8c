/* oxlint-disable jsx-a11y/prefer-tag-over-role -- drawn with our own tokens; progress cannot be */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChecklistState } from '#contract/checklist.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button } from '#renderer/ui/controls.tsx'
import { useNow } from '#renderer/ui/use-now.ts'

const ALL = 100

interface MeasureProgressProps {
  readonly running: NonNullable<ChecklistState['running']>
  readonly onCancel: () => void
}

/** Which check is being measured, how many are done, and since when. */
export function MeasureProgress({ running, onCancel }: MeasureProgressProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const now = useNow()
  const { done, total, name, started_at: startedAt } = running
  const share = total === 0 ? 0 : (done / total) * ALL
  return (
    <section className="wizard-progress" aria-label={t('import.progress')} data-testid="measure-progress">
      <span
        className="meter wizard-meter"
        role="progressbar"
        aria-label={t('import.progress')}
        aria-valuemin={0}
        aria-valuemax={ALL}
        aria-valuenow={Math.round(share)}
      >
        <span style={{ width: `${share}%` }} />
      </span>
      <p className="wizard-figures num">
        <span>{total === 0 ? t('import.beginning') : t('import.done_of', { done, total })}</span>
        <span>{name}</span>
        <span>{numbers.age(Math.max(0, now - startedAt))}</span>
      </p>
      <div className="wizard-acts">
        <Button data-testid="measure-cancel" onClick={onCancel}>
          {t('import.stop')}
        </Button>
        <span className="dim">{t('import.closing')}</span>
      </div>
    </section>
  )
}
