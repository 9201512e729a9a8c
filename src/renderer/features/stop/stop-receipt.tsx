/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a live line of words, not the result of a form */
import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { StatusView, StopReceipt } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { clockTime } from '#renderer/format/time.ts'
import { positions, useSystem } from '#renderer/state/stores.ts'
import { Button, TextField } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { useHold } from '#renderer/ui/use-hold.ts'
import { HoldRing } from './stop-control.tsx'
import { useStop, useStopState } from './use-stop.ts'

const REASON_MIN = 3

function ResumeDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const short = reason.trim().length < REASON_MIN
  const resume = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (short) return
    setBusy(true)
    const done = await act(
      'resume',
      () => api.system.resume({ reason: reason.trim() }),
      () => t('stop.resumed'),
    )
    setBusy(false)
    if (done === undefined) return
    const status = useSystem.getState().value
    if (status !== undefined) useSystem.setState({ value: { ...status, halted: null } })
    useStopState.setState({ receipt: undefined, failure: undefined })
    onClose()
  }
  return (
    <Dialog open onClose={onClose} title={t('stop.resume_title')} lead={t('stop.resume_lead')}>
      <form onSubmit={(event) => void resume(event)} className="resume-form">
        <TextField
          label={t('stop.resume_reason')}
          hint={short ? t('stop.resume_short') : undefined}
          value={reason}
          data-testid="resume-reason"
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="dialog-foot">
          <Button kind="quiet" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" kind="primary" disabled={short || busy} data-testid="resume-confirm">
            {t('stop.resume')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Remaining({ receipt }: { readonly receipt: StopReceipt }): ReactNode {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  if (receipt.remaining.length === 0) return <span>{receipt.confirmed ? t('stop.clean') : t('stop.unconfirmed')}</span>
  return (
    <>
      <Button kind="quiet" size="small" onClick={() => setOpen(true)}>
        <span className="tag" data-state="look">
          {t('stop.remaining', { count: receipt.remaining.length })}
        </span>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t('stop.remaining_title')} lead={t('stop.remaining_lead')} wide>
        <dl className="details">
          {receipt.remaining.map((rest) => (
            <div key={`${rest.kind}${rest.id}`} className="details-pair">
              <dt className="num">{rest.id}</dt>
              <dd>{rest.detail}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  )
}

/** What a stop left, positions or orders, is one more hold away. */
function StopAgain({ remaining }: { readonly remaining: number }): ReactNode {
  const { t } = useTranslation()
  const held = positions.use((state) => state.rows.filter((row) => row.side !== 'FLAT').length)
  const sending = useStopState((state) => state.sending)
  const stop = useStop()
  const { holding, handlers } = useHold(() => void stop(true, 'close positions after a stop'))
  if (held === 0 && remaining === 0) return null
  return (
    <span className="close-too">
      {held > 0 && (
        <span className="tag" data-state="look">
          {t('stop.open', { count: held })}
        </span>
      )}
      <button
        type="button"
        className="button"
        data-size="small"
        data-kind="grave"
        data-testid="stop-close-too"
        disabled={sending}
        {...handlers}
      >
        {holding && <HoldRing holding />}
        {t(held > 0 ? 'stop.close_too' : 'stop.again')}
      </button>
    </span>
  )
}

/** The bar after a stop: what was done, what is left, and the way back. */
export function StopReceiptBar({ halted }: { readonly halted: NonNullable<StatusView['halted']> | undefined }): ReactNode {
  const { t } = useTranslation()
  const receipt = useStopState((state) => state.receipt)
  const [resuming, setResuming] = useState(false)
  const since = halted?.since ?? receipt?.halted_at ?? 0
  const by = halted?.by ?? receipt?.by ?? ''
  const mine = receipt !== undefined && receipt.halted_at >= since - 1_000 ? receipt : undefined
  return (
    <div className="receipt" role="status" data-testid="stop-receipt">
      <strong className="receipt-word">{t('stop.halted')}</strong>
      <span className="receipt-parts">
        <span className="receipt-line">
          <span>{t('stop.by', { time: clockTime(since), by })}</span>
          {halted !== undefined && (
            <span className="dim receipt-reason" title={halted.reason}>
              {t('stop.reason', { reason: halted.reason })}
            </span>
          )}
        </span>
        {mine !== undefined && (
          <span className="receipt-line">
            <span>{t('stop.canceled', { count: mine.canceled })}</span>
            {mine.flattened > 0 && <span>{t('stop.flattened', { count: mine.flattened })}</span>}
            <Remaining receipt={mine} />
            <span className="dim num">{t('stop.took', { ms: Math.round(mine.duration_ms) })}</span>
          </span>
        )}
      </span>
      <span className="grow" />
      <StopAgain remaining={mine?.remaining.length ?? 0} />
      <Button data-testid="resume" onClick={() => setResuming(true)}>
        {t('stop.resume')}
      </Button>
      {resuming && <ResumeDialog onClose={() => setResuming(false)} />}
    </div>
  )
}

/** A stop that nobody confirmed is the worst news there is: it stays until it is dealt with. */
export function StopFailure(): ReactNode {
  const { t } = useTranslation()
  const failure = useStopState((state) => state.failure)
  if (failure === undefined) return null
  return (
    <div className="banner" data-tone="bad" role="alert" data-testid="stop-failure">
      <strong>{t('stop.failed', { message: failure })}</strong>
      <span>{t('stop.failed_do')}</span>
      <span className="grow" />
      <Button size="small" onClick={() => useStopState.setState({ failure: undefined })}>
        {t('common.close')}
      </Button>
    </div>
  )
}
