import type { ReactNode } from 'react'
import { useState } from 'react'
import { MoreHorizontal, Pause, Play, Plus } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import type { TraderView } from '#contract/views.ts'
import { addDecimal } from '#renderer/format/decimal.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { positions } from '#renderer/state/stores.ts'
import { Button, IconButton } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { Pnl } from '#renderer/ui/num.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { TraderDialog } from './trader-dialog.tsx'
import { useTraderActs } from './use-trader-acts.ts'

const DOT = {
  created: 'off',
  initializing: 'look',
  ready: 'good',
  running: 'good',
  paused: 'look',
  stopping: 'look',
  stopped: 'off',
  error: 'bad',
} as const
const STARTABLE = new Set(['created', 'stopped', 'error'])

function RowMenu({ trader, onAsk }: { readonly trader: TraderView; readonly onAsk: (ask: Confirmation) => void }): ReactNode {
  const { t } = useTranslation()
  const acts = useTraderActs()
  const held = positions.use((state) => state.rows.filter((row) => row.trader_id === trader.id && row.side !== 'FLAT').length)
  const idle = STARTABLE.has(trader.state)
  const askStop = (): void =>
    onAsk({
      title: t('traders.stop_title', { id: trader.id }),
      lead: held === 0 ? t('traders.stop_lead_none') : t('traders.stop_lead', { count: held }),
      act: t('traders.stop'),
      onConfirm: () => acts.stop(trader.id),
    })
  const askRemove = (): void =>
    onAsk({
      title: t('traders.remove_title', { id: trader.id }),
      lead: t('traders.remove_lead'),
      act: t('traders.remove'),
      grave: true,
      onConfirm: () => acts.remove(trader.id),
    })
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="icon-button" aria-label={t('traders.actions', { id: trader.id })}>
          <MoreHorizontal />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu" align="end" sideOffset={4}>
          {idle && (
            <DropdownMenu.Item className="menu-item" onSelect={() => void acts.start(trader.id)}>
              {t('traders.start')}
            </DropdownMenu.Item>
          )}
          {trader.state === 'running' && (
            <DropdownMenu.Item className="menu-item" onSelect={() => void acts.pause(trader.id)}>
              {t('traders.pause')}
            </DropdownMenu.Item>
          )}
          {trader.state === 'paused' && (
            <DropdownMenu.Item className="menu-item" onSelect={() => void acts.resume(trader.id)}>
              {t('traders.resume')}
            </DropdownMenu.Item>
          )}
          {!idle && (
            <DropdownMenu.Item className="menu-item" onSelect={askStop}>
              {t('traders.stop')}
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => useRequests.setState({ traderDialog: { id: trader.id } })}>
            {t('traders.edit')}
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" disabled={!idle} onSelect={askRemove}>
            {t('traders.remove')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function MainAct({ trader }: { readonly trader: TraderView }): ReactNode {
  const { t } = useTranslation()
  const acts = useTraderActs()
  if (trader.state === 'running') {
    return (
      <IconButton label={`${t('traders.pause')} ${trader.id}`} onClick={() => void acts.pause(trader.id)}>
        <Pause />
      </IconButton>
    )
  }
  const resume = trader.state === 'paused'
  const able = resume || STARTABLE.has(trader.state)
  return (
    <IconButton
      label={`${t(resume ? 'traders.resume' : 'traders.start')} ${trader.id}`}
      disabled={!able}
      onClick={() => void (resume ? acts.resume(trader.id) : acts.start(trader.id))}
    >
      <Play />
    </IconButton>
  )
}

function TraderRow({ trader, onAsk }: { readonly trader: TraderView; readonly onAsk: (ask: Confirmation) => void }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const state = DOT[trader.state]
  const { money } = numbers.of(trader.symbols[0] ?? '')
  const result = addDecimal(trader.realized_pnl, trader.unrealized_pnl)
  const what =
    trader.kind === 'manual'
      ? t('traders.manual')
      : `${trader.strategy} · ${trader.symbols.map((symbol) => symbol.replace(/:.*$/, ' perp')).join(', ')} · ${trader.timeframe}`
  return (
    <li className="trader-row" data-testid={`trader-${trader.id}`} data-state={trader.state}>
      <div className="trader-top">
        <span className="dot" data-state={state} aria-hidden="true" />
        <span className="trader-name">{trader.id}</span>
        <span className="tag" data-state={state === 'good' ? undefined : state}>
          {t(`traders.state.${trader.state}`)}
        </span>
        <span className="grow" />
        <Pnl value={result} digits={money} />
      </div>
      <div className="trader-foot">
        <span className="faint trader-what" title={what}>
          {what}
        </span>
        {trader.kind === 'strategy' && <MainAct trader={trader} />}
        {trader.kind === 'strategy' && <RowMenu trader={trader} onAsk={onAsk} />}
      </div>
      <div className="trader-counts faint">
        <span>{t('traders.signals', { count: trader.signals })}</span>
        <span>{t('traders.trades', { count: trader.trades })}</span>
        {trader.errors > 0 && (
          <span className="tag" data-state="look">
            {t('traders.errors', { count: trader.errors })}
          </span>
        )}
      </div>
      {trader.reason !== null && state !== 'good' && <p className="trader-reason">{trader.reason}</p>}
    </li>
  )
}

export function TradersPanel(): ReactNode {
  const { t } = useTranslation()
  const { traders, tradersPhase } = useCatalogue()
  const phase = positions.use((state) => state.phase)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const add = (): void => useRequests.setState({ traderDialog: { id: undefined } })
  return (
    <Panel
      title={t('traders.title')}
      phase={phase}
      className="traders"
      acts={
        <IconButton label={t('traders.add')} data-testid="add-trader" onClick={add}>
          <Plus />
        </IconButton>
      }
    >
      {traders.length === 0 ? (
        tradersPhase.kind === 'loading' ? (
          <Skeleton rows={4} />
        ) : (
          <Empty text={tradersPhase.kind === 'error' ? t('table.failed', { message: tradersPhase.message }) : t('traders.empty')}>
            <Button onClick={add}>{t('traders.add')}</Button>
          </Empty>
        )
      ) : (
        <ul className="trader-rows">
          {traders.map((trader) => (
            <TraderRow key={trader.id} trader={trader} onAsk={setAsk} />
          ))}
        </ul>
      )}
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
      <TraderDialog />
    </Panel>
  )
}
