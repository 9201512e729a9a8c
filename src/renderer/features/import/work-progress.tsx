/* oxlint-disable jsx-a11y/prefer-tag-over-role -- drawn with our own tokens; progress cannot be */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '#renderer/ui/controls.tsx'

const ALL = 100

/** How far something is, from 0 to 1; undefined where that is not known. */
export function WorkMeter({ share }: { readonly share: number | undefined }): ReactNode {
  const { t } = useTranslation()
  const percent = share === undefined ? undefined : Math.min(ALL, share * ALL)
  return (
    <span
      className="meter wizard-meter"
      role="progressbar"
      aria-label={t('import.progress')}
      aria-valuemin={0}
      aria-valuemax={ALL}
      {...(percent === undefined ? {} : { 'aria-valuenow': Math.round(percent) })}
    >
      <span style={{ width: `${percent ?? 0}%` }} />
    </span>
  )
}

/** Work that goes on without the window can be stopped from it. */
export function StopWork({ onCancel, testId }: { readonly onCancel: () => void; readonly testId: string }): ReactNode {
  const { t } = useTranslation()
  return (
    <div className="wizard-acts">
      <Button data-testid={testId} onClick={onCancel}>
        {t('import.stop')}
      </Button>
      <span className="dim">{t('import.closing')}</span>
    </div>
  )
}
