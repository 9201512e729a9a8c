import type { ClientLink } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#contract/api.ts'
import { toFailure } from './failure.ts'
import type { StreamClient } from './stream-client.ts'

export type Api = ContractRouterClient<Contract>

/** The one way from the screen to the workstation: typed calls and the event stream, whatever carries them. */
export interface WorkstationClient {
  readonly kind: 'http' | 'electron'
  readonly api: Api
  readonly stream: StreamClient
  close(): void
}

/** Longest wait for an answer. The emergency stop has its own deadline on the server, well below. */
export const CALL_DEADLINE_MS = 15_000

type PlainLink = ClientLink<Record<never, never>>

/** Gives each call a deadline and turns whatever is thrown into a `Failure`. */
export function withDeadline(link: PlainLink, deadlineMs = CALL_DEADLINE_MS): PlainLink {
  return {
    call: async (path, input, options) => {
      const deadline = AbortSignal.timeout(deadlineMs)
      const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
      const late = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(toFailure(signal.reason)), { once: true })
      })
      try {
        return await Promise.race([link.call(path, input, { ...options, signal }), late])
      } catch (error) {
        throw toFailure(error)
      }
    },
  }
}
