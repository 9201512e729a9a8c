const MASK = 0xffff_ffffn
const [P1, P2, P3, P4, P5] = [2654435761n, 2246822519n, 3266489917n, 668265263n, 374761393n]

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (32n - bits))) & MASK

/** xxHash32 written a second time, slowly and in big integers, to check the one of the reader. */
export function xxHash32(bytes: Buffer): number {
  let at = 0
  let hash = P5
  if (bytes.length >= 16) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK]
    for (; at + 16 <= bytes.length; at += 16) {
      for (const lane of [0, 1, 2, 3]) {
        const word = BigInt(bytes.readUInt32LE(at + lane * 4))
        lanes[lane] = (rotate(((lanes[lane] ?? 0n) + word * P2) & MASK, 13n) * P1) & MASK
      }
    }
    const turns = [1n, 7n, 12n, 18n]
    hash = lanes.reduce((sum, lane, index) => sum + rotate(lane, turns[index] ?? 0n), 0n) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; at + 4 <= bytes.length; at += 4) hash = (rotate((hash + BigInt(bytes.readUInt32LE(at)) * P3) & MASK, 17n) * P4) & MASK
  for (; at < bytes.length; at += 1) hash = (rotate((hash + BigInt(bytes[at] ?? 0) * P5) & MASK, 11n) * P1) & MASK
  hash = ((hash ^ (hash >> 15n)) * P2) & MASK
  hash = ((hash ^ (hash >> 13n)) * P3) & MASK
  return Number(hash ^ (hash >> 16n))
}
