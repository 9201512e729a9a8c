import { once } from 'node:events'
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import { FILES_PREFIX } from './manifest.ts'
import type { ByteSink } from './read-unchanged.ts'

/** A tar.gz that is being written into an open file. A failure of the disk ends whatever waits for it. */
export class ArchiveWriter {
  /** Of the disk; other errors only follow from it. */
  failure: unknown
  readonly #pack: Pack = pack()
  readonly #written: Promise<void>
  readonly #failed: Promise<never>

  constructor(handle: FileHandle) {
    this.#written = pipeline(this.#pack, createGzip(), (chunks: AsyncIterable<Buffer>) => this.#writeAll(handle, chunks))
    this.#failed = new Promise((_resolve, reject) => {
      this.#written.catch(reject)
    })
    // Whoever waits hears of it; that nobody waits just then is no bug.
    this.#failed.catch(() => undefined)
  }

  async directory(path: string, mode: number): Promise<void> {
    await this.#entry({ name: `${FILES_PREFIX}${path}/`, mode, type: 'directory' })
  }

  async link(path: string, target: string): Promise<void> {
    await this.#entry({ name: `${FILES_PREFIX}${path}`, linkname: target, type: 'symlink' })
  }

  async text(name: string, text: string): Promise<void> {
    await this.#entry({ name, mode: 0o600 }, Buffer.from(text))
  }

  /** Gives `fill` the sink of one file and waits until the entry is whole. */
  async file<T>(path: string, fill: (sink: ByteSink) => Promise<T>): Promise<T> {
    const opened: { entry?: ReturnType<Pack['entry']> } = {}
    const ended = Promise.withResolvers<undefined>()
    // When `fill` fails nobody waits for the end.
    ended.promise.catch(() => undefined)
    const result = await fill({
      begin: ({ bytes, mode, modifiedMs }) => {
        const header = { name: `${FILES_PREFIX}${path}`, size: bytes, mode, mtime: new Date(modifiedMs), type: 'file' } as const
        opened.entry = this.#pack.entry(header, (error) => (error instanceof Error ? ended.reject(error) : ended.resolve(undefined)))
      },
      write: async (chunk) => {
        const { entry } = opened
        if (entry !== undefined && !entry.write(chunk)) await Promise.race([once(entry, 'drain'), this.#failed])
      },
    })
    opened.entry?.end(undefined)
    if (opened.entry !== undefined) await Promise.race([ended.promise, this.#failed])
    return result
  }

  /** When it returns all bytes were given to the file. */
  async end(): Promise<void> {
    this.#pack.finalize()
    await this.#written
  }

  /** Ends what is under way; the file is of no use then. */
  async abandon(): Promise<void> {
    this.#pack.destroy()
    await this.#written.catch(() => undefined)
  }

  async #entry(header: Parameters<Pack['entry']>[0], bytes: Buffer = Buffer.alloc(0)): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#pack.entry(header, bytes, (error) => (error instanceof Error ? reject(error) : resolve()))
    await Promise.race([promise, this.#failed])
  }

  /** Not by a stream of the handle: that one would have to be closed before the file is synchronised. */
  async #writeAll(handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      try {
        for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
      } catch (error) {
        this.failure = error
        throw error
      }
    }
  }
}
