/** mulberry32: the same seed gives the same numbers, 0 ≤ n < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The seed of a run: `REPLAY_SEED` repeats one that failed. */
export function chooseSeed(): number {
  const given = process.env['REPLAY_SEED']
  return given === undefined ? Date.now() % 1_000_000 : Number(given)
}
