import { AppError } from '#domain/errors.ts'

/** The promise's outcome, or `DEADLINE_EXCEEDED` with these words when it takes longer. What comes late is ignored. */
export async function withDeadline<T>(promise: PromiseLike<T>, deadlineMs: number, words: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new AppError('DEADLINE_EXCEEDED', words)), deadlineMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
