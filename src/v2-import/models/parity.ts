import { z } from 'zod'
import { damaged } from './refusal.ts'
import { readModelFile } from './read-model-file.ts'

/** Largest difference from PyTorch's output that is still the same model: 32-bit floats added in another order. */
export const PARITY_TOLERANCE = 1e-4
const FIXTURE_BYTES_MAX = 64 * 1024 * 1024

const head = z.object({ shape: z.array(z.number().int().positive()), values: z.array(z.number()) })
const fixtureFile = z.object({
  shape: z.object({ batch: z.number().int().positive(), context: z.number().int().positive(), features: z.number().int().positive() }),
  input: z.array(z.number()),
  /** PyTorch's outputs; null for a head the model does not have. */
  expected: z.record(z.string(), head.nullable()),
})

export interface ParityFixture {
  readonly inputShape: readonly number[]
  readonly input: Float32Array
  readonly expected: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
}

/** An input and what PyTorch made of it. Throws `FILE_INVALID` when the file is not that. */
export async function readParityFixture(path: string): Promise<ParityFixture> {
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(await readModelFile(path, FIXTURE_BYTES_MAX)).toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(`${path} is not JSON`)
    throw error
  }
  const parsed = fixtureFile.safeParse(data)
  if (!parsed.success) throw damaged(`${path} holds no recorded input and outputs: ${z.prettifyError(parsed.error)}`)
  const { shape, input, expected } = parsed.data
  const inputShape = [shape.batch, shape.context, shape.features]
  if (input.length !== shape.batch * shape.context * shape.features)
    throw damaged(`${path} has ${input.length} input numbers for [${inputShape.join(', ')}]`)
  const heads = Object.entries(expected).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  if (heads.length === 0) throw damaged(`${path} records no output`)
  return { inputShape, input: Float32Array.from(input), expected: new Map(heads) }
}

export interface ParityReport {
  /** Largest absolute difference of each recorded head; null where the model's output is missing, misshapen or not a number. */
  readonly heads: Readonly<Record<string, number | null>>
  readonly maxAbsDiff: number | null
  readonly isWithin: boolean
}

/** Compares every recorded head. A head that cannot be compared is not within any tolerance. */
export function compareHeads(
  { expected }: ParityFixture,
  results: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>,
): ParityReport {
  const heads: Record<string, number | null> = {}
  for (const [name, { shape, values }] of expected) {
    const result = results.get(name)
    const isSameShape = result !== undefined && result.shape.join() === shape.join() && result.values.length === values.length
    heads[name] = isSameShape ? largestDifference(values, result.values) : null
  }
  const all = Object.values(heads)
  const maxAbsDiff = all.some((each) => each === null) ? null : Math.max(...all.map((each) => each ?? 0))
  return { heads, maxAbsDiff, isWithin: maxAbsDiff !== null && maxAbsDiff <= PARITY_TOLERANCE }
}

function largestDifference(expected: readonly number[], found: Float32Array): number | null {
  let largest = 0
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(value - (found[index] ?? Number.NaN))
    if (Number.isNaN(difference)) return null
    if (difference > largest) largest = difference
  }
  return largest
}
