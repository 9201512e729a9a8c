import type { ReactNode } from 'react'
import { useState } from 'react'
import { Dialog as Radix } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { Button } from './controls.tsx'

interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly lead?: string | undefined
  readonly wide?: boolean
  /** As large as the window under the top bar: a screen of its own. */
  readonly full?: boolean
  readonly testId?: string
  /** What has the focus when it opens; the first thing that can have it when absent or not there. */
  readonly focusFirst?: string
  readonly children: ReactNode
}

export function Dialog({ open, onClose, title, lead, wide = false, full = false, testId, focusFirst, children }: DialogProps): ReactNode {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="overlay" />
        <Radix.Content
          className="floating dialog"
          data-wide={wide}
          data-full={full}
          data-testid={testId}
          onOpenAutoFocus={(event) => {
            const first = focusFirst === undefined ? null : document.querySelector<HTMLElement>(focusFirst)
            if (first === null) return
            event.preventDefault()
            first.focus()
          }}
          {...(lead === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <Radix.Title asChild>
            <h2>{title}</h2>
          </Radix.Title>
          {lead !== undefined && <Radix.Description className="dialog-lead">{lead}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export interface Confirmation {
  readonly title: string
  /** Exactly what will happen, and to how many. */
  readonly lead: string
  /** Said under the lead in amber: what a person may overlook. */
  readonly look?: string | undefined
  /** The verb. */
  readonly act: string
  readonly grave?: boolean
  readonly onConfirm: () => Promise<void>
}

/** Asks before a dangerous act; stays open, unclickable, until the answer came. */
export function ConfirmDialog({ ask, onClose }: { readonly ask: Confirmation | undefined; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  if (ask === undefined) return null
  const confirm = async (): Promise<void> => {
    setBusy(true)
    try {
      await ask.onConfirm()
    } finally {
      setBusy(false)
      onClose()
    }
  }
  return (
    <Dialog open onClose={onClose} title={ask.title} lead={ask.lead}>
      {ask.look !== undefined && <p className="look-note">{ask.look}</p>}
      <div className="dialog-foot">
        <Button kind="quiet" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button kind={ask.grave === true ? 'grave' : 'primary'} disabled={busy} data-testid="confirm" onClick={() => void confirm()}>
          {ask.act}
        </Button>
      </div>
    </Dialog>
  )
}
