import { open } from 'node:fs/promises'
import { AppError } from '#domain/errors.ts'
import { unsupported } from './refusal.ts'

const READ_DEADLINE_MS = 60_000

/** The bytes of a regular file that is not larger than `maxBytes`. */
export async function readModelFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r')
    const status = await file.stat()
    if (!status.isFile()) throw unsupported(`${path} is not a file`)
    if (status.size > maxBytes) throw unsupported(`${path} has ${status.size} bytes; at most ${maxBytes} are read`)
    return await file.readFile({ signal: AbortSignal.timeout(READ_DEADLINE_MS) })
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('FILE_INVALID', `${path} could not be read. Nothing was imported from it; check that it is there and readable.`, {
      cause: error,
    })
  }
}
