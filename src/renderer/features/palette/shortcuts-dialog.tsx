import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useRequests } from '#renderer/state/requests.ts'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { modKey, SHORTCUTS } from './shortcuts.ts'

export function ShortcutsDialog(): ReactNode {
  const { t } = useTranslation()
  const open = useRequests((state) => state.shortcuts)
  const mod = modKey()
  return (
    <Dialog open={open} onClose={() => useRequests.setState({ shortcuts: false })} title={t('shortcuts.title')}>
      <dl className="shortcuts">
        {SHORTCUTS.map(({ name, keys }) => (
          <div key={name}>
            <dt>{t(`shortcuts.${name}`)}</dt>
            <dd>
              {keys(mod).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
