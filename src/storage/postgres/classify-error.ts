import { AppError } from '#domain/errors.ts'
import type { ErrorCode } from '#domain/errors.ts'

interface DriverError {
  readonly code?: string | undefined
  readonly message: string
}

function describe(error: unknown): DriverError {
  // Node gives an AggregateError when a name has several addresses and none answered.
  const inner = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error
  if (!(inner instanceof Error)) return { message: String(inner) }
  const code = (inner as { readonly code?: unknown }).code
  return { message: inner.message, code: typeof code === 'string' ? code : undefined }
}

const NETWORK = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|EACCES|EADDRNOTAVAIL)$/
/** Classes of SQLSTATE that pass by themselves: connection, resources, operator intervention, rollback by conflict. */
const PASSING = /^(08|53|57|40|58|55P03|55000|55006)/

type Rule = readonly [match: (error: DriverError) => boolean, code: ErrorCode, words: (error: DriverError, where: string) => string]

function unreachable({ message, code }: DriverError, where: string): string {
  return `Postgres at ${where} cannot be reached (${message === '' ? code : message}). Facts wait in the journal; it is tried again.`
}

const RULES: readonly Rule[] = [
  [
    ({ code, message }) => code === '28P01' || code === '28000' || /password must be a (non-empty )?string|SASL/.test(message),
    'POSTGRES_WRONG_PASSWORD',
    ({ message }, where) =>
      `Postgres at ${where} refused the login (${message}). Check user and password (PGUSER, PGPASSWORD or database.* in the config).`,
  ],
  [
    ({ code }) => code === '3D000',
    'NOT_FOUND',
    (_, where) => `The database of ${where} does not exist. Create it, or let the user create databases.`,
  ],
  [
    ({ code }) => code === '42501',
    'REFUSED',
    ({ message }, where) =>
      `Postgres at ${where} does not allow this user what is needed (${message}). Nothing was written; grant CREATE on the database and its schema public.`,
  ],
  [
    ({ code }) => code === '53100',
    'POSTGRES_UNREACHABLE',
    ({ message }, where) => `The disk of Postgres at ${where} is full (${message}). Facts wait in the journal; free some space.`,
  ],
  [
    // Somebody dropped our tables under us: at the next connection they are made again.
    ({ code }) => code === '42P01' || code === '3F000',
    'POSTGRES_UNREACHABLE',
    ({ message }, where) =>
      `The tables at ${where} are gone (${message}). Facts wait in the journal; the tables are made again and filled.`,
  ],
  [({ code }) => code !== undefined && (NETWORK.test(code) || PASSING.test(code)), 'POSTGRES_UNREACHABLE', unreachable],
  [
    ({ code }) => code !== undefined && /^[0-9A-Z]{5}$/.test(code),
    'CONFLICT',
    ({ message, code }, where) =>
      `Postgres at ${where} refused a statement (${code}: ${message}). Nothing of that batch was written; facts wait in the journal.`,
  ],
]

/** What our own mistakes look like, as against failures of the network or the server. */
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError] as const

/**
 * What a failure of the driver or the server means for us. An `AppError` comes back as it is, a bug is thrown on; words
 * nobody knows (TLS has many) count as unreachable, with the words in the message.
 */
export function classifyPostgresError(error: unknown, where: string): AppError {
  if (error instanceof AppError) return error
  const details = describe(error)
  const rule = RULES.find(([match]) => match(details))
  if (rule !== undefined) return new AppError(rule[1], rule[2](details, where), { cause: error })
  if (BUGS.some((kind) => error instanceof kind)) throw error
  return new AppError('POSTGRES_UNREACHABLE', unreachable(details, where), { cause: error })
}
