import type { Attribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './graph.ts'
import { MessageWriter } from './protobuf.ts'

/** ONNX 1.12: the first operator set with LayerNormalization; every runtime of the last years reads it. */
export const OPERATOR_SET = 17
const IR_VERSION = 8

/** Numbers of enumerations in onnx.proto. */
const FLOAT = 1
const INT64 = 7
const ATTRIBUTE_FLOAT = 1
const ATTRIBUTE_INT = 2
const ATTRIBUTE_INTS = 7

export interface ModelHeader {
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
}

/** The bytes of an `.onnx` file. All weights lie inside it; the same graph gives the same bytes. Field numbers are those of onnx.proto. */
export function encodeModel(graph: OnnxGraph, header: ModelHeader): Uint8Array {
  const model = new MessageWriter().integer(1, IR_VERSION).text(2, header.producer).message(7, encodeGraph(graph))
  model.message(8, new MessageWriter().text(1, '').integer(2, OPERATOR_SET))
  for (const [key, value] of Object.entries(header.metadata)) model.message(14, new MessageWriter().text(1, key).text(2, value))
  return model.finish()
}

function encodeGraph(graph: OnnxGraph): MessageWriter {
  const writer = new MessageWriter()
  for (const node of graph.nodes) writer.message(1, encodeNode(node))
  writer.text(2, graph.name)
  for (const tensor of graph.tensors) writer.message(5, encodeTensor(tensor))
  for (const value of graph.inputs) writer.message(11, encodeValue(value))
  for (const value of graph.outputs) writer.message(12, encodeValue(value))
  return writer
}

function encodeNode({ operator, inputs, outputs, attributes }: OnnxNode): MessageWriter {
  const writer = new MessageWriter()
  for (const input of inputs) writer.text(1, input)
  for (const output of outputs) writer.text(2, output)
  writer.text(3, `${outputs[0] ?? ''}.node`).text(4, operator)
  for (const [name, value] of Object.entries(attributes)) writer.message(5, encodeAttribute(name, value))
  return writer
}

function encodeAttribute(name: string, value: Attribute): MessageWriter {
  const writer = new MessageWriter().text(1, name)
  if ('float' in value) return writer.float(2, value.float).integer(20, ATTRIBUTE_FLOAT)
  if ('integer' in value) return writer.integer(3, value.integer).integer(20, ATTRIBUTE_INT)
  for (const integer of value.integers) writer.integer(8, integer)
  return writer.integer(20, ATTRIBUTE_INTS)
}

function encodeTensor({ name, shape, data }: OnnxTensor): MessageWriter {
  const writer = new MessageWriter()
  for (const size of shape) writer.integer(1, size)
  writer.integer(2, data instanceof Float32Array ? FLOAT : INT64).text(8, name)
  // raw_data is little-endian, as is every machine this runs on.
  return writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

function encodeValue({ name, shape }: OnnxValue): MessageWriter {
  const dimensions = new MessageWriter()
  for (const size of shape) {
    dimensions.message(1, typeof size === 'number' ? new MessageWriter().integer(1, size) : new MessageWriter().text(2, size))
  }
  const tensorType = new MessageWriter().integer(1, FLOAT).message(2, dimensions)
  return new MessageWriter().text(1, name).message(2, new MessageWriter().message(1, tensorType))
}
