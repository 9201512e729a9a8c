import type { ReactNode } from 'react'
import { Component } from 'react'
import { useTranslation } from 'react-i18next'
import { clockTime } from '#renderer/format/time.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { Button } from './controls.tsx'

interface PanelProps {
  readonly title: string
  readonly acts?: ReactNode
  readonly phase?: Phase | undefined
  readonly className?: string
  readonly children: ReactNode
}

/** A titled part of the screen. Says when what it shows is from. */
export function Panel({ title, acts, phase, className, children }: PanelProps): ReactNode {
  return (
    <section className={`panel ${className ?? ''}`} aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        <StaleMark phase={phase} />
        <span className="grow" />
        {acts}
      </header>
      <Guard>{children}</Guard>
    </section>
  )
}

export function StaleMark({ phase }: { readonly phase: Phase | undefined }): ReactNode {
  const { t } = useTranslation()
  if (phase?.kind !== 'stale') return null
  return <span className="stale-mark">{t('connection.stale', { time: clockTime(phase.since) })}</span>
}

export function Skeleton({
  rows,
  widths = ['60%', '85%', '45%'],
}: {
  readonly rows: number
  readonly widths?: readonly string[]
}): ReactNode {
  return (
    <div className="skeleton-list" aria-hidden="true">
      {Array.from({ length: rows }, (_row, i) => (
        <span key={i} className="skeleton" style={{ width: widths[i % widths.length] }} />
      ))}
    </div>
  )
}

export function Empty({ text, children }: { readonly text: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <p>{text}</p>
      {children}
    </div>
  )
}

function Broken({ onRetry }: { readonly onRetry: () => void }): ReactNode {
  const { t } = useTranslation()
  return (
    <Empty text={`${t('failure.crashed')}. ${t('failure.crashed_lead')}`}>
      <Button onClick={onRetry}>{t('failure.redraw')}</Button>
    </Empty>
  )
}

/** Keeps a fault in one panel from taking the stop button with it. */
export class Guard extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }
  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true }
  }
  override render(): ReactNode {
    return this.state.failed ? <Broken onRetry={() => this.setState({ failed: false })} /> : this.props.children
  }
}
