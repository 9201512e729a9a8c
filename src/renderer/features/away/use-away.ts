import { useEffect, useState } from 'react'
import type { AwayView } from '#contract/away.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import { useRequests } from '#renderer/state/requests.ts'
import { useConnection, useSystem } from '#renderer/state/stores.ts'
import { keepSeen, readSeen, reportDue } from './away-seen.ts'

/** The screen says this often that somebody looks at it. */
const SEEN_EVERY_MS = 15_000

type Report =
  | { readonly kind: 'loading' }
  | { readonly kind: 'loaded'; readonly report: AwayView }
  | { readonly kind: 'failed'; readonly message: string }

/** The report since a time, or since the last gap; asked again with each `turn`. */
export function useAwayReport(since: number | undefined, turn: number): Report {
  const { api } = useClient()
  const [state, setState] = useState<Report>({ kind: 'loading' })
  useEffect(() => {
    let wanted = true
    api.away.report(since === undefined ? {} : { since }).then(
      (report) => wanted && setState({ kind: 'loaded', report }),
      (error: unknown) => wanted && setState({ kind: 'failed', message: toFailure(error).message }),
    )
    return () => {
      wanted = false
    }
  }, [api, since, turn])
  return state
}

/** Opens the report by itself after a gap, or when the screen comes back to somebody who had not looked for a while. */
export function useAwayOpens(): void {
  const gapEnd = useSystem((state) => state.value?.last_gap?.to)
  const known = useSystem((state) => state.value !== undefined)
  const live = useConnection((state) => state.status.state === 'live')
  useEffect(() => {
    const status = useSystem.getState().value
    if (!known || !live || status === undefined) return undefined
    const since = reportDue(status, readSeen(localStorage))
    if (since !== undefined) useRequests.setState({ away: { since } })
    const note = (): void => {
      if (document.visibilityState === 'visible') keepSeen(localStorage, Date.now())
    }
    note()
    const timer = setInterval(note, SEEN_EVERY_MS)
    return () => clearInterval(timer)
  }, [known, live, gapEnd])
}
