import { demoRandom } from './demo-random.ts'

/** Waves of 1, 2, 4 … 256 days; longer ones are higher, as in a random walk, yet the sum stays bounded. */
const OCTAVES = 9
const SHORTEST_WAVE = 0.011

function wave(seed: string, name: string, octave: number, day: number): number {
  const length = 2 ** octave
  const cell = Math.floor(day / length)
  const phase = (1 - Math.cos((Math.PI * (day - cell * length)) / length)) / 2
  const at = (index: number): number => demoRandom(seed, 'wave', name, octave, index).gaussian()
  return at(cell) * (1 - phase) + at(cell + 1) * phase
}

/** Where the logarithm of a price wanders to by the start of a day, without looking at the day before. */
export function anchorLog(seed: string, name: string, day: number): number {
  let sum = 0
  for (let octave = 0; octave < OCTAVES; octave += 1) sum += SHORTEST_WAVE * Math.SQRT2 ** octave * wave(seed, name, octave, day)
  return sum
}
