import type { GraphBuilder, OnnxGraph, OnnxValue, ValueName } from '../onnx/graph.ts'
import { GraphBuilder as Builder } from '../onnx/graph.ts'
import type { PatchTstModel } from './choose-settings.ts'
import type { HeadName } from './layout.ts'
import { DIRECTION_CLASSES, HEADS } from './layout.ts'

/** A weight of the checkpoint in row order. */
export type WeightOf = (name: string) => { readonly shape: readonly number[]; readonly data: Float32Array }

/** The input of the graph: candles oldest first, features in training order. */
export const INPUT_NAME = 'features'
const NORM_EPSILON = 1e-5
const REVIN_EPSILON = 1e-5
const OUTPUT_LIMIT = 10
/** Axis of the candles in [batch, candles, features], and of the patches in [batch, patches, width]. */
const TIME_AXIS = 1

const OUTPUT_NAMES: Readonly<Record<HeadName, string>> = {
  future_returns: 'future_returns',
  direction: 'direction_logits',
  long_levels: 'long_levels',
  short_levels: 'short_levels',
  risk_metrics: 'risk_metrics',
  confidence: 'confidence',
}

/** The forward pass of UnifiedPatchTST in evaluation mode, without dropout. */
export function buildGraph(model: PatchTstModel, weightOf: WeightOf): OnnxGraph {
  const writer = new ModelWriter(model, new Builder(), weightOf)
  const outputs = writer.write()
  const { nodes, tensors } = writer.graph
  const input: OnnxValue = { name: INPUT_NAME, shape: ['batch', model.context, model.layout.features] }
  return { name: 'UnifiedPatchTST', inputs: [input], outputs, tensors, nodes }
}

class ModelWriter {
  readonly graph: GraphBuilder
  readonly #model: PatchTstModel
  readonly #weightOf: WeightOf

  constructor(model: PatchTstModel, graph: GraphBuilder, weightOf: WeightOf) {
    this.#model = model
    this.graph = graph
    this.#weightOf = weightOf
  }

  write(): OnnxValue[] {
    const { layout } = this.#model
    let hidden = this.#embed(this.#normalizeInput(INPUT_NAME))
    for (let layer = 0; layer < layout.layers; layer += 1) hidden = this.#encoderLayer(hidden, `encoder.encoder_layers.${layer}`)
    hidden = this.#norm(hidden, 'encoder.norm')
    const pooled = this.graph.node('pooled', 'ReduceMean', [hidden], { axes: { integers: [TIME_AXIS] }, keepdims: { integer: 0 } })
    const features = this.#dense(this.#norm(pooled, 'ln'), 'output_projection')
    return this.#heads(features)
  }

