import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '#domain/errors.ts'
import type { SourceFile } from './import-source.ts'
import { CHUNK_BYTES } from './limits.ts'
import { diskFailure } from './source-failure.ts'

/** A regular file opened for reading, by offset. Its size is that at opening; bytes added later are not seen. */
export class ByteFile {
  readonly info: SourceFile
  readonly #handle: FileHandle

  private constructor(handle: FileHandle, info: SourceFile) {
    this.#handle = handle
    this.info = info
  }

  /** Throws `AppError` if it is absent, not readable or not a regular file (a device or pipe would never end). */
  static async open(path: string): Promise<ByteFile> {
    let handle: FileHandle | undefined
    try {
      // Without O_NONBLOCK the opening of a pipe would wait for a writer.
      handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      const stat = await handle.stat()
      if (!stat.isFile())
        throw new AppError('FILE_INVALID', `${path}: it is not a regular file. Nothing was read. Give the path of a file.`)
      return new ByteFile(handle, { path, size: stat.size, modifiedMs: Math.trunc(stat.mtimeMs) })
    } catch (error) {
      await handle?.close()
      throw diskFailure(path, error)
    }
  }

  get path(): string {
    return this.info.path
  }

  get size(): number {
    return this.info.size
  }

  /** As many of the wanted bytes as the file has; the caller bounds `length`. */
  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - offset))
    const buffer = Buffer.allocUnsafe(wanted)
    let done = 0
    try {
      while (done < wanted) {
        const { bytesRead } = await this.#handle.read(buffer, done, wanted - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
    } catch (error) {
      throw diskFailure(this.path, error)
    }
    return buffer.subarray(0, done)
  }

  /** The bytes from one offset to another in chunks of `CHUNK_BYTES`. */
  async *stream(from = 0, to = this.size, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
    let offset = from
    while (offset < to) {
      signal?.throwIfAborted()
      const chunk = await this.read(offset, Math.min(CHUNK_BYTES, to - offset))
      if (chunk.length === 0) return
      offset += chunk.length
      yield chunk
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
