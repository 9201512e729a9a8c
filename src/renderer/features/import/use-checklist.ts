import { useCallback, useEffect, useState } from 'react'
import { create } from 'zustand'
import type { ChecklistState } from '#contract/checklist.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { useFailureText } from '#renderer/ui/use-act.ts'

const BUSY_EVERY_MS = 300
const IDLE_EVERY_MS = 5_000

interface Checklist {
  readonly phase: Phase
  readonly state: ChecklistState | undefined
  readonly seenAt: number
}

/** Outlives the panel: what was measured is shown at once when it is opened again. */
export const useChecklist = create<Checklist>(() => ({ phase: { kind: 'loading' }, state: undefined, seenAt: 0 }))

function take(state: ChecklistState): void {
  useChecklist.setState({ state, phase: { kind: 'live' }, seenAt: Date.now() })
}

/** Asks while the step is open: often while something is being measured. */
export function useChecklistPolling(): void {
  const { api } = useClient()
  const busy = useChecklist(({ state }) => state?.running !== undefined && state.running !== null)
  useEffect(() => {
    let isOpen = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = async (): Promise<void> => {
      try {
        const state = await api.checklist.get()
        if (isOpen) take(state)
      } catch (error) {
        const { state, seenAt } = useChecklist.getState()
        const message = toFailure(error).message
        if (isOpen) useChecklist.setState({ phase: state === undefined ? { kind: 'error', message } : { kind: 'stale', since: seenAt } })
      }
      if (isOpen) timer = setTimeout(() => void again(), busy ? BUSY_EVERY_MS : IDLE_EVERY_MS)
    }
    void again()
    return () => {
      isOpen = false
      clearTimeout(timer)
    }
  }, [api, busy])
}

export interface ChecklistActs {
  readonly busy: boolean
  /** Of the last act, in words. */
  readonly problem: string | undefined
  readonly measure: (load: boolean) => Promise<void>
  readonly cancel: () => Promise<void>
}

export function useChecklistActs(): ChecklistActs {
  const { api } = useClient()
  const words = useFailureText()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const act = useCallback(
    async (call: () => Promise<ChecklistState>): Promise<void> => {
      setBusy(true)
      setProblem(undefined)
      try {
        take(await call())
      } catch (error) {
        setProblem(words(error))
      } finally {
        setBusy(false)
      }
    },
    [words],
  )
  return { busy, problem, measure: (load) => act(() => api.checklist.run({ load })), cancel: () => act(() => api.checklist.cancel()) }
}
