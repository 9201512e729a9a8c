import rateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { allowedHosts } from './allowed-hosts.ts'
import { sendProblem } from './problem.ts'
import type { GatewayParts } from './types.ts'

export const API_VERSION = '3.0'
/** Requests a second from one address: with the token, and without one. */
export const RATE_WITH_TOKEN_MAX = 10_000
export const RATE_WITHOUT_TOKEN_MAX = 300
/** Wrong tokens from one address in a minute before it is told to wait. */
export const FAILED_SIGN_INS_MAX = 20
const MINUTE_MS = 60_000
const ADDRESSES_MAX = 5_000

/**
 * What stands before every route, in this order: the Host must be ours, a page must be ours, the version must be known, the
 * rate must be bearable. Whether a token is needed is each route's own rule, `requireToken`.
 */
export async function installGuard({ app, options, authenticator, metrics }: GatewayParts, port: () => number): Promise<Guard> {
  app.decorateRequest('authentication', 'none')
  let hosts: ReadonlySet<string> | undefined

  app.addHook('onRequest', async (request, reply) => {
    hosts ??= allowedHosts(options.host, port())
    const refusal = refuseHost(request, reply, hosts) ?? refuseOrigin(request, reply, hosts) ?? refuseVersion(request, reply)
    if (refusal !== undefined) return refusal
    reply.header('x-api-version', API_VERSION)
    request.authentication = authenticator.check(request.headers.authorization)
    return undefined
  })

  await app.register(rateLimit, {
    max: (request) => (request.authentication === 'ok' ? RATE_WITH_TOKEN_MAX : RATE_WITHOUT_TOKEN_MAX),
    timeWindow: 1_000,
    cache: ADDRESSES_MAX,
    keyGenerator: (request) => `${request.authentication === 'ok' ? 'token' : 'open'} ${request.ip}`,
    addHeadersOnExceeding: NO_HEADERS,
    addHeaders: { ...NO_HEADERS, 'retry-after': true },
  })
  const failedSignIn = app.createRateLimit({
    max: FAILED_SIGN_INS_MAX,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => `failed ${request.ip}`,
  })

  return {
    requireToken: async (request, reply) => {
      if (request.authentication === 'ok') return undefined
      reply.header('www-authenticate', 'Bearer')
      if (request.authentication === 'none')
        return sendProblem(reply, 'UNAUTHORIZED', 'a token is needed: send "Authorization: Bearer TOKEN"')
      metrics.signInFailed()
      const limit = await failedSignIn(request)
      if (!limit.isAllowed && limit.isExceeded) {
        reply.header('retry-after', String(limit.ttlInSeconds))
        return sendProblem(reply, 'RATE_LIMITED', 'too many wrong tokens; wait before the next')
      }
      return sendProblem(reply, 'UNAUTHORIZED', 'the token is not the one of this workstation')
    },
  }
}

export interface Guard {
  /** An `onRequest` hook: answers 401 unless the request shows the token. */
  readonly requireToken: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>
}

const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false } as const

function refuseHost(request: FastifyRequest, reply: FastifyReply, hosts: ReadonlySet<string>): FastifyReply | undefined {
  const { host } = request.headers
  if (host === undefined) return sendProblem(reply, 'HOST_MISSING', 'the request names no Host')
  if (hosts.has(host.toLowerCase())) return undefined
  return sendProblem(reply, 'HOST_REFUSED', `this workstation answers for ${[...hosts].join(', ')}`)
}

/** A browser says which page asks. Programs say nothing and pass; they still need the token. */
function refuseOrigin(request: FastifyRequest, reply: FastifyReply, hosts: ReadonlySet<string>): FastifyReply | undefined {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const ownOrigin = origin === undefined || (origin.startsWith('http://') && hosts.has(origin.slice('http://'.length).toLowerCase()))
  const navigation = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET'
  if (ownOrigin && (site !== 'cross-site' || navigation)) return undefined
  return sendProblem(reply, 'ORIGIN_REFUSED', 'pages of other origins may not use this workstation')
}

function refuseVersion(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const asked = request.headers['x-api-version']
  if (asked === undefined || (typeof asked === 'string' && /^3(\.\d+)*$/.test(asked.trim()))) return undefined
  return sendProblem(reply, 'API_VERSION_UNSUPPORTED', `X-API-Version ${String(asked).slice(0, 20)} is not served; this is ${API_VERSION}`)
}
