import { describe, expect, it } from 'vitest'
import { encodeModel } from './encode-model.ts'
import { GraphBuilder } from './graph.ts'
import { MessageWriter } from './protobuf.ts'

describe('protobuf messages', () => {
  it('integers are varints, also beyond 32 bits', () => {
    expect([...new MessageWriter().integer(1, 0).integer(2, 300).finish()]).toEqual([0x08, 0, 0x10, 0xac, 0x02])
    expect([...new MessageWriter().integer(1, 2 ** 40).finish()]).toEqual([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20])
    expect(() => new MessageWriter().integer(1, -1)).toThrow('not a varint: -1')
  })

  it('field numbers above 15 take two bytes, floats four, text its length', () => {
    expect([...new MessageWriter().integer(20, 1).finish()]).toEqual([0xa0, 0x01, 1])
    expect([...new MessageWriter().float(2, 1).finish()]).toEqual([0x15, 0, 0, 0x80, 0x3f])
    expect([...new MessageWriter().text(1, 'é').finish()]).toEqual([0x0a, 2, 0xc3, 0xa9])
  })

  it('a nested message is its length and its bytes', () => {
    const inner = new MessageWriter().integer(1, 5)
    expect([...new MessageWriter().message(3, inner).integer(4, 1).finish()]).toEqual([0x1a, 2, 0x08, 5, 0x20, 1])
  })
})

describe('an ONNX file', () => {
  it('holds its nodes, weights and metadata by the field numbers of onnx.proto', () => {
    const builder = new GraphBuilder()
    builder.node('y', 'Mul', ['x', builder.float('two', 2)])
    const graph = {
      name: 'g',
      inputs: [{ name: 'x', shape: ['n', 3] }],
      outputs: [{ name: 'y', shape: ['n', 3] }],
      tensors: builder.tensors,
      nodes: builder.nodes,
    }
    const value = (name: string): MessageWriter => {
      const shape = new MessageWriter().message(1, new MessageWriter().text(2, 'n')).message(1, new MessageWriter().integer(1, 3))
      return new MessageWriter()
        .text(1, name)
        .message(2, new MessageWriter().message(1, new MessageWriter().integer(1, 1).message(2, shape)))
    }
    const expected = new MessageWriter()
      .integer(1, 8)
      .text(2, 'p')
      .message(
        7,
        new MessageWriter()
          .message(1, new MessageWriter().text(1, 'x').text(1, 'two').text(2, 'y').text(3, 'y.node').text(4, 'Mul'))
          .text(2, 'g')
          .message(
            5,
            new MessageWriter()
              .integer(2, 1)
              .text(8, 'two')
              .bytes(9, Uint8Array.of(0, 0, 0, 0x40)),
          )
          .message(11, value('x'))
          .message(12, value('y')),
      )
      .message(8, new MessageWriter().text(1, '').integer(2, 17))
      .message(14, new MessageWriter().text(1, 'k').text(2, 'v'))
    expect(Buffer.from(encodeModel(graph, { producer: 'p', metadata: { k: 'v' } })).toString('hex')).toBe(
      Buffer.from(expected.finish()).toString('hex'),
    )
  })
})
