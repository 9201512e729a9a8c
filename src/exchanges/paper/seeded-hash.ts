/**
 * Chance without memory: the same seed and parts give the same number, whatever was asked before.
 * A venue that starts again in the middle therefore draws what it would have drawn anyway.
 */
export function seededHash(seed: string, ...parts: readonly (string | number)[]): number {
  const text = `${seed}|${parts.join('|')}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // murmur3's finaliser: FNV alone leaves the high bits too alike for short texts
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A whole number in `0..below-1`. */
export function seededInteger(below: number, seed: string, ...parts: readonly (string | number)[]): number {
  return Math.floor((seededHash(seed, ...parts) / 2 ** 32) * below)
}
