import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useRequests } from '#renderer/state/requests.ts'
import { useSystem } from '#renderer/state/stores.ts'
import { Hint } from '#renderer/ui/controls.tsx'

/** In the top bar while books and exchange disagree, with the reason when entries are shut. Nothing while they agree. */
export function ReconcileBadge(): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const open = useSystem((state) => state.value?.reconcile.open ?? 0)
  const shut = useSystem((state) => state.value?.reconcile.entries_shut ?? null)
  if (open === 0) return null
  return (
    <Hint text={shut ?? t('reconcile.open_screen')}>
      <button
        type="button"
        className="bar-button reconcile-badge"
        data-testid="reconcile-badge"
        onClick={() => useRequests.setState({ reconcile: true })}
      >
        <span className="dot" data-state="look" aria-hidden="true" />
        <span className="look-text">
          {t('reconcile.badge', { count: open, n: numbers.count(open) })}
          {shut !== null && <span className="badge-shut">{`, ${t('reconcile.badge_shut')}`}</span>}
        </span>
      </button>
    </Hint>
  )
}
