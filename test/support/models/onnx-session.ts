/** One output of a run: its dimensions and its numbers in row order. */
export interface OnnxOutput {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

export type OnnxRun = (
  onnx: Uint8Array,
  input: { name: string; dims: readonly number[]; data: Float32Array },
) => Promise<Record<string, OnnxOutput>>

interface OnnxRuntime {
  readonly InferenceSession: {
    readonly create: (
      bytes: Uint8Array,
    ) => Promise<{ run: (feeds: Record<string, unknown>) => Promise<Record<string, OnnxOutput>>; release: () => Promise<void> }>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown
}

/** Runs a model by onnxruntime-node; undefined where that package is not installed. */
export async function loadOnnxRuntime(): Promise<OnnxRun | undefined> {
  const packageName = 'onnxruntime-node'
  const runtime = await (import(packageName) as Promise<OnnxRuntime>).catch(() => undefined)
  if (runtime === undefined) return undefined
  return async (onnx, { name, dims, data }) => {
    const session = await runtime.InferenceSession.create(onnx)
    try {
      return await session.run({ [name]: new runtime.Tensor('float32', data, dims) })
    } finally {
      await session.release()
    }
  }
}