  /** RevIN: each feature of each sample by its own mean and unbiased deviation over the candles, then the learnt scale and shift. */
  #normalizeInput(input: ValueName): ValueName {
    const { graph } = this
    const overTime = { axes: { integers: [TIME_AXIS] }, keepdims: { integer: 1 } }
    const mean = graph.node('revin.mean', 'ReduceMean', [input], overTime)
    const centered = graph.node('revin.centered', 'Sub', [input, mean])
    const squared = graph.node('revin.squared', 'Mul', [centered, centered])
    const meanSquare = graph.node('revin.mean_square', 'ReduceMean', [squared], overTime)
    const unbiased = graph.float('revin.unbiased', this.#model.context / (this.#model.context - 1))
    const variance = graph.node('revin.variance', 'Mul', [meanSquare, unbiased])
    const shifted = graph.node('revin.shifted', 'Add', [variance, graph.float('revin.epsilon', REVIN_EPSILON)])
    const deviation = graph.node('revin.deviation', 'Sqrt', [shifted])
    const scaled = graph.node('revin.scaled', 'Div', [centered, deviation])
    const weighted = graph.node('revin.weighted', 'Mul', [scaled, this.#weight('revin.affine_weight')])
    return graph.node('revin.output', 'Add', [weighted, this.#weight('revin.affine_bias')])
  }

  /** Patches by a convolution over the candles, then the stored positions. */
  #embed(input: ValueName): ValueName {
    const { graph } = this
    const { layout, stride } = this.#model
    const swapped = { perm: { integers: [0, 2, 1] } }
    const channels = graph.node('patches.channels', 'Transpose', [input], swapped)
    const convolved = graph.node('patches.convolved', 'Conv', [channels, this.#weight('patch_embedding.weight')], {
      kernel_shape: { integers: [layout.patchLength] },
      strides: { integers: [stride] },
    })
    const patches = graph.node('patches.output', 'Transpose', [convolved], swapped)
    const positions = graph.weight(
      'positional_encoding.pe',
      [1, layout.patches, layout.width],
      this.#weightOf('positional_encoding.pe').data,
    )
    return graph.node('patches.positioned', 'Add', [patches, positions])
  }

  /** Post-norm: norm1(x + attention(x)), then norm2(y + feed-forward(y)). */
  #encoderLayer(input: ValueName, name: string): ValueName {
    const { graph } = this
    const attended = graph.node(`${name}.attended`, 'Add', [input, this.#attention(input, `${name}.self_attention`)])
    const first = this.#norm(attended, `${name}.norm1`)
    const inner = this.#activate(this.#linear(first, `${name}.ff.0.weight`, `${name}.ff.0.bias`), `${name}.ff`)
    const outer = this.#linear(inner, `${name}.ff.3.weight`, `${name}.ff.3.bias`)
    return this.#norm(graph.node(`${name}.fed`, 'Add', [first, outer]), `${name}.norm2`)
  }

  #attention(input: ValueName, name: string): ValueName {
    const { graph } = this
    const { layout, attentionHeads } = this.#model
    const headWidth = layout.width / attentionHeads
    const projected = this.#linear(input, `${name}.in_proj_weight`, `${name}.in_proj_bias`)
    const widths = graph.integers(`${name}.widths`, [layout.width, layout.width, layout.width])
    const parts = graph.split([`${name}.query`, `${name}.key`, `${name}.value`], [projected, widths], 2)
    const byHead = graph.integers(`${name}.by_head`, [0, layout.patches, attentionHeads, headWidth])
    const arranged = (part: ValueName, order: readonly number[]): ValueName => {
      const reshaped = graph.node(`${part}.reshaped`, 'Reshape', [part, byHead])
      return graph.node(`${part}.by_head`, 'Transpose', [reshaped], { perm: { integers: order } })
    }
    const [query = '', key = '', value = ''] = parts
    const queries = arranged(query, [0, 2, 1, 3])
    const scores = graph.node(`${name}.products`, 'MatMul', [queries, arranged(key, [0, 2, 3, 1])])
    const scale = graph.float(`${name}.scale`, 1 / Math.sqrt(headWidth))
    const scaled = graph.node(`${name}.scores`, 'Mul', [scores, scale])
    const shares = graph.node(`${name}.shares`, 'Softmax', [scaled], { axis: { integer: 3 } })
    const mixed = graph.node(`${name}.mixed`, 'MatMul', [shares, arranged(value, [0, 2, 1, 3])])
    const back = graph.node(`${name}.back`, 'Transpose', [mixed], { perm: { integers: [0, 2, 1, 3] } })
    const joined = graph.node(`${name}.joined`, 'Reshape', [back, graph.integers(`${name}.flat`, [0, layout.patches, layout.width])])
    return this.#linear(joined, `${name}.out_proj.weight`, `${name}.out_proj.bias`)
  }

  /** GELU by the error function, as PyTorch computes it unless told otherwise. */
  #activate(input: ValueName, name: string): ValueName {
    const { graph } = this
    if (this.#model.activation === 'relu') return graph.node(`${name}.activated`, 'Relu', [input])
    const divided = graph.node(`${name}.divided`, 'Div', [input, graph.float('gelu.root_two', Math.SQRT2)])
    const error = graph.node(`${name}.erf`, 'Erf', [divided])
    const raised = graph.node(`${name}.raised`, 'Add', [error, graph.float('gelu.one', 1)])
    const product = graph.node(`${name}.product`, 'Mul', [input, raised])
    return graph.node(`${name}.activated`, 'Mul', [product, graph.float('gelu.half', 0.5)])
  }

  #heads(features: ValueName): OnnxValue[] {
    const { graph } = this
    const outputs: OnnxValue[] = []
    const parts = new Map<HeadName, ValueName>()
    for (const { name } of HEADS) {
      const head = this.#model.layout.heads.get(name)
      if (head === undefined) continue
      const inner = graph.node(`${name}_head.inner`, 'Relu', [this.#dense(features, `${name}_head.0`)])
      const raw = this.#dense(inner, `${name}_head.3`)
      const shape = name === 'direction' ? [head.outputs / DIRECTION_CLASSES, DIRECTION_CLASSES] : [head.outputs]
      parts.set(name, this.#finishHead(name, raw, shape))
      outputs.push({ name: OUTPUT_NAMES[name], shape: ['batch', ...shape] })
    }
    return [...outputs, this.#production(parts)]
  }

  #finishHead(name: HeadName, raw: ValueName, shape: readonly number[]): ValueName {
    const { graph } = this
    if (name === 'future_returns') return graph.node(OUTPUT_NAMES[name], 'Tanh', [raw])
    if (name !== 'direction') return graph.node(OUTPUT_NAMES[name], 'Identity', [raw])
    const cooled = this.#model.layout.temperature ? graph.node('direction.cooled', 'Div', [raw, this.#weight('temperature')]) : raw
    return graph.node(OUTPUT_NAMES[name], 'Reshape', [cooled, graph.integers('direction.shape', [0, ...shape])])
  }

  /** What v2's inference returned: returns, direction logits and risk in one row, limited to ±10. */
  #production(parts: ReadonlyMap<HeadName, ValueName>): OnnxValue {
    const { graph } = this
    const flat = graph.node('direction.flat', 'Flatten', [parts.get('direction') ?? ''], { axis: { integer: 1 } })
    const joined = graph.node('production.joined', 'Concat', [parts.get('future_returns') ?? '', flat, parts.get('risk_metrics') ?? ''], {
      axis: { integer: 1 },
    })
    const limits = [graph.float('production.lowest', -OUTPUT_LIMIT), graph.float('production.highest', OUTPUT_LIMIT)]
    graph.node('outputs', 'Clip', [joined, ...limits])
    const { heads } = this.#model.layout
    const width = (['future_returns', 'direction', 'risk_metrics'] as const).reduce((sum, name) => sum + (heads.get(name)?.outputs ?? 0), 0)
    return { name: 'outputs', shape: ['batch', width] }
  }

  /** A linear layer on [batch, width], with the weight as PyTorch stores it. */
  #dense(input: ValueName, name: string): ValueName {
    const inputs = [input, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)]
    return this.graph.node(`${name}.output`, 'Gemm', inputs, { transB: { integer: 1 } })
  }

  /** A linear layer on [batch, patches, width]: MatMul needs the weight transposed. */
  #linear(input: ValueName, weight: string, bias: string): ValueName {
    const { shape, data } = this.#weightOf(weight)
    const [rows = 0, columns = 0] = shape
    const turned = this.graph.weight(`${weight}.transposed`, [columns, rows], transposed(data, rows, columns))
    const product = this.graph.node(`${weight}.product`, 'MatMul', [input, turned])
    return this.graph.node(`${weight}.output`, 'Add', [product, this.#weight(bias)])
  }

  #norm(input: ValueName, name: string): ValueName {
    const inputs = [input, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`)]
    return this.graph.node(`${name}.output`, 'LayerNormalization', inputs, { epsilon: { float: NORM_EPSILON } })
  }

  #weight(name: string): ValueName {
    const { shape, data } = this.#weightOf(name)
    return this.graph.weight(name, shape, data)
  }
}

function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(data.length)
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) turned[column * rows + row] = data[row * columns + column] ?? 0
  }
  return turned
}
