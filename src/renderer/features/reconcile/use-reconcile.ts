import { useCallback, useEffect, useState } from 'react'
import type { ReconciliationView } from '#contract/reconcile.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { differences, useConnection, useSystem } from '#renderer/state/stores.ts'
import { useAct } from '#renderer/ui/use-act.ts'

const PAGE = 500

export interface Reconciled {
  readonly runs: readonly ReconciliationView[]
  readonly phase: Phase
  /** Undefined: every closed difference that is known is here. */
  readonly loadOlder: (() => Promise<void>) | undefined
  readonly complete: boolean
}

/** The last comparisons, asked for when one has been made; the differences themselves come by the stream. */
export function useReconciled(): Reconciled {
  const { api } = useClient()
  const act = useAct()
  const lastAt = useSystem((state) => state.value?.reconcile.last_at)
  const turns = useConnection((state) => state.turns)
  const [runs, setRuns] = useState<readonly ReconciliationView[]>([])
  const [phase, setPhase] = useState<Phase>({ kind: 'loading' })
  const [older, setOlder] = useState<{ readonly cursor: string | null; readonly complete: boolean }>({ cursor: null, complete: true })
  useEffect(() => {
    let wanted = true
    api.reconcile.get({ limit: PAGE }).then(
      (answer) => {
        if (!wanted) return
        setRuns(answer.runs)
        setPhase({ kind: 'live' })
        setOlder({ cursor: answer.next_cursor, complete: answer.complete })
        differences.addOlder(answer.differences, null)
      },
      (error: unknown) => wanted && setPhase({ kind: 'error', message: toFailure(error).message }),
    )
    return () => {
      wanted = false
    }
  }, [api, lastAt, turns])
  const more = useCallback(async () => {
    const page = await act('load', () => api.reconcile.get({ limit: PAGE, ...(older.cursor === null ? {} : { cursor: older.cursor }) }))
    if (page === undefined) return
    differences.addOlder(page.differences, null)
    setOlder({ cursor: page.next_cursor, complete: page.complete })
  }, [act, api, older.cursor])
  return { runs, phase, loadOlder: older.cursor === null ? undefined : more, complete: older.complete }
}
