import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { Transform } from 'node:stream'
import { COMPRESSED_SLICE_BYTES, CHUNK_BYTES, EXPANSION_FREE_BYTES, EXPANSION_RATIO_MAX, TABLE_BYTES_MAX } from '../limits.ts'
import { CompressionError } from './compression-error.ts'
import { Lz4FrameDecoder } from './lz4-frame.ts'

/** `zlib` is a bare zlib stream, as inside custom archives; `gzip` a gzip file. */
export const COMPRESSIONS = ['none', 'zlib', 'gzip', 'lz4', 'zstd'] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** The window a zstd frame may ask for: 128 MiB, what `zstd:long` of pg_dump uses. */
const ZSTD_WINDOW_LOG_MAX = 27

interface Decoder {
  push(input: Buffer, emit: (output: Buffer) => void): Promise<void> | void
  finish(emit: (output: Buffer) => void): Promise<void> | void
  close(): void
}

/**
 * Decompresses piece by piece; memory is bounded by the window of the format and the expansion of one slice. Throws
 * `CompressionError`, after what was decoded before the damage, when the data is damaged, cut off, goes on behind its end
 * or expands beyond all reason. Checksums: zlib, gzip, LZ4 and zstd verify those the stream carries.
 */
export async function* decompress(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer, void, void> {
  if (compression === 'none') {
    yield* chunks
    return
  }
  const decoder = openDecoder(compression)
  const guard = new ExpansionGuard()
  const output: Buffer[] = []
  const emit = (piece: Buffer): void => {
    guard.produced(piece.length)
    output.push(piece)
  }
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += COMPRESSED_SLICE_BYTES) {
        const slice = chunk.subarray(at, at + COMPRESSED_SLICE_BYTES)
        guard.consumed(slice.length)
        const failure = await failureOf(async () => decoder.push(slice, emit))
        yield* output.splice(0)
        if (failure !== undefined) throw failure.error
      }
    }
    const failure = await failureOf(async () => decoder.finish(emit))
    yield* output.splice(0)
    if (failure !== undefined) throw failure.error
  } finally {
    decoder.close()
  }
}

async function failureOf(action: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await action()
    return undefined
  } catch (error) {
    return { error }
  }
}

class ExpansionGuard {
  #in = 0
  #out = 0

  consumed(length: number): void {
    this.#in += length
  }

  produced(length: number): void {
    this.#out += length
    if (this.#out > TABLE_BYTES_MAX || (this.#out > EXPANSION_FREE_BYTES && this.#out > this.#in * EXPANSION_RATIO_MAX))
      throw new CompressionError(`the data expands from ${this.#in} to more than ${this.#out} bytes, which no real dump does`)
  }
}

function openDecoder(compression: Exclude<Compression, 'none'>): Decoder {
  switch (compression) {
    case 'zlib':
      return new StreamDecoder(createInflate({ chunkSize: CHUNK_BYTES }))
    case 'gzip':
      return new StreamDecoder(createGunzip({ chunkSize: CHUNK_BYTES }))
    case 'zstd':
      return new StreamDecoder(
        createZstdDecompress({ chunkSize: CHUNK_BYTES, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } }),
      )
    case 'lz4': {
      const decoder = new Lz4FrameDecoder()
      return { push: (input, emit) => decoder.push(input, emit), finish: () => decoder.finish(), close: () => undefined }
    }
  }
}

type ZlibStream = Transform & { readonly bytesWritten: number }

/** A stream of node:zlib, driven slice by slice so that what it gave before an error is never lost in its buffer. */
class StreamDecoder implements Decoder {
  readonly #stream: ZlibStream
  #emit: (output: Buffer) => void = () => undefined
  #given = 0
  #failure: Error | undefined

  constructor(stream: ZlibStream) {
    this.#stream = stream
    stream.on('data', (piece: Buffer) => this.#take(piece))
    // Without a listener an error would end the process.
    stream.on('error', (error) => (this.#failure ??= error))
  }

  async push(input: Buffer, emit: (output: Buffer) => void): Promise<void> {
    this.#emit = emit
    this.#given += input.length
    await this.#settled((done) => this.#stream.write(input, done))
  }

  /** Whether the data is complete shows only when the stream has closed itself. */
  async finish(emit: (output: Buffer) => void): Promise<void> {
    this.#emit = emit
    await this.#settled(() => this.#stream.end())
  }

  close(): void {
    this.#stream.destroy()
  }

  #take(piece: Buffer): void {
    if (this.#failure !== undefined) return
    try {
      this.#emit(piece)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      this.#stream.destroy(this.#failure)
    }
  }

  async #settled(act: (done: (error?: Error | null) => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve)
      act((error) => {
        this.#failure ??= error ?? undefined
        this.#stream.off('close', resolve)
        resolve()
      })
    })
    while (this.#failure === undefined && this.#stream.readableLength > 0) this.#stream.read()
    if (this.#failure instanceof CompressionError) throw this.#failure
    if (this.#failure !== undefined) throw new CompressionError(`it cannot be decompressed (${this.#failure.message})`)
    if (this.#stream.bytesWritten < this.#given) throw new CompressionError('there are bytes behind the end of the compressed data')
  }
}
