import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** Codes of errors the gateway itself answers with; those of calls come from their handlers. Stable: programs rely on them. */
export const GATEWAY_PROBLEMS = {
  BODY_NOT_JSON: { status: 400, when: 'the body is no JSON' },
  HOST_MISSING: { status: 400, when: 'the request names no Host' },
  BAD_REQUEST: { status: 400, when: 'the request cannot be read' },
  API_VERSION_UNSUPPORTED: { status: 400, when: '`X-API-Version` names a major version other than 3' },
  UNAUTHORIZED: { status: 401, when: 'no token, or a wrong one' },
  ORIGIN_REFUSED: { status: 403, when: 'a page of another origin asks' },
  NOT_FOUND: { status: 404, when: 'there is no such path, or no such thing' },
  METHOD_NOT_ALLOWED: { status: 405, when: 'the path has no such method; `Allow` lists those it has' },
  BODY_TOO_LARGE: { status: 413, when: 'the body exceeds 1 MiB' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, when: 'a body that is not `application/json`' },
  HOST_REFUSED: { status: 421, when: 'the `Host` is not one the workstation answers for' },
  UPGRADE_REQUIRED: { status: 426, when: 'the stream is asked for without a WebSocket upgrade' },
  RATE_LIMITED: { status: 429, when: 'too many requests, or too many failed sign-ins; `Retry-After` says for how long' },
  INTERNAL: { status: 500, when: 'a fault inside the workstation; its log has more' },
  TOO_MANY_SOCKETS: { status: 503, when: 'as many streams are open as may be' },
} as const
export type GatewayProblemCode = keyof typeof GATEWAY_PROBLEMS

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: unknown
}

/** An error as RFC 9457 has it. `errors` lists faults of single fields. */
export function problemBody(status: number, code: string, detail: string, errors?: unknown): ProblemBody {
  return {
    type: `urn:bot-trading:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
  }
}

export function sendProblem(reply: FastifyReply, code: GatewayProblemCode, detail: string): FastifyReply {
  const { status } = GATEWAY_PROBLEMS[code]
  return reply
    .code(status)
    .header('content-type', PROBLEM_JSON)
    .send(JSON.stringify(problemBody(status, code, detail)))
}
