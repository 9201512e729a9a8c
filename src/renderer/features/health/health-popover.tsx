import type { ReactNode } from 'react'
import { Popover } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import type { ComponentView, StatusView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useSystem } from '#renderer/state/stores.ts'
import { useNow } from '#renderer/ui/use-now.ts'

const DOT = { starting: 'look', running: 'good', degraded: 'look', down: 'bad', stopped: 'off', disabled: 'off' } as const

function ComponentRow({ component, now }: { readonly component: ComponentView; readonly now: number }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const state = DOT[component.state]
  return (
    <li className="component" data-state={component.state}>
      <span className="dot" data-state={state} aria-hidden="true" />
      <span className="component-name">{component.name}</span>
      <span className="tag" data-state={state === 'good' ? undefined : state}>
        {t(`health.state.${component.state}`)}
      </span>
      <span className="num faint component-age">{t('common.ago', { age: numbers.age(now - component.evidence_ts) })}</span>
      <span className="component-evidence dim">
        {component.evidence}
        {component.restarts > 0 && ` · ${t('health.restarts', { count: component.restarts })}`}
      </span>
    </li>
  )
}

function HealthBody({ status }: { readonly status: StatusView }): ReactNode {
  const { t } = useTranslation()
  const { stream } = useClient()
  const numbers = useNumbers()
  const wall = useNow()
  // Evidence is stamped by the workstation's clock: ages are taken against it, not against this machine's.
  const now = status.now + stream.age()
  return (
    <>
      <ul className="components" data-at={wall}>
        {status.components.map((component) => (
          <ComponentRow key={component.name} component={component} now={now} />
        ))}
      </ul>
      <p className="health-foot faint">
        {t('health.journal', { seq: numbers.count(status.journal.seq), lag: numbers.count(status.replica.lag_events) })}
      </p>
      {status.replica.reason !== null && <p className="health-foot look-text">{status.replica.reason}</p>}
      <p className="health-foot faint">{t('health.age', { age: numbers.age(stream.age()) })}</p>
    </>
  )
}

/** `n/m`: how many of the parts that should run do; the list says on what evidence and how old that is. */
export function HealthButton(): ReactNode {
  const { t } = useTranslation()
  const status = useSystem((state) => state.value)
  const stale = useSystem((state) => state.phase.kind === 'stale')
  if (status === undefined) return <span className="skeleton" style={{ width: 56 }} />
  const wanted = status.components.filter((component) => component.state !== 'disabled')
  const up = wanted.filter((component) => component.state === 'running').length
  const down = wanted.some((component) => component.state === 'down')
  const state = stale ? 'off' : down ? 'bad' : up < wanted.length ? 'look' : 'good'
  const summary = t('health.summary', { up, all: wanted.length })
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="bar-button" data-testid="health" title={summary}>
          <span className="bar-label">{t('top.health')}</span>
          <span className="dot" data-state={state} aria-hidden="true" />
          <span className="num">{`${up}/${wanted.length}`}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="floating health" align="end" sideOffset={6} collisionPadding={8} aria-label={t('health.title')}>
          <HealthBody status={status} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
