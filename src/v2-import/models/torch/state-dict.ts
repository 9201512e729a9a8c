import type { PickleDict, PickleScalar, PickleValue, TensorValue } from '../pickle/values.ts'
import { isDict, isTensor, kindOf } from '../pickle/values.ts'
import { damaged, unsupported } from '../refusal.ts'
import { elementCount } from './tensors.ts'

const WRAPPED_KEYS = ['model_state_dict', 'state_dict']
/** What `torch.nn.DataParallel` puts before each name. */
const PARALLEL_PREFIX = 'module.'
const MAX_TENSORS = 10_000
/** v2's model has 2.8 million numbers, its largest variant 9.2 million. Many tensors may view one storage, so the size of the file is no bound. */
export const MAX_ELEMENTS = 16 * 1024 * 1024

export interface StateDict {
  /** A dictionary of a trainer with the state dict in it, or the state dict alone. */
  readonly layout: 'trainer' | 'bare'
  readonly prefix: '' | typeof PARALLEL_PREFIX
  /** By name, without the prefix. */
  readonly tensors: ReadonlyMap<string, TensorValue>
  /** What lies beside the state dict in a trainer's file, by name. */
  readonly rest: ReadonlyMap<PickleScalar, PickleValue>
}

/** Finds the named tensors in what a checkpoint holds. Everything in a state dict must be a named tensor. */
export function readStateDict(root: PickleValue): StateDict {
  if (!isDict(root)) throw unsupported(`the checkpoint holds a ${kindOf(root)}, not a dictionary of tensors`)
  const wrappedKey = WRAPPED_KEYS.find((key) => isDict(root.entries.get(key)))
  const wrapped = wrappedKey === undefined ? undefined : root.entries.get(wrappedKey)
  if (!isDict(wrapped)) return { layout: 'bare', ...namedTensors(root), rest: new Map() }
  const rest = new Map([...root.entries].filter(([key]) => key !== wrappedKey))
  return { layout: 'trainer', ...namedTensors(wrapped), rest }
}

function namedTensors({ entries }: PickleDict): Pick<StateDict, 'prefix' | 'tensors'> {
  if (entries.size > MAX_TENSORS) throw unsupported(`the state dict has ${entries.size} entries; at most ${MAX_TENSORS} are read`)
  const tensors = new Map<string, TensorValue>()
  for (const [key, value] of entries) {
    if (typeof key !== 'string') throw damaged(`the state dict has a ${kindOf(key)} for a name`)
    if (!isTensor(value)) throw unsupported(`${JSON.stringify(key.slice(0, 120))} in the state dict is a ${kindOf(value)}, not a tensor`)
    tensors.set(key, value)
  }
  const elements = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)
  if (elements > MAX_ELEMENTS) throw unsupported(`the tensors have ${elements} elements together; at most ${MAX_ELEMENTS} are read`)
  const prefixed = [...tensors.keys()].filter((name) => name.startsWith(PARALLEL_PREFIX)).length
  if (prefixed === 0) return { prefix: '', tensors }
  if (prefixed !== tensors.size)
    throw damaged(`${prefixed} of ${tensors.size} tensors have the prefix "${PARALLEL_PREFIX}", the rest have not`)
  return { prefix: PARALLEL_PREFIX, tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(PARALLEL_PREFIX.length), tensor])) }
}
