const MATCH_MIN = 4
const LENGTH_ESCAPE = 15

/**
 * Decodes one LZ4 block into `output` from `start` on; matches may reach back to 0. Gives where the output ends, or
 * undefined if the block is damaged or would pass `limit`.
 */
export function decodeLz4Block(input: Buffer, output: Buffer, start: number, limit: number): number | undefined {
  let [at, to] = [0, start]
  while (at < input.length) {
    const token = input[at] ?? 0
    at += 1
    let literals = token >>> 4
    if (literals === LENGTH_ESCAPE) {
      const long = longLength(input, at)
      if (long === undefined) return undefined
      literals += long.length
      at = long.at
    }
    if (literals > input.length - at || literals > limit - to) return undefined
    input.copy(output, to, at, at + literals)
    at += literals
    to += literals
    // The last sequence is literals alone.
    if (at === input.length) return to
    if (at + 2 > input.length) return undefined
    const distance = input.readUInt16LE(at)
    at += 2
    let match = token & 0x0f
    if (match === LENGTH_ESCAPE) {
      const long = longLength(input, at)
      if (long === undefined) return undefined
      match += long.length
      at = long.at
    }
    match += MATCH_MIN
    if (distance === 0 || distance > to || match > limit - to) return undefined
    copyMatch(output, to, distance, match)
    to += match
  }
  return undefined
}

function longLength(input: Buffer, at: number): { readonly length: number; readonly at: number } | undefined {
  let length = 0
  while (true) {
    const value = input[at]
    if (value === undefined) return undefined
    at += 1
    length += value
    if (value !== 255) return { length, at }
  }
}

function copyMatch(output: Buffer, to: number, distance: number, length: number): void {
  if (distance >= length) {
    output.copyWithin(to, to - distance, to - distance + length)
    return
  }
  // The match overlaps what it makes, so it must go byte by byte.
  for (let done = 0; done < length; done += 1) output[to + done] = output[to + done - distance] ?? 0
}
