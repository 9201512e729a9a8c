import { create } from 'zustand'
import { useCallback } from 'react'
import type { StopReceipt } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useFailureText } from '#renderer/ui/use-act.ts'

interface StopState {
  readonly flatten: boolean
  readonly sending: boolean
  /** The hotkey was pressed once; the second press stops. */
  readonly armed: boolean
  readonly receipt: StopReceipt | undefined
  readonly failure: string | undefined
}

export const useStopState = create<StopState>(() => ({
  flatten: false,
  sending: false,
  armed: false,
  receipt: undefined,
  failure: undefined,
}))

/** Sends the emergency stop. What it answers becomes the receipt; what it does not answer is said loudly. */
export function useStop(): (flatten: boolean, reason: string) => Promise<void> {
  const { api } = useClient()
  const words = useFailureText()
  return useCallback(
    async (flatten, reason) => {
      if (useStopState.getState().sending) return
      useStopState.setState({ sending: true, armed: false, failure: undefined })
      try {
        const receipt = await api.system.emergencyStop({ scope: 'all', flatten, reason })
        useStopState.setState({ receipt, sending: false })
      } catch (error) {
        useStopState.setState({ failure: words(error), sending: false })
      }
    },
    [api, words],
  )
}
