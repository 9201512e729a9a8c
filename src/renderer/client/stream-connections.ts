import type { ServerFrame } from '#contract/stream.ts'
import type { Connect } from './stream-client.ts'

/** A WebSocket that says who it is in its first message (a browser cannot set the header). */
export function connectWebSocket(url: string, token: string): Connect {
  return (events) => {
    const socket = new WebSocket(url)
    socket.addEventListener('open', () => socket.send(JSON.stringify({ action: 'auth', token })))
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      const frame = JSON.parse(event.data) as ServerFrame
      if (frame.type === 'authenticated') events.onOpen()
      else events.onFrame(frame)
    })
    socket.addEventListener('close', (event) => events.onClose(event.reason === '' ? `closed (${event.code})` : event.reason))
    return {
      send: (frame) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
      },
      close: () => socket.close(),
    }
  }
}

/** Frames as plain messages over a port. It opens at once and does not come back when it is gone. */
export function connectPort(port: MessagePort): Connect {
  return (events) => {
    const onMessage = (event: MessageEvent<ServerFrame>): void => events.onFrame(event.data)
    const onClose = (): void => events.onClose('the window lost the workstation')
    port.addEventListener('message', onMessage)
    port.addEventListener('close', onClose)
    port.start()
    queueMicrotask(() => events.onOpen())
    return {
      send: (frame) => port.postMessage(frame),
      close: () => {
        port.removeEventListener('message', onMessage)
        port.removeEventListener('close', onClose)
      },
    }
  }
}
