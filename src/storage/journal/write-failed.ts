import { AppError } from '#domain/errors.ts'

export function writeFailed(cause?: unknown): AppError {
  return new AppError(
    'JOURNAL_WRITE_FAILED',
    'The journal could not be written. Nothing that waited for it was sent. Check free space and permissions of the data directory, then start again.',
    { cause },
  )
}
