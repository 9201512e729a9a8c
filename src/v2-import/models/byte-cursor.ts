import { damaged, unsupported } from './refusal.ts'

const NEWLINE = 0x0a

/** Reads little-endian values one after another; never past the end, never a copy. `what` names the bytes in refusals. */
export class ByteCursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #what: string
  #offset: number

  constructor(bytes: Uint8Array, what: string, offset = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#what = what
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  get left(): number {
    return this.#bytes.byteLength - this.#offset
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  /** A 64-bit length or count; one above 2^53 is refused rather than rounded. */
  uint64(): number {
    const at = this.#offset
    const value = this.#view.getBigUint64(this.#advance(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw unsupported(`${this.#what}: a length of ${value} at byte ${at} is beyond any file`)
    return Number(value)
  }

  float64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false)
  }

  /** The bytes up to the next newline, which is passed over. */
  line(maxBytes: number): Uint8Array {
    const start = this.#offset
    const end = this.#bytes.subarray(start, start + maxBytes + 1).indexOf(NEWLINE)
    if (end < 0) throw damaged(`${this.#what}: no end of line within ${maxBytes} bytes from byte ${start}`)
    this.#offset = start + end + 1
    return this.#bytes.subarray(start, start + end)
  }

  #advance(length: number): number {
    const start = this.#offset
    if (length > this.left) {
      throw damaged(`${this.#what} ends early: ${length} bytes are announced at byte ${start}, ${this.left} are left`)
    }
    this.#offset = start + length
    return start
  }
}
