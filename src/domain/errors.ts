/** Codes of operating failures, and whether trying again may help. A bug is an ordinary `Error`; an expected answer is a returned union. */
export const ERROR_CODES = {
  JOURNAL_NOT_DURABLE: { retryable: false },
  JOURNAL_CORRUPT: { retryable: false },
  JOURNAL_NEWER: { retryable: false },
  JOURNAL_WRITE_FAILED: { retryable: false },
  DATA_DIR_LOCKED: { retryable: false },
  CONFIG_INVALID: { retryable: false },
  FILE_INVALID: { retryable: false },
  PORT_TAKEN: { retryable: false },
  WORKER_CRASHED: { retryable: true },
  WORKER_EXITED: { retryable: true },
  DEADLINE_EXCEEDED: { retryable: true },
  QUEUE_FULL: { retryable: true },
  NOT_FOUND: { retryable: false },
  CONFLICT: { retryable: false },
  REFUSED: { retryable: false },
  POSTGRES_UNREACHABLE: { retryable: true },
  POSTGRES_WRONG_PASSWORD: { retryable: false },
  POSTGRES_WRONG_VERSION: { retryable: false },
  POSTGRES_FOREIGN_DATABASE: { retryable: false },
  POSTGRES_MIGRATION_CHANGED: { retryable: false },
  POSTGRES_AHEAD: { retryable: false },
  POSTGRES_START_FAILED: { retryable: true },
  STRATEGY_INVALID: { retryable: false },
  STRATEGY_FAILED: { retryable: false },
  MODEL_UNAVAILABLE: { retryable: false },
  EXCHANGE_UNAVAILABLE: { retryable: true },
} as const satisfies Record<string, { readonly retryable: boolean }>

export type ErrorCode = keyof typeof ERROR_CODES

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code)
}

/** An operating failure a person or a caller can act on: what happened, what was not done, what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
  }
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}

/** Closes a switch over a union: a new member becomes a compile error here. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}
