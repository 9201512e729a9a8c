import { createORPCClient } from '@orpc/client'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import { contract } from '#contract/api.ts'
import { API_PREFIX, STREAM_PATH } from '#contract/stream.ts'
import { failureFromResponse } from './failure.ts'
import { createStreamClient } from './stream-client.ts'
import { connectWebSocket } from './stream-connections.ts'
import type { Api, WorkstationClient } from './workstation-client.ts'
import { withDeadline } from './workstation-client.ts'

async function readBody(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

/** Calls over REST, events over the WebSocket, both with the bearer token. `origin` is where the page came from. */
export function createHttpClient(origin: string, token: string): WorkstationClient {
  const link = new OpenAPILink(contract, {
    url: `${origin}${API_PREFIX}`,
    headers: () => ({ authorization: `Bearer ${token}`, 'x-api-version': '3.0' }),
    fetch: async (request, init) => {
      if (request.method !== 'GET') request.headers.set('idempotency-key', crypto.randomUUID())
      const response = await fetch(request, init)
      if (response.ok) return response
      throw failureFromResponse(response.status, await readBody(response))
    },
  })
  const api: Api = createORPCClient(withDeadline(link))
  const stream = createStreamClient({ connect: connectWebSocket(`${origin.replace(/^http/, 'ws')}${STREAM_PATH}`, token) })
  return { kind: 'http', api, stream, close: () => stream.close() }
}
