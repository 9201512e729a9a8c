import { unsupported } from '../refusal.ts'
import { readPickle } from './read-pickle.ts'
import type { PickleValue } from './values.ts'
import { PLAIN_VOCABULARY } from './vocabularies/plain.ts'
import { numbers } from './vocabularies/numpy.ts'

/** JSON-like data: what a configuration is made of. */
export type PlainData = null | boolean | number | string | readonly PlainData[] | { readonly [key: string]: PlainData }

export const MAX_PICKLE_BYTES = 64 * 1024 * 1024
/** Values a configuration may have once shared parts are written out: a small pickle can share one list a million times. */
const MAX_VALUES = 100_000

/** Reads a pickle of containers, text and numbers, as v2's `config.pkl`. */
export function readPlainPickle(bytes: Uint8Array): PlainData {
  if (bytes.byteLength > MAX_PICKLE_BYTES)
    throw unsupported(`the pickle has ${bytes.byteLength} bytes; at most ${MAX_PICKLE_BYTES} are read`)
  return toPlainData(readPickle(bytes, PLAIN_VOCABULARY, 'the pickle'))
}

/** The value as JSON-like data. Whole numbers beyond 2^53 become text; tensors, arrays of several dimensions and names become a description. */
export function toPlainData(value: PickleValue): PlainData {
  let count = 0
  const convert = (part: PickleValue): PlainData => {
    count += 1
    if (count > MAX_VALUES) throw unsupported(`the file holds more than ${MAX_VALUES} values where a configuration is looked for`)
    if (typeof part === 'bigint') return part.toString()
    if (typeof part !== 'object' || part === null) return part
    if (part.kind === 'list' || part.kind === 'tuple') return part.items.map(convert)
    if (part.kind === 'dict') return Object.fromEntries([...part.entries].map(([key, inner]) => [String(key), convert(inner)]))
    if (part.kind === 'array' && part.content?.shape.length === 1 && part.content.bytes.byteLength <= MAX_VALUES) {
      return numbers(part.content).map((number) => (typeof number === 'bigint' ? number.toString() : number))
    }
    return part.kind === 'symbol' ? part.name : `(${part.kind})`
  }
  return convert(value)
}
