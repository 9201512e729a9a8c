import { RPCHandler } from '@orpc/server/message-port'
import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, MessageChannelMain, MessagePortMain, WebContents } from 'electron'
import type { ApiContext } from '#contract/api.ts'
import { IPC } from '#contract/ipc.ts'
import type { Workstation } from '#orchestrator/workstation-api.ts'
import type { Logger } from '#platform/log/logger.ts'
import type { HotkeyState } from './stop-hotkey.ts'
import { serveStream } from './stream-port.ts'
import { isTrustedSender } from './trusted-page.ts'

/** Also known to preload, which shares only the contract with main. */

export interface PageConnectorOptions {
  readonly ipcMain: IpcMain
  readonly createChannel: () => MessageChannelMain
  readonly window: () => WebContents | null
  readonly origin: string
  /** Resolves when the workstation runs. Until then messages wait in the ports. */
  readonly workstation: Promise<Workstation>
  readonly hotkey: () => HotkeyState
  readonly logger: Logger
}

/** Answers the page's hello with two ports, [calls, stream]. Every message of a stranger is refused before it is read. */
export function connectPages(options: PageConnectorOptions): void {
  const { ipcMain, logger } = options
  let open: readonly MessagePortMain[] = []

  const trusted = (event: IpcMainEvent | IpcMainInvokeEvent): boolean => {
    const window = options.window()
    const yes = window !== null && isTrustedSender(event, window, options.origin)
    if (!yes) logger.warn({ url: event.senderFrame?.url ?? null }, 'refused a message that is not from our page')
    return yes
  }

  ipcMain.on(IPC.hello, (event) => {
    if (!trusted(event)) return
    for (const port of open) port.close()
    const calls = options.createChannel()
    const stream = options.createChannel()
    open = [calls.port1, stream.port1]
    event.senderFrame?.postMessage(IPC.ports, null, [calls.port2, stream.port2])
    options.workstation.then(
      (workstation) => {
        serveCalls(calls.port1, workstation, logger)
        serveStream(stream.port1, workstation, logger)
      },
      // Whoever started the workstation says why it did not; the page sees its ports close.
      () => {
        calls.port1.close()
        stream.port1.close()
      },
    )
  })
  ipcMain.handle(IPC.hotkey, (event) => {
    if (!trusted(event)) throw new Error('refused')
    return options.hotkey()
  })
}

function serveCalls(port: MessagePortMain, workstation: Workstation, logger: Logger): void {
  const context: ApiContext = { actor: 'window' }
  const handler = new RPCHandler<ApiContext>(workstation.router, {
    interceptors: [
      async (call) => {
        try {
          return await call.next()
        } catch (error) {
          logger.warn({ error }, 'a call of the window failed')
          throw error
        }
      },
    ],
  })
  handler.upgrade(port, { context })
  port.start()
}
