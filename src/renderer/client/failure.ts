import { ORPCError } from '@orpc/client'

/**
 * Why a call did not give an answer.
 * `unreachable` and `timeout` leave it open whether the act was done; `refused` and `failed` are the workstation's own words.
 */
export type FailureKind = 'unreachable' | 'timeout' | 'unauthorized' | 'refused' | 'failed'

const UNAUTHORIZED_STATUS = new Set([401, 403])

export class Failure extends Error {
  readonly kind: FailureKind
  readonly code: string
  constructor(kind: FailureKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.kind = kind
    this.code = code
  }
}

function textField(data: unknown, name: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const value: unknown = Reflect.get(data, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Reads an RFC 9457 problem document, or whatever else came with an error status. */
export function failureFromResponse(status: number, body: unknown): Failure {
  const code = textField(body, 'code') ?? `HTTP_${status}`
  const message = textField(body, 'detail') ?? textField(body, 'message') ?? textField(body, 'title') ?? code
  if (UNAUTHORIZED_STATUS.has(status)) return new Failure('unauthorized', code, message)
  return new Failure(status >= 500 ? 'failed' : 'refused', code, message)
}

/** Any thrown thing as a `Failure`; a bug of ours stays readable as `failed`. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof ORPCError) {
    const kind = UNAUTHORIZED_STATUS.has(error.status) ? 'unauthorized' : error.status >= 500 ? 'failed' : 'refused'
    return new Failure(kind, textField(error.data, 'code') ?? error.code, error.message, { cause: error })
  }
  if (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new Failure('timeout', 'DEADLINE_EXCEEDED', error.message, { cause: error })
  }
  if (error instanceof TypeError) return new Failure('unreachable', 'UNREACHABLE', error.message, { cause: error })
  return new Failure('failed', 'FAILED', error instanceof Error ? error.message : String(error), { cause: error })
}
