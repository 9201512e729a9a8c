/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a live line of words, not the result of a form */
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import { Square } from 'lucide-react'
import { useHotkeys } from 'react-hotkeys-hook'
import { useTranslation } from 'react-i18next'
import { isWorking } from '#domain/order.ts'
import { orders, positions } from '#renderer/state/stores.ts'
import { Check } from '#renderer/ui/controls.tsx'
import { useHold } from '#renderer/ui/use-hold.ts'
import { useStop, useStopState } from './use-stop.ts'

const ARMED_MS = 2_000
export const STOP_HOTKEY = 'mod+alt+shift+s'

/** The ring that fills while the button is held. */
export function HoldRing({ holding }: { readonly holding: boolean }): ReactNode {
  return (
    <svg className="hold-ring" data-holding={holding} viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" pathLength="100" />
    </svg>
  )
}

/** What the stop will do, counted now. */
function useConsequence(flatten: boolean): string {
  const { t } = useTranslation()
  const working = orders.use((state) => state.rows.filter((row) => isWorking(row.status)).length)
  const held = positions.use((state) => state.rows.filter((row) => row.side !== 'FLAT').length)
  return `${t('stop.holding', { count: working })}, ${t(flatten ? 'stop.closing' : 'stop.keeping', { count: held })}`
}

function useDoublePress(stop: () => void): void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useHotkeys(
    STOP_HOTKEY,
    (event) => {
      event.preventDefault()
      if (event.repeat) return
      clearTimeout(timer.current)
      if (useStopState.getState().armed) stop()
      else {
        useStopState.setState({ armed: true })
        timer.current = setTimeout(() => useStopState.setState({ armed: false }), ARMED_MS)
      }
    },
    { enableOnFormTags: true },
  )
}

/** The only filled red thing on the screen: press and hold, or the hotkey twice. */
export function StopControl(): ReactNode {
  const { t } = useTranslation()
  const { flatten, sending, armed } = useStopState()
  const stop = useStop()
  const consequence = useConsequence(flatten)
  const send = (): void => void stop(flatten, flatten ? 'stop button, close positions' : 'stop button')
  const { holding, handlers } = useHold(send)
  useDoublePress(send)
  return (
    <div className="stop">
      <span className="stop-says" role="status" data-on={holding || armed || sending}>
        {sending ? t('stop.sending') : armed ? t('stop.armed') : holding ? consequence : ''}
      </span>
      <Check
        label={t('stop.flatten')}
        title={t('stop.flatten_hint')}
        data-testid="stop-flatten"
        checked={flatten}
        onChange={(event) => useStopState.setState({ flatten: event.target.checked })}
      />
      <button
        type="button"
        className="stop-button"
        data-testid="stop-button"
        data-holding={holding}
        disabled={sending}
        aria-describedby="stop-consequence"
        title={`${t('stop.hold')}: ${consequence}`}
        {...handlers}
      >
        {holding ? <HoldRing holding /> : <Square size={11} fill="currentColor" aria-hidden="true" />}
        {t('stop.button')}
      </button>
      <span id="stop-consequence" className="sr-only">{`${t('stop.hold')}. ${consequence}`}</span>
    </div>
  )
}
