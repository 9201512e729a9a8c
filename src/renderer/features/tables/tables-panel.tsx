import type { ComponentType, ReactNode } from 'react'
import { useState } from 'react'
import { Tabs } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { isWorking } from '#domain/order.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import type { Tab } from '#renderer/state/settings.ts'
import { set, TABS, useSettings } from '#renderer/state/settings.ts'
import { alerts, orders, positions } from '#renderer/state/stores.ts'
import { Guard, StaleMark } from '#renderer/ui/panel.tsx'
import { AlertsTable } from './alerts-table.tsx'
import { AuditTable } from './audit-table.tsx'
import { BalancesTable } from './balances-table.tsx'
import { FillsTable } from './fills-table.tsx'
import { OrdersTable } from './orders-table.tsx'
import { PositionsTable } from './positions-table.tsx'
import { SignalsTable } from './signals-table.tsx'
import type { TableProps } from './table-props.ts'

const TABLES: Readonly<Record<Tab, ComponentType<TableProps>>> = {
  positions: PositionsTable,
  orders: OrdersTable,
  fills: FillsTable,
  signals: SignalsTable,
  balances: BalancesTable,
  alerts: AlertsTable,
  audit: AuditTable,
}

/** How many things in a tab want attention; not how many rows it has. */
function useCounts(): Partial<Record<Tab, number>> {
  return {
    positions: positions.use((state) => state.rows.filter((row) => row.side !== 'FLAT').length),
    orders: orders.use((state) => state.rows.filter((row) => isWorking(row.status)).length),
    alerts: alerts.use((state) => state.rows.filter((row) => row.severity !== 'info').length),
  }
}

export function TablesPanel(): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const tab = useSettings((settings) => settings.tab)
  const counts = useCounts()
  const phase = positions.use((state) => state.phase)
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const Table = TABLES[tab]
  return (
    <Tabs.Root className="panel tables" value={tab} onValueChange={(next) => set({ tab: next as Tab })} asChild>
      <section aria-label={t('shortcuts.tabs')}>
        <header className="panel-head tabs-head">
          <Tabs.List className="tabs" aria-label={t('shortcuts.tabs')}>
            {TABS.map((name) => (
              <Tabs.Trigger key={name} value={name} className="tab" data-testid={`tab-${name}`}>
                {t(`tabs.${name}`)}
                {(counts[name] ?? 0) > 0 && <span className="tab-count num">{numbers.count(counts[name] ?? 0)}</span>}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <StaleMark phase={phase} />
          <span className="grow" />
          <div ref={setToolbar} />
        </header>
        <Tabs.Content value={tab} className="tab-content" tabIndex={-1}>
          <Guard key={tab}>
            <Table toolbar={toolbar} />
          </Guard>
        </Tabs.Content>
      </section>
    </Tabs.Root>
  )
}
