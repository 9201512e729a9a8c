import { damaged, unsupported } from '../../refusal.ts'
import { longInteger } from '../text-values.ts'
import type { ArrayTypeValue, ArrayValue, PickleRecord, PickleValue } from '../values.ts'
import { kindOf } from '../values.ts'
import type { SymbolRule } from '../vocabulary.ts'
import { Arguments } from './arguments.ts'

/** Bytes an element of each supported dtype takes. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { f8: 8, f4: 4, i8: 8, i4: 4, i2: 2, i1: 1, u8: 8, u4: 4, u2: 2, u1: 1, b1: 1 }
const MAX_DIMENSIONS = 8

/** What NumPy 1 and 2 write for arrays, scalars and dtypes, in protocols 0 to 5. */
export const NUMPY_SYMBOLS: readonly (readonly [string, SymbolRule])[] = [
  ['numpy.ndarray', {}],
  ['numpy.dtype', { construct: arrayType }],
  ['_codecs.encode', { construct: encode }],
  ...['numpy.core', 'numpy._core'].flatMap((module) => [
    [`${module}.multiarray._reconstruct`, { construct: emptyArray }] as const,
    [`${module}.multiarray.scalar`, { construct: scalar }] as const,
    [`${module}.numeric._frombuffer`, { construct: arrayFromBuffer }] as const,
  ]),
]

/** Fills an array or a dtype that was made empty; each once. */
export function fillNumpy(record: PickleRecord, state: PickleValue, at: number): void {
  if (typeof state !== 'object' || state?.kind !== 'tuple')
    throw damaged(`a NumPy value gets a ${kindOf(state)} as its state at byte ${at}`)
  if (record.kind === 'array') fillArray(record, state.items, at)
  else if (record.kind === 'array-type') fillArrayType(record, state.items, at)
  else throw damaged(`a ${record.kind} gets a NumPy state at byte ${at}`)
}

function arrayType(values: readonly PickleValue[], at: number): ArrayTypeValue {
  const code = new Arguments(values, `a NumPy dtype at byte ${at}`).text(0)
  if (ELEMENT_BYTES[code] === undefined)
    throw unsupported(`a NumPy dtype at byte ${at} is of kind ${JSON.stringify(code.slice(0, 16))}, not a plain number`)
  return { kind: 'array-type', code, bigEndian: undefined }
}

/** State of a dtype: version, byte order, then parts of structured types, which must be empty. */
function fillArrayType(type: ArrayTypeValue, values: readonly PickleValue[], at: number): void {
  const order = new Arguments(values, `a NumPy dtype at byte ${at}`).text(1)
  if (!['<', '>', '|', '='].includes(order) || type.bigEndian !== undefined || values.slice(2, 5).some((part) => part !== null)) {
    throw unsupported(`a NumPy dtype at byte ${at} is not that of plain numbers`)
  }
  type.bigEndian = order === '>'
}

/** `_codecs.encode(text, 'latin1')`: how protocols 0 to 2 write bytes. */
function encode(values: readonly PickleValue[], at: number): PickleValue {
  const args = new Arguments(values, `bytes at byte ${at}`)
  const text = args.text(0)
  if (args.text(1) !== 'latin1') throw unsupported(`bytes at byte ${at} are written as ${JSON.stringify(args.text(1).slice(0, 16))}`)
  if (/[^\0-\xff]/.test(text)) throw damaged(`bytes at byte ${at} hold a character above 255`)
  return { kind: 'bytes', bytes: Buffer.from(text, 'latin1') }
}

function emptyArray(values: readonly PickleValue[], at: number): ArrayValue {
  const type = values[0]
  if (typeof type !== 'object' || type?.kind !== 'symbol' || type.name !== 'numpy.ndarray') {
    throw unsupported(`a NumPy array at byte ${at} is of a class of its own`)
  }
  return { kind: 'array', content: undefined }
}

/** State of an array: version, shape, dtype, column-major order, bytes. */
function fillArray(array: ArrayValue, values: readonly PickleValue[], at: number): void {
  const args = new Arguments(values, `a NumPy array at byte ${at}`)
  if (array.content !== undefined) throw damaged(`a NumPy array is filled twice at byte ${at}`)
  array.content = content({ type: args.value(2), shape: args.naturals(1), columnMajor: args.value(3) === true, bytes: args.bytes(4) }, at)
}

function arrayFromBuffer(values: readonly PickleValue[], at: number): ArrayValue {
  const args = new Arguments(values, `a NumPy array at byte ${at}`)
  return {
    kind: 'array',
    content: content({ type: args.value(1), shape: args.naturals(2), columnMajor: args.text(3) === 'F', bytes: args.bytes(0) }, at),
  }
}

interface ArrayParts {
  readonly type: PickleValue
  readonly shape: readonly number[]
  readonly columnMajor: boolean
  readonly bytes: Uint8Array
}

function content(parts: ArrayParts, at: number): NonNullable<ArrayValue['content']> {
  const { type, shape, bytes } = parts
  if (typeof type !== 'object' || type?.kind !== 'array-type')
    throw damaged(`a NumPy array at byte ${at} has a ${kindOf(type)} for its dtype`)
  if (shape.length > MAX_DIMENSIONS) throw unsupported(`a NumPy array at byte ${at} has ${shape.length} dimensions`)
  if (parts.columnMajor && shape.length > 1) throw unsupported(`a NumPy array at byte ${at} is stored by columns`)
  const wanted = shape.reduce((product, size) => product * size, 1) * elementBytes(type)
  if (wanted !== bytes.byteLength) throw damaged(`a NumPy array at byte ${at} should take ${wanted} bytes and has ${bytes.byteLength}`)
  return { type, shape, bytes }
}

function scalar(values: readonly PickleValue[], at: number): PickleValue {
  const args = new Arguments(values, `a NumPy number at byte ${at}`)
  const [value] = numbers(content({ type: args.value(0), shape: [], columnMajor: false, bytes: args.bytes(1) }, at))
  if (value === undefined) throw damaged(`a NumPy number at byte ${at} is empty`)
  return value
}

/** The elements of an array in row order. */
export function numbers(array: NonNullable<ArrayValue['content']>): (number | bigint | boolean)[] {
  const { type, bytes } = array
  const size = elementBytes(type)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.byteLength / size }, (_unused, index) => element(view, index * size, type))
}

function element(view: DataView, at: number, type: ArrayTypeValue): number | bigint | boolean {
  const little = type.bigEndian !== true
  if (type.code === 'f8') return view.getFloat64(at, little)
  if (type.code === 'f4') return view.getFloat32(at, little)
  if (type.code === 'b1') return view.getUint8(at) !== 0
  const size = elementBytes(type)
  const raw = new Uint8Array(view.buffer, view.byteOffset + at, size)
  const ordered = little ? raw : raw.toReversed()
  return longInteger(type.code.startsWith('u') ? Uint8Array.of(...ordered, 0) : ordered)
}

function elementBytes(type: ArrayTypeValue): number {
  const size = ELEMENT_BYTES[type.code]
  if (size === undefined) throw new Error(`dtype ${type.code} has no size`)
  return size
}
