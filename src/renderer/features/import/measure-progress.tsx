import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChecklistState } from '#contract/checklist.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useNow } from '#renderer/ui/use-now.ts'
import { StopWork, WorkMeter } from './work-progress.tsx'

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
  return (
    <section className="wizard-progress" aria-label={t('import.progress')} data-testid="measure-progress">
      <WorkMeter share={total === 0 ? 0 : done / total} />
      <p className="wizard-figures num">
        <span>{total === 0 ? t('import.beginning') : t('import.done_of', { done, total })}</span>
        <span>{name}</span>
        <span>{numbers.age(Math.max(0, now - startedAt))}</span>
      </p>
      <StopWork onCancel={onCancel} testId="measure-cancel" />
    </section>
  )
}
