/** A value of a graph: the input, a weight, or what a node computes. */
export type ValueName = string

export type Attribute = { readonly integer: number } | { readonly float: number } | { readonly integers: readonly number[] }

export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly ValueName[]
  readonly outputs: readonly ValueName[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface OnnxTensor {
  readonly name: ValueName
  readonly shape: readonly number[]
  readonly data: Float32Array | BigInt64Array
}

/** An input or output: 32-bit floats; a dimension given as text may be of any size. */
export interface OnnxValue {
  readonly name: ValueName
  readonly shape: readonly (number | string)[]
}

export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly tensors: readonly OnnxTensor[]
  readonly nodes: readonly OnnxNode[]
}

/** Collects nodes and weights, in the order of computation. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = []
  readonly #tensors = new Map<ValueName, OnnxTensor>()

  get nodes(): readonly OnnxNode[] {
    return this.#nodes
  }

  get tensors(): readonly OnnxTensor[] {
    return [...this.#tensors.values()]
  }

  weight(name: ValueName, shape: readonly number[], data: Float32Array): ValueName {
    return this.#tensor({ name, shape, data })
  }

  /** A constant of one float, or of no dimension at all. */
  float(name: ValueName, value: number): ValueName {
    return this.#tensor({ name, shape: [], data: Float32Array.of(value) })
  }

  integers(name: ValueName, values: readonly number[]): ValueName {
    return this.#tensor({ name, shape: [values.length], data: BigInt64Array.from(values, BigInt) })
  }

  /** Adds a node of one output; `output` names it. */
  node(output: ValueName, operator: string, inputs: readonly ValueName[], attributes: Readonly<Record<string, Attribute>> = {}): ValueName {
    this.#nodes.push({ operator, inputs, outputs: [output], attributes })
    return output
  }

  split(outputs: readonly ValueName[], inputs: readonly ValueName[], axis: number): readonly ValueName[] {
    this.#nodes.push({ operator: 'Split', inputs, outputs, attributes: { axis: { integer: axis } } })
    return outputs
  }

  #tensor(tensor: OnnxTensor): ValueName {
    this.#tensors.set(tensor.name, tensor)
    return tensor.name
  }
}
