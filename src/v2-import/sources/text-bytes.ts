import { ByteFile } from './byte-file.ts'
import { CompressionError } from './compression/compression-error.ts'
import { decompress } from './compression/decompress.ts'
import type { Refuse } from './source-failure.ts'

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** The bytes of a text file, or of a gzip file's content, from any offset on. */
export class TextBytes {
  readonly file: ByteFile
  readonly isGzip: boolean
  readonly #refuse: Refuse

  private constructor(file: ByteFile, isGzip: boolean, refuse: Refuse) {
    this.file = file
    this.isGzip = isGzip
    this.#refuse = refuse
  }

  static async open(path: string, refuse: Refuse): Promise<TextBytes> {
    const file = await ByteFile.open(path)
    const magic = await file.read(0, GZIP_MAGIC.length)
    return new TextBytes(file, magic.equals(GZIP_MAGIC), refuse)
  }

  /** Offsets count the text, decompressed. A gzip file is read from its beginning each time. */
  async *stream(from: number, to: number | undefined, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
    if (!this.isGzip) {
      yield* this.file.stream(from, to ?? this.file.size, signal)
      return
    }
    let offset = 0
    try {
      for await (const chunk of decompress(this.file.stream(0, this.file.size, signal), 'gzip')) {
        const piece = chunk.subarray(Math.max(0, from - offset), to === undefined ? undefined : Math.max(0, to - offset))
        offset += chunk.length
        if (piece.length > 0) yield piece
        if (to !== undefined && offset >= to) return
      }
    } catch (error) {
      throw error instanceof CompressionError ? this.#refuse(error.message, offset, error) : error
    }
  }

  /** 3 where the text begins with the mark of UTF-8, else 0. */
  async markLength(): Promise<number> {
    for await (const chunk of this.stream(0, UTF8_MARK.length)) return chunk.equals(UTF8_MARK) ? UTF8_MARK.length : 0
    return 0
  }

  close(): Promise<void> {
    return this.file.close()
  }
}
