import { createHash } from 'node:crypto'
import { encodeModel, OPERATOR_SET } from './onnx/encode-model.ts'
import type { OnnxValue } from './onnx/graph.ts'
import { buildGraph } from './patchtst/build-graph.ts'
import type { Choice, Mismatch } from './patchtst/choose-settings.ts'
import { chooseSettings } from './patchtst/choose-settings.ts'
import { readLayout } from './patchtst/layout.ts'
import type { PatchTstSettings } from './patchtst/settings.ts'
import { readSettings } from './patchtst/settings.ts'
import { toPlainData } from './pickle/plain-data.ts'
import type { TensorType } from './pickle/values.ts'
import { readModelFile } from './read-model-file.ts'
import { damaged } from './refusal.ts'
import type { Checkpoint, CheckpointFormat } from './torch/checkpoint.ts'
import { MAX_CHECKPOINT_BYTES, readCheckpoint } from './torch/read-checkpoint.ts'
import type { StateDict } from './torch/state-dict.ts'
import { readStateDict } from './torch/state-dict.ts'
import { elementCount, tensorFloats } from './torch/tensors.ts'

const PRODUCER = 'bot-trading'
/** A buffer of fixed numbers, not a learnt parameter. */
const POSITIONS = 'positional_encoding.pe'

export interface ConvertOptions {
  /** A configuration beside the checkpoint (parsed `config.yaml`, `config.pkl` or `ml_config.json`), for what the checkpoint itself does not say. */
  readonly config?: unknown
}

export interface TensorReport {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly number[]
  /** Of the elements, added in row order as 64-bit floats: to compare with the source. */
  readonly sum: number
}

export interface ConversionReport {
  readonly source: {
    readonly format: CheckpointFormat
    readonly bytes: number
    readonly sha256: string
    readonly layout: StateDict['layout']
    readonly prefix: string
    /** Entries of a trainer's file that are not weights and were left behind. */
    readonly leftBehind: readonly string[]
  }
  readonly choices: readonly Choice[]
  readonly mismatches: readonly Mismatch[]
  readonly warnings: readonly string[]
  readonly tensors: readonly TensorReport[]
  /** Learnt numbers, as PyTorch counts them. */
  readonly parameters: number
  readonly onnx: { readonly bytes: number; readonly sha256: string; readonly operatorSet: number }
}

export interface ConvertedModel {
  /** The `.onnx` file. All weights lie inside it. */
  readonly onnx: Uint8Array
  readonly input: OnnxValue
  /** One for each head that is there, and `outputs`: the row that v2's inference returned. */
  readonly outputs: readonly OnnxValue[]
  readonly report: ConversionReport
}

/**
 * Turns a UnifiedPatchTST checkpoint of v2 into an ONNX model, without running anything of it.
 * @param source the file's path or its bytes
 * @throws AppError FILE_INVALID or REFUSED with the reason, when the file is not a whole model made of nothing but data
 */
export async function convertCheckpoint(source: Uint8Array | string, options: ConvertOptions = {}): Promise<ConvertedModel> {
  const file = typeof source === 'string' ? await readModelFile(source, MAX_CHECKPOINT_BYTES) : source
  return convertBytes(file, options)
}

function convertBytes(file: Uint8Array, options: ConvertOptions): ConvertedModel {
  const checkpoint = readCheckpoint(file)
  const state = readStateDict(checkpoint.root)
  const layout = readLayout(state.tensors)
  const chosen = chooseSettings(layout, ownSettings(state), readSettings(options.config))
  const weights = readWeights(checkpoint, state)
  const graph = buildGraph(chosen.model, (name) => {
    const weight = weights.get(name)
    if (weight === undefined) throw new Error(`the layout was accepted without ${name}`)
    return weight
  })
  const { choices, mismatches, warnings } = chosen
  const sha256 = hash(file)
  const onnx = encodeModel(graph, { producer: PRODUCER, metadata: metadataOf(sha256, choices) })
  const [input] = graph.inputs
  if (input === undefined) throw new Error('the graph has no input')
  const report: ConversionReport = {
    source: {
      format: checkpoint.format,
      bytes: file.byteLength,
      sha256,
      layout: state.layout,
      prefix: state.prefix,
      leftBehind: [...state.rest.keys()].map(String).filter((name) => name !== 'config'),
    },
    choices,
    mismatches,
    warnings: [...warnings, ...otherWeights(state)],
    tensors: [...state.tensors].map(([name, tensor]) => ({
      name,
      type: tensor.storage.type,
      shape: tensor.shape,
      sum: sumOf(weights.get(name)?.data),
    })),
    parameters: [...state.tensors].reduce((sum, [name, { shape }]) => sum + (name === POSITIONS ? 0 : elementCount(shape)), 0),
    onnx: { bytes: onnx.byteLength, sha256: hash(onnx), operatorSet: OPERATOR_SET },
  }
  return { onnx, input, outputs: graph.outputs, report }
}

function ownSettings(state: StateDict): PatchTstSettings {
  const config = state.rest.get('config')
  return config === undefined ? {} : readSettings(toPlainData(config))
}

function readWeights(checkpoint: Checkpoint, state: StateDict): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, tensor] of state.tensors) {
    const data = tensorFloats(checkpoint, tensor)
    if (!data.every(Number.isFinite)) throw damaged(`tensor ${name} holds a number that is not finite`)
    weights.set(name, { shape: tensor.shape, data })
  }
  const temperature = weights.get('temperature')?.data[0]
  if (temperature !== undefined && temperature <= 0)
    throw damaged(`the temperature of the model is ${temperature}, and logits cannot be divided by that`)
  return weights
}

/** A fine-tuned file carries averaged weights too; which of the two v2 traded with, the file does not say. */
function otherWeights(state: StateDict): string[] {
  return state.rest.has('ema_state_dict') ? ['The checkpoint also holds averaged weights (ema_state_dict); model_state_dict was used.'] : []
}

function metadataOf(sha256: string, choices: readonly Choice[]): Record<string, string> {
  return { source_sha256: sha256, ...Object.fromEntries(choices.map(({ setting, value }) => [setting, String(value)])) }
}

function sumOf(data: Float32Array | undefined): number {
  let sum = 0
  for (const value of data ?? []) sum += value
  return sum
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
