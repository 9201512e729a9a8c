import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toFailure } from '#renderer/client/failure.ts'
import { Button, TextField } from '#renderer/ui/controls.tsx'

interface TokenScreenProps {
  /** Why it is asked again; absent the first time. */
  readonly failed: 'wrong' | 'unreachable' | undefined
  readonly onToken: (token: string) => Promise<void>
}

export function TokenScreen({ failed, onToken }: TokenScreenProps): ReactNode {
  const { t } = useTranslation()
  const [token, setToken] = useState('')
  const [wrong, setWrong] = useState(failed)
  const [busy, setBusy] = useState(false)
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    try {
      await onToken(token.trim())
    } catch (error) {
      setWrong(toFailure(error).kind === 'unauthorized' ? 'wrong' : 'unreachable')
    } finally {
      setBusy(false)
    }
  }
  return (
    <main className="token-screen">
      <form className="token-card" onSubmit={(event) => void enter(event)}>
        <p className="faint">{t('app.name')}</p>
        <h1>{t('token.title')}</h1>
        <p className="dim">{t('token.lead')}</p>
        <TextField
          label={t('token.label')}
          type="password"
          data-testid="token"
          value={token}
          error={wrong === undefined ? undefined : t(`token.${wrong}`)}
          onChange={(event) => setToken(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={busy || token.trim() === ''}>
          {t('token.enter')}
        </Button>
      </form>
    </main>
  )
}
