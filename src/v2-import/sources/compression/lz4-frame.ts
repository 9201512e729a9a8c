import { CompressionError } from './compression-error.ts'
import { XxHash32, xxHash32 } from './xxhash32.ts'
import { decodeLz4Block } from './lz4-block.ts'

const FRAME_MAGIC = 0x184d2204
const SKIPPABLE_MAGIC = 0x184d2a50
const HEADER_MIN = 7
const HISTORY_BYTES = 65_536
const UNCOMPRESSED = 0x8000_0000
/** By the block size code 4 to 7. */
const BLOCK_BYTES: readonly number[] = [65_536, 262_144, 1_048_576, 4_194_304]

interface Frame {
  readonly linked: boolean
  readonly blockChecksums: boolean
  readonly contentSize: bigint | undefined
  readonly blockBytes: number
  readonly hash: XxHash32 | undefined
  /** The last 64 KiB that went out, then room for one block. */
  readonly buffer: Buffer
  history: number
  produced: bigint
}

/**
 * Decodes LZ4 frames (concatenated and skippable ones too) piece by piece. Header, block and content checksums are
 * verified where the frame has them. Dictionaries are refused. Memory: one block and 64 KiB of history.
 */
export class Lz4FrameDecoder {
  #input: Buffer = Buffer.alloc(0)
  /** Pieces that came after `#input`, and how many bytes must be there before the next step is worth trying. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #needed = 0
  #complete = false
  #frame: Frame | undefined
  #toSkip = 0

  /** The output of the blocks that this input completes. Throws `CompressionError`. */
  push(input: Buffer, emit: (output: Buffer) => void): void {
    this.#waiting.push(input)
    this.#waitingBytes += input.length
    if (this.#input.length + this.#waitingBytes < this.#needed) return
    this.#input = Buffer.concat([this.#input, ...this.#waiting])
    this.#waiting = []
    this.#waitingBytes = 0
    this.#needed = 0
    while (this.#step(emit));
  }

  /** Throws `CompressionError` if the last frame is not complete. */
  finish(): void {
    if (!this.#complete || this.#frame !== undefined || this.#input.length + this.#waitingBytes + this.#toSkip > 0)
      throw new CompressionError('the LZ4 frame is cut off')
  }

  #step(emit: (output: Buffer) => void): boolean {
    if (this.#toSkip > 0) {
      const skipped = Math.min(this.#toSkip, this.#input.length)
      this.#toSkip -= skipped
      this.#input = this.#input.subarray(skipped)
      return skipped > 0
    }
    return this.#frame === undefined ? this.#readHeader() : this.#readBlock(this.#frame, emit)
  }

  #readHeader(): boolean {
    const input = this.#input
    if (input.length < 8) return false
    const magic = input.readUInt32LE(0)
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      this.#toSkip = input.readUInt32LE(4)
      this.#input = input.subarray(8)
      return true
    }
    if (magic !== FRAME_MAGIC) throw new CompressionError('there is no LZ4 frame')
    const flags = input[4] ?? 0
    if (flags >>> 6 !== 1 || (flags & 0b10) !== 0) throw new CompressionError('the LZ4 frame is of an unknown version')
    if ((flags & 0b1) !== 0) throw new CompressionError('the LZ4 frame needs a dictionary')
    const length = HEADER_MIN + ((flags & 0b1000) === 0 ? 0 : 8)
    if (input.length < length) return false
    if (((xxHash32(input.subarray(4, length - 1)) >>> 8) & 0xff) !== input[length - 1])
      throw new CompressionError('the checksum of the LZ4 frame header is wrong')
    const code = (input[5] ?? 0) & 0b1000_1111 ? undefined : BLOCK_BYTES[((input[5] ?? 0) >>> 4) - 4]
    if (code === undefined) throw new CompressionError('the LZ4 frame has an unknown block size')
    this.#frame = {
      linked: (flags & 0b10_0000) === 0,
      blockChecksums: (flags & 0b1_0000) !== 0,
      contentSize: length > HEADER_MIN ? input.readBigUInt64LE(6) : undefined,
      blockBytes: code,
      hash: (flags & 0b100) === 0 ? undefined : new XxHash32(),
      buffer: Buffer.allocUnsafe(HISTORY_BYTES + code),
      history: 0,
      produced: 0n,
    }
    this.#input = input.subarray(length)
    return true
  }

  #readBlock(frame: Frame, emit: (output: Buffer) => void): boolean {
    const input = this.#input
    if (input.length < 4) return false
    const header = input.readUInt32LE(0)
    if (header === 0) return this.#endFrame(frame)
    const size = header & ~UNCOMPRESSED
    if (size > frame.blockBytes) throw new CompressionError('an LZ4 block is larger than its frame allows')
    const length = 4 + size + (frame.blockChecksums ? 4 : 0)
    if (input.length < length) {
      this.#needed = length
      return false
    }
    const block = input.subarray(4, 4 + size)
    if (frame.blockChecksums && xxHash32(block) !== input.readUInt32LE(4 + size))
      throw new CompressionError('the checksum of an LZ4 block is wrong')
    emit(this.#decode(frame, block, header >= UNCOMPRESSED))
    this.#input = input.subarray(length)
    return true
  }

  #decode(frame: Frame, block: Buffer, uncompressed: boolean): Buffer {
    const { buffer, history } = frame
    const end = uncompressed ? history + block.copy(buffer, history) : decodeLz4Block(block, buffer, history, history + frame.blockBytes)
    if (end === undefined) throw new CompressionError('an LZ4 block is damaged')
    const output = Buffer.from(buffer.subarray(history, end))
    frame.hash?.update(output)
    frame.produced += BigInt(output.length)
    const kept = frame.linked ? Math.min(HISTORY_BYTES, end) : 0
    buffer.copyWithin(0, end - kept, end)
    frame.history = kept
    return output
  }

  #endFrame(frame: Frame): boolean {
    const length = frame.hash === undefined ? 4 : 8
    if (this.#input.length < length) return false
    if (frame.hash !== undefined && frame.hash.digest() !== this.#input.readUInt32LE(4))
      throw new CompressionError('the checksum of the LZ4 content is wrong')
    if (frame.contentSize !== undefined && frame.contentSize !== frame.produced)
      throw new CompressionError('the LZ4 content has not the size its frame states')
    this.#input = this.#input.subarray(length)
    this.#frame = undefined
    this.#complete = true
    return true
  }
}
