import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tab } from '#renderer/state/settings.ts'
import { useRequests, writeOrder } from '#renderer/state/requests.ts'
import { Button } from '#renderer/ui/controls.tsx'
import { Empty } from '#renderer/ui/panel.tsx'

/** Why a table is empty, and the act that fills it where there is one. */
export function EmptyTable({ tab }: { readonly tab: Tab }): ReactNode {
  const { t } = useTranslation()
  return (
    <Empty text={t(`empty.${tab}`)}>
      {(tab === 'positions' || tab === 'orders' || tab === 'fills') && (
        <Button onClick={() => writeOrder('BUY')}>{t('empty.write_order')}</Button>
      )}
      {tab === 'signals' && <Button onClick={() => useRequests.setState({ traderDialog: { id: undefined } })}>{t('traders.add')}</Button>}
    </Empty>
  )
}
