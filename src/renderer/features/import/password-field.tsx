import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { TextField } from '#renderer/ui/controls.tsx'
import { useWizard, write } from './wizard.ts'

/** Of the database of version 2. It lives in this page only: after a reload it is asked for again. */
export function PasswordField(): ReactNode {
  const { t } = useTranslation()
  const password = useWizard((state) => state.form.password)
  return (
    <TextField
      type="password"
      label={t('import.password')}
      hint={t('import.password_hint')}
      data-testid="import-password"
      value={password}
      onChange={(event) => write({ password: event.target.value })}
    />
  )
}
