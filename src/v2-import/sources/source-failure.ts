import { AppError } from '#domain/errors.ts'

/** Makes the error for a damaged or unreadable file: `refuse(what, offset, cause)`. */
export type Refuse = (what: string, offset?: number, cause?: unknown) => AppError

/** `FILE_INVALID` naming the file, the offset, what is wrong, what was not done and what to do next. */
export function refuseFile(path: string, advice: string): Refuse {
  return (what, offset, cause) => {
    const where = offset === undefined ? path : `${path}, byte ${offset}`
    return new AppError('FILE_INVALID', `${where}: ${what}. The import of it was not finished. ${advice}`, { cause })
  }
}

/** A failure of the disk or of a path, as against one of the content. */
export function diskFailure(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOENT') return new AppError('NOT_FOUND', `${path}: there is no such file. Nothing was read. Check the path.`, { cause })
  if (code === 'EACCES' || code === 'EPERM')
    return new AppError('REFUSED', `${path}: this user may not read it. Nothing was read. Give read permission.`, { cause })
  const words = cause instanceof Error ? cause.message : String(cause)
  return new AppError('FILE_INVALID', `${path}: it cannot be read (${words}). The import of it was not finished. Check the disk.`, {
    cause,
  })
}
