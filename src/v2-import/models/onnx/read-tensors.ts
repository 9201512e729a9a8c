import { damaged } from '../refusal.ts'

/** Field numbers of onnx.proto, and kinds of wire. */
const MODEL_GRAPH = 7
const GRAPH_INITIALIZER = 5
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 } as const
const FLOAT = 1
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5
const VARINT_BYTES_MAX = 10

export interface StoredTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** In row order. */
  readonly data: Float32Array
}

interface Field {
  readonly number: number
  readonly integer: number
  /** Undefined where the field is a number. */
  readonly bytes: Uint8Array | undefined
}

/**
 * The float tensors inside an `.onnx` file, read from its bytes by nothing that wrote them. Throws `AppError` (FILE_INVALID) where it is
 * no whole protobuf message, or a tensor has another number of values than its shape says.
 */
export function readTensors(file: Uint8Array): readonly StoredTensor[] {
  const found: StoredTensor[] = []
  for (const graph of messages(file, MODEL_GRAPH)) {
    for (const tensor of messages(graph, GRAPH_INITIALIZER)) {
      const read = readTensor(tensor)
      if (read !== undefined) found.push(read)
    }
  }
  return found
}

/** Undefined: it holds no floats. */
function readTensor(bytes: Uint8Array): StoredTensor | undefined {
  const shape: number[] = []
  let [name, type, raw]: [string, number, Uint8Array] = ['', 0, new Uint8Array()]
  for (const field of fields(bytes)) {
    if (field.number === TENSOR.dims && field.bytes === undefined) shape.push(field.integer)
    else if (field.number === TENSOR.type) type = field.integer
    else if (field.number === TENSOR.name && field.bytes !== undefined) name = new TextDecoder().decode(field.bytes)
    else if (field.number === TENSOR.raw && field.bytes !== undefined) raw = field.bytes
  }
  if (type !== FLOAT) return undefined
  const size = shape.reduce((product, each) => product * each, 1)
  if (raw.byteLength !== size * Float32Array.BYTES_PER_ELEMENT)
    throw damaged(`the tensor ${name} has ${raw.byteLength} bytes for ${size} values`)
  // A copy: its bytes may begin anywhere in the file, floats may not. `slice` of a Buffer would be none.
  return { name, shape, data: new Float32Array(new Uint8Array(raw).buffer) }
}

function* messages(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fields(bytes)) if (field.number === number && field.bytes !== undefined) yield field.bytes
}

function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let count = 0; count < VARINT_BYTES_MAX; count += 1) {
      const byte = bytes[at]
      if (byte === undefined) throw damaged('the model ends in the middle of a number')
      at += 1
      value += (byte & 0x7f) * 2 ** (7 * count)
      if (byte < 0x80) return value
    }
    throw damaged('a number of the model has no end')
  }
  while (at < bytes.byteLength) {
    const tag = varint()
    const [number, wire] = [Math.floor(tag / 8), tag % 8]
    if (wire === VARINT) {
      yield { number, integer: varint(), bytes: undefined }
      continue
    }
    const length = wire === LENGTH_DELIMITED ? varint() : wire === FIXED32 ? 4 : wire === FIXED64 ? 8 : undefined
    if (length === undefined || length > bytes.byteLength - at) throw damaged('the model ends too early, or is no model')
    yield { number, integer: 0, bytes: bytes.subarray(at, at + length) }
    at += length
  }
}
