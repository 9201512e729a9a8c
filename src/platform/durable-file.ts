import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '#domain/errors.ts'

const OUT_OF_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG']

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new AppError(
      'FILE_INVALID',
      `${path} cannot be read (${codeOf(error)}). Nothing was changed. Give read permission, or check the disk.`,
      {
        cause: error,
      },
    )
  }
}

/** Whole or not at all, also when the power goes. Throws `FILE_INVALID`; the old file stands then. */
export async function writeDurably(path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const draft = draftOf(path)
  try {
    const handle = await open(draft, 'wx', mode)
    try {
      await handle.writeFile(bytes)
      await handle.chmod(mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(draft, { force: true })
    throw writeFailure(path, error)
  }
}

export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  } catch (error) {
    throw writeFailure(path, error)
  }
}

export function draftOf(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.draft`
}

/** A rename is durable only with its directory. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function writeFailure(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const why = OUT_OF_SPACE.includes(code) ? 'there is no space left for it' : `it failed with ${code}`
  const advice = OUT_OF_SPACE.includes(code)
    ? 'Free some space there, or choose another disk, and run it again.'
    : 'Check the path and its permissions, and run it again.'
  return new AppError('FILE_INVALID', `${path} could not be written: ${why}. No part of it was left behind. ${advice}`, { cause })
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'an unknown error'
}
