import { InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError } from '#domain/errors.ts'
import { withDeadline } from '#platform/deadline.ts'

const RUN_DEADLINE_MS = 60_000

export interface FloatTensor {
  readonly shape: readonly number[]
  /** In row order. */
  readonly values: Float32Array
}

/**
 * Runs a model once on the processor. It is given as bytes, never as a path, so that it cannot name other files. Throws
 * `MODEL_UNAVAILABLE` when the runtime does not take the model or the input.
 */
export async function runOnnx(
  model: Uint8Array,
  input: FloatTensor & { readonly name: string },
): Promise<ReadonlyMap<string, FloatTensor>> {
  let session: InferenceSession | undefined
  try {
    session = await withDeadline(InferenceSession.create(model), RUN_DEADLINE_MS, 'loading a model')
    const feeds = { [input.name]: new Tensor('float32', input.values, input.shape) }
    const results = await withDeadline(session.run(feeds), RUN_DEADLINE_MS, 'running a model')
    return new Map(Object.entries(results).map(([name, value]) => [name, { shape: value.dims, values: floats(name, value.data) }]))
  } catch (error) {
    throw new AppError(
      'MODEL_UNAVAILABLE',
      `The model could not be run: ${error instanceof Error ? error.message : String(error)}. No prediction was made. Convert it again from its checkpoint.`,
      { cause: error },
    )
  } finally {
    await session?.release()
  }
}

function floats(name: string, data: unknown): Float32Array {
  if (data instanceof Float32Array) return data
  throw new TypeError(`output ${name} does not hold 32-bit floats`)
}
