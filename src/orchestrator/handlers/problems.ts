import { ORPCError } from '@orpc/server'
import { AppError, type ErrorCode } from '#domain/errors.ts'

/** One fault of an input: where, and what is wrong there. `path` is written as in JavaScript: `[2].quantity`. */
export interface FieldFault {
  readonly path: string
  readonly message: string
}

/** Codes of errors that calls of the contract end in, with the HTTP status they have over REST. Stable: programs rely on them. */
export const PROBLEMS = {
  INPUT_INVALID: { status: 400, title: 'The input is not valid' },
  IDEMPOTENCY_KEY_INVALID: { status: 400, title: 'The Idempotency-Key is not valid' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The Idempotency-Key was used for another request' },
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  CONFLICT: { status: 409, title: 'The state does not allow it' },
  REFUSED: { status: 409, title: 'Refused by a safety rule' },
  UNAVAILABLE: { status: 503, title: 'A part that is needed is not available' },
  DEADLINE_EXCEEDED: { status: 504, title: 'No answer in time' },
  INTERNAL: { status: 500, title: 'A fault inside the workstation' },
} as const
export type ProblemCode = keyof typeof PROBLEMS

/** An error a caller may see, over every transport. */
export function problem(code: ProblemCode, message: string, faults?: readonly FieldFault[]): ORPCError<string, unknown> {
  const data: unknown = faults === undefined ? undefined : { errors: faults }
  return new ORPCError<string, unknown>(code, { status: PROBLEMS[code].status, message, data })
}

/** A fault of one field that the schema cannot see. */
export function fieldFault(path: string, message: string): ORPCError<string, unknown> {
  return problem('INPUT_INVALID', `${path}: ${message}`, [{ path, message }])
}

const BY_APP_ERROR: Partial<Record<ErrorCode, ProblemCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  REFUSED: 'REFUSED',
  CONFIG_INVALID: 'INPUT_INVALID',
  STRATEGY_INVALID: 'INPUT_INVALID',
  FILE_INVALID: 'INPUT_INVALID',
  DEADLINE_EXCEEDED: 'DEADLINE_EXCEEDED',
}

/** Turns whatever a handler threw into what a caller may see. A bug keeps its words to the log. */
export function toProblem(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError) {
    const issues = issuesOf(error.data)
    if (issues === undefined) return error.code === 'INTERNAL_SERVER_ERROR' ? fault() : error
    const faults = issues.flatMap((issue) => faultsOf(issue, ''))
    const first = faults[0]
    const where = first === undefined || first.path === '' ? '' : `${first.path}: `
    return problem('INPUT_INVALID', `${where}${first?.message ?? 'the input does not fit the schema'}`, faults)
  }
  if (error instanceof AppError) {
    const code = BY_APP_ERROR[error.code] ?? (error.retryable ? 'UNAVAILABLE' : 'INTERNAL')
    return problem(code, code === 'INTERNAL' ? `${PROBLEMS.INTERNAL.title} (${error.code}); see the log` : error.message)
  }
  return fault()
}

/** A bug, as the caller sees it: no word of what went wrong inside. */
function fault(): ORPCError<string, unknown> {
  return problem('INTERNAL', `${PROBLEMS.INTERNAL.title}; see the log`)
}

/** An issue of the schema library, as far as it is read here. */
interface Issue {
  readonly message: string
  readonly code?: string
  readonly path?: readonly unknown[]
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly Issue[])[]
}

const FAULTS_MAX = 50

function issuesOf(data: unknown): readonly Issue[] | undefined {
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues)) return undefined
  return data.issues.slice(0, FAULTS_MAX)
}

function faultsOf(issue: Issue, prefix: string): FieldFault[] {
  const path = (issue.path ?? []).reduce<string>((text, part) => join(text, part), prefix)
  if (issue.code === 'invalid_union' && issue.errors !== undefined) {
    const branch = closestBranch(issue.errors)
    if (branch !== undefined) return branch.slice(0, FAULTS_MAX).flatMap((inner) => faultsOf(inner, path))
  }
  if (issue.keys !== undefined) return issue.keys.map((key) => ({ path: join(path, key), message: 'unknown key' }))
  return [{ path, message: issue.message }]
}

/** Of a union's branches the one the input was meant for: whose very kind of value fits. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) => !issues.some((issue) => issue.code === 'invalid_type' && (issue.path ?? []).length === 0)) ?? branches[0]
}

function join(path: string, part: unknown): string {
  if (typeof part === 'number') return `${path}[${part}]`
  return path === '' ? String(part) : `${path}.${String(part)}`
}
