import { useCallback, useEffect, useState } from 'react'
import { create } from 'zustand'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import type { Api } from '#renderer/client/workstation-client.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { useFailureText } from '#renderer/ui/use-act.ts'

const BUSY_EVERY_MS = 300
const IDLE_EVERY_MS = 5_000

interface Polled<T> {
  readonly phase: Phase
  readonly state: T | undefined
  readonly seenAt: number
}

export interface PolledActs<T> {
  readonly busy: boolean
  /** Of the last act, in words. */
  readonly problem: string | undefined
  /** Takes what the call answers as the new state. */
  readonly act: (call: (api: Api) => Promise<T>) => Promise<void>
}

/**
 * A state of the workstation that has no channel of the stream, so it is asked for while somebody looks at it: often while it moves.
 * It outlives the panel, so what is known is shown at once when that is opened again.
 */
export function createPolled<T>(read: (api: Api) => Promise<T>, isMoving: (state: T) => boolean) {
  const useStore = create<Polled<T>>(() => ({ phase: { kind: 'loading' }, state: undefined, seenAt: 0 }))
  const take = (state: T): void => useStore.setState({ state, phase: { kind: 'live' }, seenAt: Date.now() })

  function usePolling(): void {
    const { api } = useClient()
    const moves = useStore(({ state }) => state !== undefined && isMoving(state))
    useEffect(() => {
      let isOpen = true
      let timer: ReturnType<typeof setTimeout> | undefined
      const again = async (): Promise<void> => {
        try {
          const state = await read(api)
          if (isOpen) take(state)
        } catch (error) {
          const { state, seenAt } = useStore.getState()
          const message = toFailure(error).message
          if (isOpen) useStore.setState({ phase: state === undefined ? { kind: 'error', message } : { kind: 'stale', since: seenAt } })
        }
        if (isOpen) timer = setTimeout(() => void again(), moves ? BUSY_EVERY_MS : IDLE_EVERY_MS)
      }
      void again()
      return () => {
        isOpen = false
        clearTimeout(timer)
      }
    }, [api, moves])
  }

  function useActs(): PolledActs<T> {
    const { api } = useClient()
    const words = useFailureText()
    const [busy, setBusy] = useState(false)
    const [problem, setProblem] = useState<string | undefined>(undefined)
    const act = useCallback(
      async (call: (client: Api) => Promise<T>): Promise<void> => {
        setBusy(true)
        setProblem(undefined)
        try {
          take(await call(api))
        } catch (error) {
          setProblem(words(error))
        } finally {
          setBusy(false)
        }
      },
      [api, words],
    )
    return { busy, problem, act }
  }

  return { useStore, usePolling, useActs }
}
