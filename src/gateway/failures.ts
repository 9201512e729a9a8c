import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '#platform/log/logger.ts'
import { methodsOf } from './contract-routes.ts'
import { problemBody, PROBLEM_JSON, sendProblem, type GatewayProblemCode } from './problem.ts'

const BY_CODE: Readonly<Record<string, GatewayProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_NOT_JSON',
}
const DETAILS: Partial<Record<GatewayProblemCode, string>> = {
  MEDIA_TYPE_UNSUPPORTED: 'a body must be sent as Content-Type: application/json',
  BODY_TOO_LARGE: 'a body may have 1 MiB',
  RATE_LIMITED: 'too many requests; wait as long as Retry-After says',
  BODY_NOT_JSON: 'the body cannot be read as JSON',
}

/** Whatever went wrong before a handler answered, as a problem. No stack and no inner word leaves. */
export function failureHandler(logger: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const code = codeOf(error)
    if (code === 'INTERNAL') logger.error({ err: error, method: request.method, url: request.url }, 'a request failed')
    return sendProblem(
      reply,
      code,
      DETAILS[code] ?? (code === 'INTERNAL' ? 'a fault inside the workstation; see its log' : 'the request cannot be read'),
    )
  }
}

function codeOf(error: FastifyError): GatewayProblemCode {
  const known = BY_CODE[error.code]
  if (known !== undefined) return known
  const status = error.statusCode ?? 500
  if (status === 429) return 'RATE_LIMITED'
  if (error instanceof SyntaxError) return 'BODY_NOT_JSON'
  return status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL'
}

/** No route took it: the path is unknown, or only the method is. */
export function answerUnmatched(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/'
  const methods = methodsOf(path)
  if (methods.length === 0) return sendProblem(reply, 'NOT_FOUND', 'there is no such path')
  reply.header('allow', methods.join(', '))
  return sendProblem(reply, 'METHOD_NOT_ALLOWED', `this path has ${methods.join(', ')}`)
}

/** What cannot even be parsed as HTTP, or came too slowly. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const body = JSON.stringify(problemBody(status, 'BAD_REQUEST', 'the request cannot be read as HTTP in time'))
  socket.end(
    `HTTP/1.1 ${status} ${status === 408 ? 'Request Timeout' : status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}\r\n` +
      `Content-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
