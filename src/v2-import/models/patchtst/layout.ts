import type { TensorValue } from '../pickle/values.ts'
import { unsupported } from '../refusal.ts'

/** The heads of UnifiedPatchTST, in the order of its state dict. Production needs three of them. */
export const HEADS = [
  { name: 'future_returns', required: true },
  { name: 'direction', required: true },
  { name: 'long_levels', required: false },
  { name: 'short_levels', required: false },
  { name: 'risk_metrics', required: true },
  { name: 'confidence', required: false },
] as const

export type HeadName = (typeof HEADS)[number]['name']

/** LONG, SHORT, NEUTRAL. */
export const DIRECTION_CLASSES = 3
const MAX_LAYERS = 64
const MAX_LISTED = 12

/** What the shapes of the tensors decide. */
export interface PatchTstLayout {
  readonly features: number
  readonly patchLength: number
  readonly patches: number
  readonly width: number
  readonly feedForwardWidth: number
  readonly layers: number
  /** Inner width and outputs of each head that is there. */
  readonly heads: ReadonlyMap<HeadName, { readonly inner: number; readonly outputs: number }>
  readonly temperature: boolean
  /** Some versions stored the positions as [patches, 1, width]. */
  readonly transposedPositions: boolean
}

type Tensors = ReadonlyMap<string, TensorValue>
type Shape = readonly number[]

/** Reads the layout off the tensors, and refuses a state dict with a tensor missing, of another shape, or unknown. Nothing is skipped. */
export function readLayout(tensors: Tensors): PatchTstLayout {
  const [width, features, patchLength] = shapeOf(tensors, 'patch_embedding.weight', 3)
  const [first, second] = shapeOf(tensors, 'positional_encoding.pe', 3)
  const transposedPositions = first !== 1 && second === 1
  const layers = countLayers(tensors)
  const [feedForwardWidth] = shapeOf(tensors, 'encoder.encoder_layers.0.ff.0.weight', 2)
  const layout: PatchTstLayout = {
    features,
    patchLength,
    width,
    feedForwardWidth,
    layers,
    transposedPositions,
    patches: transposedPositions ? first : second,
    heads: headsOf(tensors),
    temperature: tensors.has('temperature'),
  }
  const wrong = compare(tensors, expectedShapes(layout))
  if (wrong.length > 0) {
    const more = wrong.length > MAX_LISTED ? ` and ${wrong.length - MAX_LISTED} more` : ''
    throw unsupported(`the checkpoint is not a whole UnifiedPatchTST: ${wrong.slice(0, MAX_LISTED).join('; ')}${more}`)
  }
  return layout
}

/** Every tensor a model of this layout has, with its shape. */
export function expectedShapes(layout: PatchTstLayout): Map<string, Shape> {
  const { features, patchLength, patches, width, feedForwardWidth, layers } = layout
  const shapes = new Map<string, Shape>([
    ['revin.affine_weight', [features]],
    ['revin.affine_bias', [features]],
    ['patch_embedding.weight', [width, features, patchLength]],
    ['positional_encoding.pe', layout.transposedPositions ? [patches, 1, width] : [1, patches, width]],
    ...affine('encoder.norm', [width]),
    ...affine('output_projection', [width, width]),
    ...affine('ln', [width]),
  ])
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `encoder.encoder_layers.${layer}`
    const own = new Map<string, Shape>([
      [`${prefix}.self_attention.in_proj_weight`, [3 * width, width]],
      [`${prefix}.self_attention.in_proj_bias`, [3 * width]],
      ...affine(`${prefix}.self_attention.out_proj`, [width, width]),
      ...affine(`${prefix}.ff.0`, [feedForwardWidth, width]),
      ...affine(`${prefix}.ff.3`, [width, feedForwardWidth]),
      ...affine(`${prefix}.norm1`, [width]),
      ...affine(`${prefix}.norm2`, [width]),
    ])
    for (const [name, shape] of own) shapes.set(name, shape)
  }
  for (const [head, { inner, outputs }] of layout.heads) {
    for (const [name, shape] of affine(`${head}_head.0`, [inner, width])) shapes.set(name, shape)
    for (const [name, shape] of affine(`${head}_head.3`, [outputs, inner])) shapes.set(name, shape)
  }
  if (layout.temperature) shapes.set('temperature', [1])
  return shapes
}

/** Weight and bias of a linear layer or a norm. */
function affine(name: string, weight: Shape): [string, Shape][] {
  return [
    [`${name}.weight`, weight],
    [`${name}.bias`, weight.slice(0, 1)],
  ]
}

function countLayers(tensors: Tensors): number {
  const numbers = [...tensors.keys()]
    .map((name) => /^encoder\.encoder_layers\.(\d{1,4})\./.exec(name)?.[1])
    .filter((text) => text !== undefined)
  const layers = 1 + Math.max(-1, ...numbers.map(Number))
  if (layers > MAX_LAYERS) throw unsupported(`the checkpoint has an encoder layer ${layers - 1}; at most ${MAX_LAYERS} layers are read`)
  return layers
}

function headsOf(tensors: Tensors): PatchTstLayout['heads'] {
  const heads = new Map<HeadName, { inner: number; outputs: number }>()
  for (const { name, required } of HEADS) {
    const present = [...tensors.keys()].some((tensor) => tensor.startsWith(`${name}_head.`))
    if (!present && !required) continue
    const [inner] = shapeOf(tensors, `${name}_head.0.weight`, 2)
    const [outputs] = shapeOf(tensors, `${name}_head.3.weight`, 2)
    heads.set(name, { inner, outputs })
  }
  const directions = heads.get('direction')?.outputs ?? 0
  if (directions % DIRECTION_CLASSES !== 0)
    throw unsupported(`the direction head has ${directions} outputs, not ${DIRECTION_CLASSES} for each horizon`)
  return heads
}

function shapeOf(tensors: Tensors, name: string, dimensions: 2 | 3): [number, number, number] {
  const shape = tensors.get(name)?.shape
  if (shape === undefined) throw unsupported(`the checkpoint is not a UnifiedPatchTST: it has no tensor ${name}`)
  const [first = 0, second = 0, third = 0] = shape
  if (shape.length !== dimensions || shape.includes(0))
    throw unsupported(`tensor ${name} has the shape [${shape.join(', ')}], where ${dimensions} dimensions belong`)
  return [first, second, third]
}

function compare(tensors: Tensors, expected: ReadonlyMap<string, Shape>): string[] {
  const missing = [...expected.keys()].filter((name) => !tensors.has(name)).map((name) => `${name} is missing`)
  const unknown = [...tensors.keys()]
    .filter((name) => !expected.has(name))
    .map((name) => `${JSON.stringify(name.slice(0, 120))} is unknown`)
  const other = [...expected].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape
    return found === undefined || found.join() === shape.join()
      ? []
      : [`${name} has the shape [${found.join(', ')}], not [${shape.join(', ')}]`]
  })
  return [...missing, ...unknown, ...other]
}
