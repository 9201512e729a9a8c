import type { PatchTstLayout } from '#v2-import/models/patchtst/layout.ts'
import { expectedShapes } from '#v2-import/models/patchtst/layout.ts'
import type { PicklePart } from './pickle-bytes.ts'
import { STOP, dict, pickle, tensor } from './pickle-bytes.ts'
import { torchZip } from './zip-bytes.ts'

/** A model small enough for tests: 24 candles of 3 features in 5 patches of 8 every 4. */
export const SMALL_LAYOUT: PatchTstLayout = {
  features: 3,
  patchLength: 8,
  patches: 5,
  width: 8,
  feedForwardWidth: 12,
  layers: 2,
  temperature: true,
  transposedPositions: false,
  heads: new Map([
    ['future_returns', { inner: 6, outputs: 4 }],
    ['direction', { inner: 6, outputs: 12 }],
    ['risk_metrics', { inner: 6, outputs: 4 }],
  ]),
}

export interface CheckpointOptions {
  readonly layout?: PatchTstLayout
  readonly prefix?: string
  /** The `config` entry; absent in a bare state dict. */
  readonly config?: PicklePart
  /** Lay the state dict into a trainer's dictionary, beside these. */
  readonly beside?: Readonly<Record<string, PicklePart>>
  readonly shapes?: (shapes: Map<string, readonly number[]>) => void
  readonly values?: (name: string, values: Float32Array) => void
}

/** The bytes `torch.save` would write for a model with weights from a fixed series. */
export function patchTstCheckpoint(options: CheckpointOptions = {}): Uint8Array {
  const shapes = expectedShapes(options.layout ?? SMALL_LAYOUT)
  options.shapes?.(shapes)
  const storages: Record<string, Uint8Array> = {}
  const tensors: Record<string, PicklePart> = {}
  for (const [name, shape] of shapes) {
    const key = String(Object.keys(storages).length)
    const values = weights(shape, Number(key))
    if (name === 'temperature') values.fill(1.5)
    options.values?.(name, values)
    storages[key] = new Uint8Array(values.buffer)
    tensors[`${options.prefix ?? ''}${name}`] = tensor({ key, elements: values.length, shape })
  }
  const state = dict(tensors)
  const wrapped = options.config !== undefined || options.beside !== undefined
  const config = options.config === undefined ? {} : { config: options.config }
  const root = wrapped ? dict({ model_state_dict: state, ...config, ...options.beside }) : state
  return torchZip(pickle(0x80, 2, root, STOP), storages)
}

/** Numbers within ±0.5 that depend on `seed` alone. */
function weights(shape: readonly number[], seed: number): Float32Array {
  let state = seed * 7919 + 1
  return Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647 - 0.5
  })
}
