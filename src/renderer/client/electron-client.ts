import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { IPC } from '#contract/ipc.ts'
import type { WorkstationBridge } from '#contract/ipc.ts'
import { Failure } from './failure.ts'
import { createStreamClient } from './stream-client.ts'
import { connectPort } from './stream-connections.ts'
import type { Api, WorkstationClient } from './workstation-client.ts'
import { withDeadline } from './workstation-client.ts'

declare global {
  interface Window {
    readonly workstation?: WorkstationBridge
  }
}

const PORTS_DEADLINE_MS = 20_000

/** Waits for the two ports that preload passes on: [calls, stream]. */
export function receivePorts(target: Window, deadlineMs = PORTS_DEADLINE_MS): Promise<readonly [MessagePort, MessagePort]> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      target.removeEventListener('message', onMessage)
    }
    const onMessage = (event: MessageEvent<unknown>): void => {
      const [calls, stream] = event.ports
      if (event.source !== target || event.data !== IPC.ports || calls === undefined || stream === undefined) return
      stop()
      resolve([calls, stream])
    }
    const timer = setTimeout(() => {
      stop()
      reject(
        new Failure(
          'unreachable',
          'NO_PORTS',
          'The window was not connected to the workstation. Nothing is shown. Close the window and open it again.',
        ),
      )
    }, deadlineMs)
    target.addEventListener('message', onMessage)
  })
}

export function createElectronClient([calls, frames]: readonly [MessagePort, MessagePort]): WorkstationClient {
  calls.start()
  const api: Api = createORPCClient(withDeadline(new RPCLink({ port: calls })))
  const stream = createStreamClient({ connect: connectPort(frames) })
  const close = (): void => {
    stream.close()
    calls.close()
  }
  return { kind: 'electron', api, stream, close }
}
