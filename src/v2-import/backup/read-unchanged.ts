import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

const CHUNK_BYTES = 262_144

export interface FileSeal {
  readonly bytes: number
  readonly sha256: string
  readonly mode: number
  readonly modifiedMs: number
  readonly modifiedNs: bigint
  /** Its size or time were others at the end than at the beginning. */
  readonly isChanged: boolean
}

export interface FileHead {
  readonly bytes: number
  readonly mode: number
  readonly modifiedMs: number
}

/** Where the bytes of a file go; `begin` comes first, then exactly as many bytes as it says. */
export interface ByteSink {
  begin(head: FileHead): void
  write(chunk: Buffer): Promise<void>
}

/**
 * Reads a file once, never through a link and never waiting for a pipe, and gives exactly as many bytes as it had at the beginning:
 * of a file that became shorter the rest is zeros. Throws what the system throws.
 */
export async function readUnchanged(path: string, sink: ByteSink | undefined, signal?: AbortSignal): Promise<FileSeal> {
  await using handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  const before = await handle.stat({ bigint: true })
  if (!before.isFile()) throw new NotAFile()
  const head = { bytes: Number(before.size), mode: Number(before.mode) & 0o777, modifiedMs: Number(before.mtimeMs) }
  sink?.begin(head)
  const { sha256, isShort } = await copy(handle, head.bytes, sink, signal)
  const after = await handle.stat({ bigint: true })
  return { ...head, modifiedNs: before.mtimeNs, sha256, isChanged: isShort || !isSame(before, after) }
}

class NotAFile extends Error {
  readonly code = 'not a file any more'
}

async function copy(
  handle: FileHandle,
  bytes: number,
  sink: ByteSink | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly sha256: string; readonly isShort: boolean }> {
  const hash = createHash('sha256')
  let [at, isShort] = [0, false]
  while (at < bytes) {
    signal?.throwIfAborted()
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes - at))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) isShort = true
    const part = isShort ? chunk : chunk.subarray(0, bytesRead)
    hash.update(part)
    await sink?.write(part)
    at += part.length
  }
  return { sha256: hash.digest('hex'), isShort }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs
}
