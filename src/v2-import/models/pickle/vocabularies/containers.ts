import { damaged } from '../../refusal.ts'
import type { PickleScalar, PickleValue } from '../values.ts'
import { kindOf } from '../values.ts'
import type { SymbolRule } from '../vocabulary.ts'

const mentioned: SymbolRule = {}

/** Containers of the Python standard library that checkpoints and configurations hold. */
export const CONTAINER_SYMBOLS: readonly (readonly [string, SymbolRule])[] = [
  ['collections.OrderedDict', { construct: orderedDict }],
  ['collections.defaultdict', { construct: (args, at) => orderedDict(args.slice(1), at) }],
  ...['builtins', '__builtin__'].flatMap((module) => [
    ...['list', 'dict', 'int', 'float'].map((name) => [`${module}.${name}`, mentioned] as const),
    ...['set', 'frozenset'].map((name) => [`${module}.${name}`, { construct: listOf }] as const),
  ]),
]

function orderedDict(args: readonly PickleValue[], at: number): PickleValue {
  const entries = new Map<PickleScalar, PickleValue>()
  for (const item of itemsOf(args[0], at)) {
    const [key, value, ...rest] = itemsOf(item, at)
    if (key === undefined || value === undefined || rest.length > 0)
      throw damaged(`a dictionary at byte ${at} is made of something else than pairs`)
    if (typeof key === 'object' && key !== null) throw damaged(`a ${kindOf(key)} is a dictionary key at byte ${at}`)
    entries.set(key, value)
  }
  return { kind: 'dict', entries }
}

function listOf(args: readonly PickleValue[], at: number): PickleValue {
  return { kind: 'list', items: [...itemsOf(args[0], at)] }
}

function itemsOf(value: PickleValue | undefined, at: number): readonly PickleValue[] {
  if (value === undefined) return []
  if (typeof value === 'object' && value !== null && (value.kind === 'list' || value.kind === 'tuple')) return value.items
  throw damaged(`a container at byte ${at} is made of a ${kindOf(value)}`)
}
