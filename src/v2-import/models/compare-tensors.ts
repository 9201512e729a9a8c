import type { DescribedTensor } from './model-folder.ts'
import { readTensors, type StoredTensor } from './onnx/read-tensors.ts'

/** A weight of a linear layer that is stored turned, because the operator wants it so. */
const TURNED = '.transposed'

/**
 * Each tensor of the checkpoint against what stands in the `.onnx` file: there, of the same shape, and with the same sum of its
 * elements, added in the same order as 64-bit floats. What differs, in words. Throws `AppError` (FILE_INVALID) on a damaged file.
 */
export function compareTensors(expected: readonly DescribedTensor[], onnx: Uint8Array): readonly string[] {
  const stored = new Map(readTensors(onnx).map((tensor) => [tensor.name, tensor]))
  return expected.flatMap(({ name, shape, sum }) => {
    const plain = stored.get(name)
    const turned = stored.get(`${name}${TURNED}`)
    const found = plain ?? (turned === undefined ? undefined : turnBack(turned))
    if (found === undefined) return [`the tensor ${name} is not in it`]
    if (!isSameShape(shape, found.shape))
      return [`the tensor ${name} is [${found.shape.join(', ')}], [${shape.join(', ')}] in the checkpoint`]
    const now = found.data.reduce((total, value) => total + value, 0)
    return now === sum ? [] : [`the elements of ${name} add up to ${now}, ${sum} in the checkpoint`]
  })
}

/** Dimensions of one are no difference: positions are stored with one for the batch. */
function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  const plain = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join(' ')
  return plain(a) === plain(b)
}

function turnBack({ name, shape, data }: StoredTensor): StoredTensor {
  const [columns = 0, rows = 0] = shape
  return {
    name,
    shape: [rows, columns],
    data: Float32Array.from(data, (_, at) => data[(at % columns) * rows + Math.floor(at / columns)] ?? 0),
  }
}
