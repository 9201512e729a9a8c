import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportJobView, ImportProgressView } from '#contract/import.ts'
import { IMPORT_STEPS } from '#contract/import.ts'
import { type Numbers, useNumbers } from '#renderer/format/use-numbers.tsx'
import { sizeOf } from './size.ts'
import { StopWork, WorkMeter } from './work-progress.tsx'

/** What is under way: the parts of it, how far the present one is, how fast, and how long it still takes. */
export function JobProgress({ job, onCancel }: { readonly job: ImportJobView; readonly onCancel: () => void }): ReactNode {
  const { t } = useTranslation()
  const { progress } = job
  const parts =
    job.kind === 'import' ? [...IMPORT_STEPS.filter((step) => job.steps.includes(step)), ...(job.dry_run ? [] : (['verify'] as const))] : []
  const at = progress === null ? -1 : parts.findIndex((part) => part === progress.step)
  return (
    <section className="wizard-progress" aria-label={t('import.progress')} data-testid="wizard-progress">
      {parts.length > 0 && (
        <ol className="wizard-parts">
          {parts.map((part, i) => (
            <li key={part} data-state={i < at ? 'done' : i === at ? 'now' : 'next'}>
              <span className="dot" data-state={i < at ? 'good' : i === at ? 'look' : 'off'} aria-hidden="true" />
              {t(`import.part.${part}`)}
              <span className="sr-only">{t(`import.part_state.${i < at ? 'done' : i === at ? 'now' : 'next'}`)}</span>
            </li>
          ))}
        </ol>
      )}
      <Meter progress={progress} />
      <StopWork onCancel={onCancel} testId="wizard-cancel" />
    </section>
  )
}

function Meter({ progress }: { readonly progress: ImportProgressView | null }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const share = progress === null || progress.total === null || progress.total === 0 ? undefined : progress.done / progress.total
  return (
    <>
      <WorkMeter share={share} />
      <p className="wizard-figures num" data-testid="wizard-figures">
        {progress === null ? t('import.beginning') : <Figures progress={progress} numbers={numbers} />}
      </p>
    </>
  )
}

function Figures({ progress, numbers }: { readonly progress: ImportProgressView; readonly numbers: Numbers }): ReactNode {
  const { t } = useTranslation()
  const { done, total, unit, per_second: perSecond, remaining_ms: remaining } = progress
  const amount = (value: number): string => (unit === 'bytes' ? sizeOf(value, numbers) : numbers.count(value))
  const words = unit === 'bytes' ? '' : ` ${t(`import.unit.${unit}`)}`
  return (
    <>
      <span>
        {total === null ? `${amount(done)}${words}` : t('import.done_of', { done: amount(done), total: `${amount(total)}${words}` })}
      </span>
      <span>{t('import.per_second', { amount: `${amount(Math.round(perSecond))}${words}` })}</span>
      <span>
        {remaining === null ? t('import.time_unknown') : t('import.time_left', { time: numbers.age(Math.max(1_000, remaining)) })}
      </span>
    </>
  )
}
