import { OpenAPIHandler } from '@orpc/openapi/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { API_PREFIX } from '#contract/stream.ts'
import type { ApiContext } from '#contract/api.ts'
import { answerUnmatched } from './failures.ts'
import type { Guard } from './guard.ts'
import { buildOpenApiDocument } from './openapi.ts'
import { problemBody, PROBLEM_JSON } from './problem.ts'
import type { GatewayOptions } from './types.ts'

/** `/api/v1`: every call of the contract behind the token, the OpenAPI document, and health. */
export function registerRest(app: FastifyInstance, { workstation, version }: GatewayOptions, guard: Guard): void {
  const calls = new OpenAPIHandler<ApiContext>(workstation.router, {
    customErrorResponseBodyEncoder: (error) => {
      const data: unknown = error.data
      const faults = typeof data === 'object' && data !== null && 'errors' in data ? data.errors : undefined
      return problemBody(error.status, codeOf(error), error.message, faults)
    },
  })

  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('cache-control', 'no-store')
    if (reply.statusCode >= 400 && String(reply.getHeader('content-type')).startsWith('application/json'))
      reply.header('content-type', PROBLEM_JSON)
    return payload
  })

  app.get('/health', async (request, reply) => {
    if (request.authentication === 'wrong') return guard.requireToken(request, reply)
    const status = workstation.status()
    const word = status.state === 'running' ? 'ok' : status.state
    return request.authentication === 'ok' ? { status: word, ...status } : { status: word }
  })

  let document: Promise<string> | undefined
  app.get('/openapi.json', { onRequest: guard.requireToken }, async (_request, reply) => {
    document ??= buildOpenApiDocument(version).then((built) => JSON.stringify(built))
    return reply.header('content-type', 'application/json; charset=utf-8').send(await document)
  })

  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    onRequest: guard.requireToken,
    handler: async (request, reply) => {
      const { matched } = await calls.handle(request, reply, { prefix: API_PREFIX, context: contextOf(request) })
      return matched ? reply : answerUnmatched(request, reply)
    },
  })
}

/** How our own command line names itself, for the audit. It has the token like any other caller; the name gives it nothing. */
const CLIENT_HEADER = 'x-client'

function contextOf(request: FastifyRequest): ApiContext {
  const key = request.headers['idempotency-key']
  return { actor: request.headers[CLIENT_HEADER] === 'cli' ? 'cli' : 'rest', ...(typeof key === 'string' ? { idempotencyKey: key } : {}) }
}

/** oRPC's own codes appear only where a request did not reach a handler. */
function codeOf(error: { readonly code: string }): string {
  if (error.code === 'INTERNAL_SERVER_ERROR') return 'INTERNAL'
  return error.code === 'BAD_REQUEST' ? 'INPUT_INVALID' : error.code
}
