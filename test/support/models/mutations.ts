/** A small generator of fixed series, so that a failing case can be run again by its seed. */
export class Series {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2_654_435_761) ^ 0x9e3779b9) >>> 0
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** Every pickle opcode: mutations that hit an opcode reach deeper than random bytes. */
const OPCODES = Buffer.from(
  '282e303132464a494b4c4d4e50515253545556586162636465475d666768696a6c6f7071727374757d298081828384858687888a8b42438c8d8e8f909192939495969798',
  'hex',
)
const LENGTHS = [0, 1, 2, 0x7f, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const MAX_ROUNDS = 6

/** A copy of `bytes` with one to six small changes; `others` lend pieces. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], series: Series): Uint8Array {
  let mutated: Uint8Array = Buffer.from(bytes)
  const rounds = series.below(2) === 0 ? 1 : 1 + series.below(MAX_ROUNDS)
  for (let round = 0; round < rounds; round += 1) mutated = mutateOnce(mutated, others, series)
  return mutated
}

function mutateOnce(bytes: Uint8Array, others: readonly Uint8Array[], series: Series): Uint8Array {
  const at = series.below(bytes.byteLength)
  const length = 1 + series.below(32)
  const changed = Buffer.from(bytes)
  const kind = series.below(9)
  if (kind === 0) changed[at] = (changed[at] ?? 0) ^ (1 << series.below(8))
  if (kind === 1) changed[at] = series.below(256)
  if (kind === 2) changed[at] = OPCODES[series.below(OPCODES.byteLength)] ?? 0
  if (kind === 3 && at + 4 <= changed.byteLength) changed.writeUInt32LE(LENGTHS[series.below(LENGTHS.length)] ?? 0, at)
  if (kind === 4) return bytes.subarray(0, at)
  if (kind === 5) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
  if (kind === 6) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)])
  if (kind === 7) return Buffer.concat([bytes.subarray(0, at), piece(others, length, series), bytes.subarray(at + length)])
  if (kind === 8)
    return Buffer.concat([bytes.subarray(0, at), Buffer.of(OPCODES[series.below(OPCODES.byteLength)] ?? 0), bytes.subarray(at)])
  return changed
}

function piece(others: readonly Uint8Array[], length: number, series: Series): Uint8Array {
  const other = others[series.below(others.length)] ?? new Uint8Array()
  const start = series.below(Math.max(1, other.byteLength - length))
  return other.subarray(start, start + length)
}
