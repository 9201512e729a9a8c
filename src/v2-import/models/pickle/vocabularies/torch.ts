import { damaged, forbidden, unsupported } from '../../refusal.ts'
import type { PickleRecord, PickleValue, StorageValue, TensorType, TensorValue } from '../values.ts'
import { isTensor, kindOf } from '../values.ts'
import type { SymbolRule, Vocabulary } from '../vocabulary.ts'
import { Arguments } from './arguments.ts'
import { CONTAINER_SYMBOLS } from './containers.ts'
import { NUMPY_SYMBOLS, fillNumpy } from './numpy.ts'

const MAX_DIMENSIONS = 16

const STORAGE_TYPES: ReadonlyMap<string, TensorType> = new Map<string, TensorType>([
  ['torch.DoubleStorage', 'float64'],
  ['torch.FloatStorage', 'float32'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
])

const TORCH_SYMBOLS: readonly (readonly [string, SymbolRule])[] = [
  ['torch._utils._rebuild_tensor', { construct: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { construct: rebuildTensor }],
  ['torch._utils._rebuild_parameter', { construct: rebuildParameter }],
  ['torch.Size', { construct: (args, at) => ({ kind: 'tuple', items: new Arguments(args, `a size at byte ${at}`).naturals(0) }) }],
  ['torch.device', { construct: device }],
  ...[...STORAGE_TYPES.keys()].map((name) => [name, {}] as const),
  ...['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (name) => [`torch.${name}`, {}] as const,
  ),
]

const SYMBOLS: ReadonlyMap<string, SymbolRule> = new Map([...CONTAINER_SYMBOLS, ...NUMPY_SYMBOLS, ...TORCH_SYMBOLS])

/** The names of PyTorch checkpoints. Collects the storages its tensors lie in: one vocabulary for one file. */
export class TorchVocabulary implements Vocabulary {
  readonly symbols = SYMBOLS
  readonly storages = new Map<string, StorageValue>()

  fill(record: PickleRecord, state: PickleValue, at: number): void {
    fillNumpy(record, state, at)
  }

  /** `('storage', torch.FloatStorage, key, device, elements)`, and in the legacy stream a sixth that is None. */
  readonly persistent = (id: PickleValue, at: number): StorageValue => {
    if (typeof id !== 'object' || id?.kind !== 'tuple')
      throw forbidden(`a ${kindOf(id)} refers to something outside the pickle at byte ${at}`)
    const args = new Arguments(id.items, `a storage at byte ${at}`)
    if (args.text(0) !== 'storage')
      throw forbidden(`the pickle holds a ${JSON.stringify(args.text(0).slice(0, 32))} at byte ${at}, not only numbers`)
    if (args.count > 5 && args.value(5) !== null) throw unsupported(`a storage at byte ${at} is a view of another one`)
    const symbol = args.value(1)
    const type = typeof symbol === 'object' && symbol?.kind === 'symbol' ? STORAGE_TYPES.get(symbol.name) : undefined
    if (type === undefined) throw unsupported(`a storage at byte ${at} holds numbers of an unknown type`)
    return this.#known({ kind: 'storage', key: args.text(2), type, elements: args.natural(4) }, at)
  }

  #known(storage: StorageValue, at: number): StorageValue {
    const known = this.storages.get(storage.key)
    if (known === undefined) {
      this.storages.set(storage.key, storage)
      return storage
    }
    if (known.type === storage.type && known.elements === storage.elements) return known
    throw damaged(`storage ${JSON.stringify(storage.key.slice(0, 32))} is described in two ways, again at byte ${at}`)
  }
}

/** `(storage, offset, size, stride, …)`; requires_grad, hooks and metadata say nothing about the numbers. */
function rebuildTensor(values: readonly PickleValue[], at: number): TensorValue {
  const args = new Arguments(values, `a tensor at byte ${at}`)
  const storage = args.value(0)
  if (typeof storage !== 'object' || storage?.kind !== 'storage') throw damaged(`a tensor at byte ${at} lies in a ${kindOf(storage)}`)
  const tensor: TensorValue = { kind: 'tensor', storage, offset: args.natural(1), shape: args.naturals(2), strides: args.naturals(3) }
  checkView(tensor, at)
  return tensor
}

/** Every element lies inside the storage, and the tensor is no larger than it: otherwise a small file could claim any amount of memory. */
function checkView({ storage, offset, shape, strides }: TensorValue, at: number): void {
  if (shape.length !== strides.length) throw damaged(`a tensor at byte ${at} has ${shape.length} sizes and ${strides.length} strides`)
  if (shape.length > MAX_DIMENSIONS) throw unsupported(`a tensor at byte ${at} has ${shape.length} dimensions`)
  let elements = 1n
  let last = BigInt(offset)
  shape.forEach((size, dimension) => {
    elements *= BigInt(size)
    last += (BigInt(size) - 1n) * BigInt(strides[dimension] ?? 0)
  })
  if (elements > 0n ? last >= BigInt(storage.elements) : offset > storage.elements) {
    throw damaged(`a tensor at byte ${at} reaches element ${last} of a storage of ${storage.elements}`)
  }
  if (elements > BigInt(storage.elements))
    throw unsupported(`a tensor at byte ${at} repeats its storage: ${elements} elements of ${storage.elements}`)
}

function rebuildParameter(values: readonly PickleValue[], at: number): TensorValue {
  const [tensor] = values
  if (isTensor(tensor)) return tensor
  throw damaged(`a parameter at byte ${at} is a ${kindOf(tensor)}, not a tensor`)
}

function device(values: readonly PickleValue[], at: number): PickleValue {
  const args = new Arguments(values, `a device at byte ${at}`)
  return args.count > 1 ? `${args.text(0)}:${args.natural(1)}` : args.text(0)
}
