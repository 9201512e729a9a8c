import type { ReactNode } from 'react'
import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { useClient } from '#renderer/client/client-context.tsx'
import { refreshTraders, useCatalogue, useInstruments } from '#renderer/state/catalogue.ts'
import { useRequests, writeOrder } from '#renderer/state/requests.ts'
import { selectSymbol } from '#renderer/state/selection.ts'
import { DENSITIES, LAYOUTS, set, TABS, THEMES } from '#renderer/state/settings.ts'
import { useAct } from '#renderer/ui/use-act.ts'
import { modKey } from './shortcuts.ts'

function close(): void {
  useRequests.setState({ palette: false })
}

function Item({ children, keys, onRun }: { readonly children: string; readonly keys?: string; readonly onRun: () => void }): ReactNode {
  return (
    <Command.Item
      className="command"
      value={children}
      onSelect={() => {
        close()
        onRun()
      }}
    >
      {children}
      {keys !== undefined && <kbd>{keys}</kbd>}
    </Command.Item>
  )
}

function TraderCommands(): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const traders = useCatalogue((state) => (state.traders.filter((trader) => trader.kind === 'strategy').length === 0 ? [] : state.traders))
  const run = (call: () => Promise<unknown>, done: string): void => void act('trader', call, () => done).then(() => refreshTraders(api))
  return traders
    .filter((trader) => trader.kind === 'strategy')
    .map(({ id, state }) => {
      if (state === 'running')
        return (
          <Item
            key={id}
            onRun={() => run(() => api.traders.pause({ id }), t('traders.paused', { id }))}
          >{`${t('traders.pause')} ${id}`}</Item>
        )
      if (state === 'paused')
        return (
          <Item
            key={id}
            onRun={() => run(() => api.traders.resume({ id }), t('traders.resumed', { id }))}
          >{`${t('traders.resume')} ${id}`}</Item>
        )
      return (
        <Item
          key={id}
          onRun={() => run(() => api.traders.start({ id }), t('traders.started', { id }))}
        >{`${t('traders.start')} ${id}`}</Item>
      )
    })
}

function Groups(): ReactNode {
  const { t } = useTranslation()
  const instruments = useInstruments()
  return (
    <>
      <Command.Group heading={t('palette.acts')}>
        <Item keys="B" onRun={() => writeOrder('BUY')}>
          {t('palette.buy')}
        </Item>
        <Item keys="S" onRun={() => writeOrder('SELL')}>
          {t('palette.sell')}
        </Item>
        <Item onRun={() => useRequests.setState({ traderDialog: { id: undefined } })}>{t('palette.add_trader')}</Item>
        <Item onRun={() => useRequests.setState({ limitsDialog: true })}>{t('risk.edit')}</Item>
        <Item keys="R" onRun={() => useRequests.setState({ reconcile: true })}>
          {t('palette.reconcile')}
        </Item>
        <Item keys="W" onRun={() => useRequests.setState({ away: { since: undefined } })}>
          {t('palette.away')}
        </Item>
        <Item keys="I" onRun={() => useRequests.setState({ import: true })}>
          {t('import.open_screen')}
        </Item>
        <Item
          keys={`${modKey()} Shift X ×2`}
          onRun={() => setTimeout(() => document.querySelector<HTMLElement>('[data-testid=stop-button]')?.focus(), 50)}
        >
          {t('palette.close_all')}
        </Item>
      </Command.Group>
      <Command.Group heading={t('palette.traders')}>
        <TraderCommands />
      </Command.Group>
      <Command.Group heading={t('palette.symbols')}>
        {instruments.map(({ symbol }) => (
          <Item key={symbol} onRun={() => selectSymbol(symbol)}>
            {t('palette.chart', { symbol })}
          </Item>
        ))}
      </Command.Group>
      <Command.Group heading={t('palette.go')}>
        {TABS.map((tab, i) => (
          <Item key={tab} keys={String(i + 1)} onRun={() => set({ tab })}>
            {t('palette.show', { name: t(`tabs.${tab}`) })}
          </Item>
        ))}
      </Command.Group>
      <Command.Group heading={t('palette.view')}>
        {LAYOUTS.map((layout) => (
          <Item key={layout} onRun={() => set({ layout })}>{`${t('menu.layout')}: ${t(`menu.${layout}`)}`}</Item>
        ))}
        {THEMES.map((theme) => (
          <Item key={theme} onRun={() => set({ theme })}>{`${t('menu.theme')}: ${t(`menu.${theme}`)}`}</Item>
        ))}
        {DENSITIES.map((density) => (
          <Item key={density} onRun={() => set({ density })}>{`${t('menu.density')}: ${t(`menu.${density}`)}`}</Item>
        ))}
        <Item onRun={() => set({ language: 'en' })}>English</Item>
        <Item onRun={() => set({ language: 'ru' })}>Русский</Item>
        <Item keys="?" onRun={() => useRequests.setState({ shortcuts: true })}>
          {t('shortcuts.title')}
        </Item>
      </Command.Group>
    </>
  )
}

export function CommandPalette(): ReactNode {
  const { t } = useTranslation()
  const open = useRequests((state) => state.palette)
  return (
    <Dialog.Root open={open} onOpenChange={(next) => useRequests.setState({ palette: next })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="floating palette" aria-describedby={undefined}>
          <Dialog.Title className="sr-only">{t('palette.title')}</Dialog.Title>
          <Command label={t('palette.title')} loop>
            <Command.Input className="palette-input" placeholder={t('palette.placeholder')} aria-label={t('palette.placeholder')} />
            <Command.List className="palette-list">
              <Command.Empty className="palette-empty">{t('palette.empty')}</Command.Empty>
              <Groups />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
