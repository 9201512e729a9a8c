import { z } from 'zod'
import { ByteCursor } from '../byte-cursor.ts'
import { decodeUtf8 } from '../pickle/text-values.ts'
import type { PickleScalar, PickleValue, StorageValue, TensorType, TensorValue } from '../pickle/values.ts'
import { damaged, unsupported } from '../refusal.ts'
import type { Checkpoint } from './checkpoint.ts'
import { ELEMENT_BYTES, elementCount } from './tensors.ts'

const LENGTH_BYTES = 8
const MAX_HEADER_BYTES = 4 * 1024 * 1024
const OPENING_BRACE = 0x7b

const TYPES: Readonly<Record<string, TensorType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
}

const natural = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const entrySchema = z.strictObject({ dtype: z.string(), shape: z.array(natural).max(16), data_offsets: z.tuple([natural, natural]) })
const headerSchema = z.record(z.string(), z.unknown())

export function isSafetensors(file: Uint8Array): boolean {
  return (
    file.byteLength > LENGTH_BYTES && file[LENGTH_BYTES] === OPENING_BRACE && file[LENGTH_BYTES - 1] === 0 && file[LENGTH_BYTES - 2] === 0
  )
}

/** The safetensors format: the length of a JSON header, the header, then the numbers of all tensors without a gap. */
export function readSafetensors(file: Uint8Array): Checkpoint {
  const cursor = new ByteCursor(file, 'the safetensors file')
  const headerBytes = cursor.uint64()
  if (headerBytes > MAX_HEADER_BYTES)
    throw unsupported(`the safetensors header takes ${headerBytes} bytes; at most ${MAX_HEADER_BYTES} are read`)
  const header = parseHeader(decodeUtf8(cursor.take(headerBytes), 'the safetensors header'))
  const data = cursor.take(cursor.left)
  const entries = new Map<PickleScalar, PickleValue>()
  const places = new Map<string, Uint8Array>()
  let end = 0
  for (const { name, tensor, from, to } of tensorsOf(header).toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end || to > data.byteLength)
      throw damaged(`tensor ${JSON.stringify(name)} leaves a gap in the safetensors file, overlaps, or ends beyond it`)
    entries.set(name, tensor)
    places.set(name, data.subarray(from, to))
    end = to
  }
  if (end !== data.byteLength) throw damaged(`${data.byteLength - end} bytes of the safetensors file belong to no tensor`)
  return { format: 'safetensors', root: { kind: 'dict', entries }, storageBytes: (storage) => places.get(storage.key) ?? new Uint8Array() }
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(text))
  } catch (error) {
    throw Object.assign(damaged('the safetensors header is not JSON'), { cause: error })
  }
}

interface PlacedTensor {
  readonly name: string
  readonly tensor: TensorValue
  readonly from: number
  readonly to: number
}

function tensorsOf(header: Record<string, unknown>): PlacedTensor[] {
  const described = Object.entries(header).filter(([name]) => name !== '__metadata__')
  return described.map(([name, value]) => {
    const parsed = entrySchema.safeParse(value)
    if (!parsed.success) throw damaged(`tensor ${JSON.stringify(name)} of the safetensors file is not described as it should be`)
    const { dtype, shape, data_offsets } = parsed.data
    const type = TYPES[dtype]
    if (type === undefined) throw unsupported(`tensor ${JSON.stringify(name)} is of type ${JSON.stringify(dtype.slice(0, 16))}`)
    const elements = elementCount(shape)
    const [from, to] = data_offsets
    if (elements * ELEMENT_BYTES[type] !== to - from)
      throw damaged(`tensor ${JSON.stringify(name)} has ${to - from} bytes for its shape [${shape.join(', ')}]`)
    const storage: StorageValue = { kind: 'storage', key: name, type, elements }
    return { name, from, to, tensor: { kind: 'tensor', storage, offset: 0, shape, strides: rowStrides(shape) } }
  })
}

function rowStrides(shape: readonly number[]): number[] {
  return shape.map((_unused, dimension) => elementCount(shape.slice(dimension + 1)))
}
