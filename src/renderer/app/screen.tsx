import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { Toaster } from 'sonner'
import { useTranslation } from 'react-i18next'
import { AwayScreen } from '#renderer/features/away/away-screen.tsx'
import { ChartPanel } from '#renderer/features/chart/chart-panel.tsx'
import { ConnectionBanner } from '#renderer/features/connection/connection-banner.tsx'
import { EquityPanel } from '#renderer/features/equity/equity-panel.tsx'
import { CommandPalette } from '#renderer/features/palette/command-palette.tsx'
import { ShortcutsDialog } from '#renderer/features/palette/shortcuts-dialog.tsx'
import { useScreenHotkeys } from '#renderer/features/palette/use-screen-hotkeys.ts'
import { ImportScreen } from '#renderer/features/import/import-screen.tsx'
import { ReconcileScreen } from '#renderer/features/reconcile/reconcile-screen.tsx'
import { RiskPanel } from '#renderer/features/risk/risk-panel.tsx'
import { StopFailure } from '#renderer/features/stop/stop-receipt.tsx'
import { TablesPanel } from '#renderer/features/tables/tables-panel.tsx'
import { TicketPanel } from '#renderer/features/ticket/ticket-panel.tsx'
import { TradersPanel } from '#renderer/features/traders/traders-panel.tsx'
import { WatchlistPanel } from '#renderer/features/watchlist/watchlist-panel.tsx'
import { useSettings } from '#renderer/state/settings.ts'
import { useSystem } from '#renderer/state/stores.ts'
import { Splitter } from './splitter.tsx'
import { TopBar } from './top-bar.tsx'

const px = (size: number | undefined): string | undefined => (size === undefined ? undefined : `${size}px`)

/** The window says what kind of money is behind it before anything is read. */
function useModeEdge(): void {
  const mode = useSystem((state) => state.value?.mode)
  useEffect(() => {
    if (mode !== undefined) document.documentElement.dataset['mode'] = mode
  }, [mode])
}

export function Screen(): ReactNode {
  const { t } = useTranslation()
  const sizes = useSettings((settings) => settings.sizes)
  const layout = useSettings((settings) => settings.layout)
  const left = useRef<HTMLDivElement>(null)
  const right = useRef<HTMLDivElement>(null)
  const bottom = useRef<HTMLDivElement>(null)
  useScreenHotkeys()
  useModeEdge()
  return (
    <div
      className="screen"
      data-layout={layout}
      style={{ '--left-set': px(sizes.left), '--right-set': px(sizes.right), '--bottom-set': px(sizes.bottom) }}
    >
      <TopBar />
      <div className="banners">
        <StopFailure />
        <ConnectionBanner />
      </div>
      <main className="work">
        <h1 className="sr-only">{t('app.name')}</h1>
        <div className="column-left" ref={left}>
          <WatchlistPanel />
          <TradersPanel />
          <RiskPanel />
        </div>
        <Splitter name="left" label={t('panel.resize_left')} panel={() => left.current} />
        <div className="centre">
          <ChartPanel />
        </div>
        {layout === 'trade' && <Splitter name="right" label={t('panel.resize_right')} panel={() => right.current} />}
        {layout === 'trade' && (
          <div className="column-right" ref={right}>
            <TicketPanel />
            <EquityPanel />
          </div>
        )}
        <Splitter name="bottom" label={t('panel.resize_bottom')} panel={() => bottom.current} />
        <div className="bottom" ref={bottom}>
          <TablesPanel />
        </div>
      </main>
      <CommandPalette />
      <ShortcutsDialog />
      <ReconcileScreen />
      <AwayScreen />
      <ImportScreen />
      <Toaster
        position="bottom-right"
        theme="system"
        containerAriaLabel={t('panel.notifications')}
        gap={8}
        toastOptions={{ className: 'toast' }}
      />
    </div>
  )
}
