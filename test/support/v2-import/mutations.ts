/** Numbers from a seed (mulberry32), so that a case can be run again by its number alone. */
export class SeededRandom {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}

/** Bytes that mean something to one of the formats. */
const TOKENS = [
  '\0',
  '\xff',
  '\xff\xff\xff\x7f',
  '\x7f\xff\xff\xff',
  '\x00\x00\x00\x80',
  '\n',
  '\r\n',
  '\t',
  '\\',
  '\\.\n',
  '\\N',
  '"',
  "'",
  "E'",
  '$$',

  '$a$',
  '--',
  '/*',
  '*/',
  ';',
  '(',
  ')',
  ',',
  'VALUES',
  'INSERT INTO t VALUES (',
  'COPY t FROM stdin;\n',
  '::',
  '\\x',
  '\\777',
  'BEGIN ATOMIC',
  'PGDMP',
  '\x04\x22\x4d\x18',
  '\x28\xb5\x2f\xfd',
  '\x1f\x8b',
  '\xef\xbb\xbf',
  '\xd0',
  '\xed\xa0\x80',
  '\u00e9',
].map((token) => Buffer.from(token, 'latin1'))

type Mutation = (bytes: Buffer, random: SeededRandom) => Buffer

const splice = (bytes: Buffer, at: number, removed: number, added: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    const at = random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    return copy
  },
  (bytes, random) => splice(bytes, random.below(bytes.length), 1, Buffer.from([random.below(256)])),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 0, random.pick(TOKENS)),
  (bytes, random) => {
    const token = random.pick(TOKENS)
    return splice(bytes, random.below(bytes.length), token.length, token)
  },
  (bytes, random) => splice(bytes, random.below(bytes.length), 1 + random.below(40), Buffer.alloc(0)),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const from = random.below(bytes.length)
    const piece = bytes.subarray(from, from + 1 + random.below(200))
    return splice(bytes, random.below(bytes.length + 1), 0, piece)
  },
  (bytes, random) => {
    const from = random.below(bytes.length)
    const piece = bytes.subarray(from, from + 1 + random.below(20))
    return splice(bytes, random.below(bytes.length + 1), 0, Buffer.concat(Array.from({ length: 1 + random.below(300) }, () => piece)))
  },
]

/** One to three changes of bytes or structure. */
export function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  let changed = bytes
  for (let count = 1 + random.below(3); count > 0 && changed.length > 0; count -= 1) changed = random.pick(MUTATIONS)(changed, random)
  return changed
}
