import type { TensorType, TensorValue } from '../pickle/values.ts'
import { damaged } from '../refusal.ts'
import type { Checkpoint } from './checkpoint.ts'

export const ELEMENT_BYTES: Readonly<Record<TensorType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The elements of a tensor in row order, little-endian, as a copy: what `tensor.contiguous()` holds in PyTorch. */
export function tensorBytes(checkpoint: Checkpoint, tensor: TensorValue): Uint8Array {
  const size = ELEMENT_BYTES[tensor.storage.type]
  const storage = checkpoint.storageBytes(tensor.storage)
  if (storage.byteLength !== tensor.storage.elements * size) {
    throw damaged(
      `storage ${JSON.stringify(tensor.storage.key)} has ${storage.byteLength} bytes for ${tensor.storage.elements} elements of ${tensor.storage.type}`,
    )
  }
  const count = elementCount(tensor.shape)
  const bytes = new Uint8Array(count * size)
  if (isContiguous(tensor)) {
    bytes.set(storage.subarray(tensor.offset * size, (tensor.offset + count) * size))
    return bytes
  }
  const position = tensor.shape.map(() => 0)
  let source = tensor.offset
  for (let index = 0; index < count; index += 1) {
    for (let byte = 0; byte < size; byte += 1) bytes[index * size + byte] = storage[source * size + byte] ?? 0
    source = advance(tensor, position, source)
  }
  return bytes
}

/** The elements of a tensor in row order as 32-bit floats. Half precision and bfloat16 widen exactly; float64 is rounded. */
export function tensorFloats(checkpoint: Checkpoint, tensor: TensorValue): Float32Array {
  const bytes = tensorBytes(checkpoint, tensor)
  // Every machine this runs on is little-endian, as the file is, and the copy begins at an even address.
  if (tensor.storage.type === 'float32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = READERS[tensor.storage.type]
  const size = ELEMENT_BYTES[tensor.storage.type]
  return Float32Array.from({ length: bytes.byteLength / size }, (_unused, index) => read(view, index * size))
}

const READERS: Readonly<Record<TensorType, (view: DataView, at: number) => number>> = {
  float64: (view, at) => view.getFloat64(at, true),
  float32: (view, at) => view.getFloat32(at, true),
  float16: (view, at) => halfToNumber(view.getUint16(at, true)),
  bfloat16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const widening = new DataView(new ArrayBuffer(4))

/** bfloat16: the upper half of a 32-bit float. */
export function bfloatToNumber(bits: number): number {
  widening.setUint32(0, bits * 0x10000)
  return widening.getFloat32(0)
}

function isContiguous({ shape, strides }: TensorValue): boolean {
  let expected = 1
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const size = shape[dimension] ?? 0
    if (size === 0) return true
    if (size !== 1 && strides[dimension] !== expected) return false
    expected *= size
  }
  return true
}

/** Steps `position` to the next element in row order; returns where that element lies in the storage. */
function advance({ shape, strides }: TensorValue, position: number[], source: number): number {
  let next = source
  for (let dimension = shape.length - 1; dimension >= 0; dimension -= 1) {
    const stride = strides[dimension] ?? 0
    const index = (position[dimension] ?? 0) + 1
    if (index < (shape[dimension] ?? 0)) {
      position[dimension] = index
      return next + stride
    }
    next -= (index - 1) * stride
    position[dimension] = 0
  }
  return next
}
