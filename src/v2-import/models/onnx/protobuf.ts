const VARINT = 0
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** Writes protobuf messages field by field. Only what ONNX needs: varints, 32-bit floats, bytes and nested messages. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  /** An integer field, from 0. Zero is written too: ONNX readers tell an absent field from a zero one. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT)
    return this.#append(varint(value))
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED32)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#append(bytes)
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  /** The parts of a nested message are taken over, not copied: weights are copied once, at the very end. */
  message(field: number, value: MessageWriter): this {
    this.#tag(field, LENGTH_DELIMITED)
    this.#append(varint(value.#length))
    for (const part of value.#parts) this.#append(part)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED)
    this.#append(varint(value.byteLength))
    return this.#append(value)
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    let offset = 0
    for (const part of this.#parts) {
      bytes.set(part, offset)
      offset += part.byteLength
    }
    return bytes
  }

  #tag(field: number, wireType: number): void {
    this.#append(varint(field * 8 + wireType))
  }

  #append(part: Uint8Array): this {
    this.#parts.push(part)
    this.#length += part.byteLength
    return this
  }
}

function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a varint: ${value}`)
  const bytes: number[] = []
  let left = value
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80)
    left = Math.floor(left / 0x80)
  }
  return Uint8Array.of(...bytes, left)
}
