import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useClient } from '#renderer/client/client-context.tsx'
import { clockTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useConnection } from '#renderer/state/stores.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { useNow } from '#renderer/ui/use-now.ts'

/** Says since when nothing came, what is therefore not shown, and when the next try is. */
export function ConnectionBanner(): ReactNode {
  const { t } = useTranslation()
  const { stream } = useClient()
  const numbers = useNumbers()
  const status = useConnection((state) => state.status)
  const now = useNow()
  if (status.state !== 'lost') return null
  return (
    <div className="banner" data-tone="look" role="alert" data-testid="connection-lost">
      <strong>{t('connection.lost')}</strong>
      <span>{t('connection.detail', { time: clockTime(status.since), age: numbers.age(now - status.since) })}</span>
      <span className="grow" />
      <span className="num dim">{t('connection.retry_in', { age: numbers.age(status.retryAt - now) })}</span>
      <Button size="small" onClick={() => stream.retryNow()}>
        {t('connection.retry')}
      </Button>
    </div>
  )
}
