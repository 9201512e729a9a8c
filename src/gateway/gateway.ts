import type { AddressInfo, Socket } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { AppError } from '#domain/errors.ts'
import { API_PREFIX } from '#contract/stream.ts'
import { isLoopback } from './allowed-hosts.ts'
import { Authenticator } from './authenticator.ts'
import { routeName } from './contract-routes.ts'
import { answerClientError, answerUnmatched, failureHandler } from './failures.ts'
import { installGuard, type Guard } from './guard.ts'
import { HttpMetrics } from './http-metrics.ts'
import { describePortHolder } from '#platform/port-holder.ts'
import { registerRest } from './rest.ts'
import { registerScreens, wantsScreens } from './screens.ts'
import { installSecurityHeaders } from './security-headers.ts'
import { installWebSocket, registerStream } from './stream-route.ts'
import { checkToken } from './token.ts'
import type { GatewayOptions, GatewayParts } from './types.ts'

export const BODY_BYTES_MAX = 1_048_576
const HEADERS_DEADLINE_MS = 5_000
const REQUEST_DEADLINE_MS = 15_000
const HEADER_BYTES_MAX = 16_384
const CONNECTIONS_MAX = 512
const CLOSE_DEADLINE_MS = 3_000

export interface Gateway {
  /** Where a browser on this machine finds it. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Serves a workstation over REST and WebSocket, with its screens. Throws `PORT_TAKEN` or `CONFIG_INVALID`. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  checkToken(options.token, 'the options')
  const app = createApp(options)
  const sockets = trackSockets(app)
  const parts: GatewayParts = { app, options, authenticator: new Authenticator(options.token), metrics: new HttpMetrics() }
  const port = (): number => (app.server.address() as AddressInfo).port

  await installWebSocket(app)
  const guard = await installGuard(parts, port)
  await installSecurityHeaders(app)
  registerStream(parts, guard)
  await app.register(async (rest) => registerRest(rest, options, guard), { prefix: API_PREFIX })
  registerMetrics(parts, guard)
  if (options.rendererDir !== undefined) await registerScreens(app, options.rendererDir)
  registerUnmatched(app, options)

  await listen(app, options)
  return {
    url: `http://${urlHost(options.host)}:${port()}`,
    port: port(),
    close: () => close(app, options, sockets),
  }
}

function createApp(options: GatewayOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_DEADLINE_MS,
    http: { headersTimeout: HEADERS_DEADLINE_MS, connectionsCheckingInterval: 1_000, maxHeaderSize: HEADER_BYTES_MAX },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      failureHandler(options.logger)(error, request, reply as never)
    },
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.setErrorHandler(failureHandler(options.logger))
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, String(body), done)
  })
  return app
}

/** Prometheus text at the root: for a scraper on this machine, or one that has the token. */
function registerMetrics({ app, options, metrics }: GatewayParts, guard: Guard): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const route = routeName(request.method, path) ?? (request.routeOptions.url === undefined ? 'unmatched' : request.routeOptions.url)
    metrics.observe({ method: request.method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1_000 })
  })
  app.get('/metrics', {
    onRequest: async (request, reply) =>
      request.authentication === 'none' && isLoopback(request.ip) ? undefined : guard.requireToken(request, reply),
    handler: async (_request, reply) => {
      const [workstation, http] = await Promise.all([options.workstation.metrics(), metrics.text()])
      return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(`${workstation.trimEnd()}\n${http.trimEnd()}\n`)
    },
  })
}

function registerUnmatched(app: FastifyInstance, { rendererDir }: GatewayOptions): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    rendererDir !== undefined && wantsScreens(request) ? reply.sendFile('index.html') : answerUnmatched(request, reply),
  )
}

async function listen(app: FastifyInstance, { host, port }: GatewayOptions): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      const holder = code === 'EADDRINUSE' ? await describePortHolder(port) : 'the system (the port needs more rights)'
      throw new AppError(
        'PORT_TAKEN',
        `port ${port} on ${host} is taken by ${holder ?? 'another program'}; the gateway was not started. Stop that program or choose another port with --port (0 picks a free one)`,
        { cause: error },
      )
    }
    throw error
  }
}

/** Every connection, also those that became WebSockets, which the server itself no longer knows. */
function trackSockets(app: FastifyInstance): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

async function close(app: FastifyInstance, { logger }: GatewayOptions, sockets: ReadonlySet<Socket>): Promise<void> {
  const timer = setTimeout(() => {
    logger.warn({ connections: sockets.size }, 'clients did not let go of the gateway in time; their connections were ended')
    for (const socket of sockets) socket.destroy()
  }, CLOSE_DEADLINE_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(timer)
  }
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
