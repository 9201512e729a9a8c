import { describe, expect, it } from 'vitest'
import { STOP, dict, pickle, tensor } from '#test/support/models/pickle-bytes.ts'
import { torchZip } from '#test/support/models/zip-bytes.ts'
import type { TensorPart } from '#test/support/models/pickle-bytes.ts'
import { readCheckpoint } from './read-checkpoint.ts'
import { readStateDict } from './state-dict.ts'
import { bfloatToNumber, halfToNumber, tensorFloats } from './tensors.ts'

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

function read(part: Omit<TensorPart, 'key'>, storage: Uint8Array): number[] {
  const checkpoint = readCheckpoint(torchZip(pickle(0x80, 2, dict({ t: tensor({ key: '0', ...part }) }), STOP), { 0: storage }))
  const found = readStateDict(checkpoint.root).tensors.get('t')
  if (found === undefined) throw new Error('no tensor')
  return [...tensorFloats(checkpoint, found)]
}

describe('views of a storage', () => {
  const six = floats(0, 1, 2, 3, 4, 5)

  it('a row-ordered view, with an offset', () => {
    expect(read({ elements: 6, shape: [2, 2], offset: 2 }, six)).toEqual([2, 3, 4, 5])
  })

  it('a transposed view comes out in row order', () => {
    expect(read({ elements: 6, shape: [3, 2], strides: [1, 3] }, six)).toEqual([0, 3, 1, 4, 2, 5])
  })

  it('a view of every other element', () => {
    expect(read({ elements: 6, shape: [3], strides: [2], offset: 1 }, six)).toEqual([1, 3, 5])
  })

  it('three dimensions in mixed order', () => {
    expect(read({ elements: 6, shape: [1, 2, 3], strides: [6, 1, 2] }, six)).toEqual([0, 2, 4, 1, 3, 5])
  })

  it('one number, and none', () => {
    expect(read({ elements: 6, shape: [], offset: 4 }, six)).toEqual([4])
    expect(read({ elements: 0, shape: [0, 3] }, floats())).toEqual([])
  })

  it('a storage shorter or longer than described is refused', () => {
    expect(() => read({ elements: 6, shape: [6] }, six.subarray(0, 20))).toThrow(/20 bytes for 6 elements/)
    expect(() => read({ elements: 5, shape: [5] }, six)).toThrow(/24 bytes for 5 elements/)
  })
})

describe('numbers of other types', () => {
  it('half precision, also the smallest and the largest', () => {
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0xfc00]
    expect(bits.map(halfToNumber)).toEqual([1, -2, 65_504, 2 ** -24, 2 ** -14, -0, Infinity, -Infinity])
    expect(halfToNumber(0x7e00)).toBeNaN()
  })

  it('every half of the platform, where it has them', () => {
    const Half = (globalThis as { Float16Array?: new (buffer: ArrayBuffer) => ArrayLike<number> }).Float16Array
    if (Half === undefined) return
    const all = Uint16Array.from({ length: 65_536 }, (_unused, bits) => bits)
    const expected = new Half(all.buffer)
    for (let bits = 0; bits < 65_536; bits += 1) expect(Object.is(halfToNumber(bits), expected[bits]), `${bits}`).toBe(true)
  })

  it('bfloat16', () => {
    expect([0x3f80, 0xc000, 0x4049, 0x0000].map(bfloatToNumber)).toEqual([1, -2, 3.140625, 0])
  })

  it('integers, booleans and doubles', () => {
    const bytes = Buffer.alloc(16)
    bytes.writeBigInt64LE(-5n)
    bytes.writeDoubleLE(0.1, 8)
    expect(read({ elements: 1, shape: [1], storage: 'LongStorage' }, bytes.subarray(0, 8))).toEqual([-5])
    expect(read({ elements: 1, shape: [1], storage: 'DoubleStorage' }, bytes.subarray(8))).toEqual([Math.fround(0.1)])
    expect(read({ elements: 2, shape: [2], storage: 'BoolStorage' }, Buffer.of(0, 1))).toEqual([0, 1])
    expect(read({ elements: 2, shape: [2], storage: 'CharStorage' }, Buffer.of(0xff, 1))).toEqual([-1, 1])
    expect(read({ elements: 1, shape: [1], storage: 'ShortStorage' }, Buffer.of(0xfe, 0xff))).toEqual([-2])
    expect(read({ elements: 1, shape: [1], storage: 'BFloat16Storage' }, Buffer.of(0x80, 0x3f))).toEqual([1])
    expect(read({ elements: 1, shape: [1], storage: 'HalfStorage' }, Buffer.of(0x00, 0x3c))).toEqual([1])
  })
})
