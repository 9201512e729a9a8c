import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { STREAM_PATH } from '#contract/stream.ts'
import type { Guard } from './guard.ts'
import { sendProblem } from './problem.ts'
import { SOCKETS_MAX, StreamSocket } from './stream-socket.ts'
import type { GatewayParts } from './types.ts'

const FRAME_BYTES_MAX = 65_536

/** Must come before every other hook: it marks upgrades, so that a refused one's socket is ended and does not linger. */
export async function installWebSocket(app: FastifyInstance): Promise<void> {
  await app.register(websocket, {
    options: { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false },
    preClose: (done) => {
      for (const client of app.websocketServer.clients) client.close(1001, 'the workstation stops')
      app.websocketServer.close()
      done()
    },
    errorHandler: (_error, socket) => socket.terminate(),
  })
}

/** The event stream. The token comes in the upgrade's header or as the first message, never in the address. */
export function registerStream(parts: GatewayParts, guard: Guard): void {
  const { app, metrics } = parts
  app.route({
    method: 'GET',
    url: STREAM_PATH,
    onRequest: async (request, reply) => {
      if (request.authentication === 'wrong') return guard.requireToken(request, reply)
      if (request.ws && app.websocketServer.clients.size >= SOCKETS_MAX) {
        return sendProblem(reply, 'TOO_MANY_SOCKETS', `${SOCKETS_MAX} streams are open; close one first`)
      }
      return undefined
    },
    handler: (_request, reply) => sendProblem(reply.header('upgrade', 'websocket'), 'UPGRADE_REQUIRED', 'this path is a WebSocket'),
    wsHandler: (socket, request) => {
      metrics.socketsOpen(app.websocketServer.clients.size)
      socket.on('close', () => metrics.socketsOpen(app.websocketServer.clients.size))
      new StreamSocket(socket, parts, request.authentication === 'ok')
    },
  })
}
