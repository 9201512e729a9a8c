import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fc } from '#test/support/properties.ts'
import { describe, expect, it } from 'vitest'
import { writeLz4Frame } from '#test/support/v2-import/lz4-writer.ts'
import { xxHash32 as referenceHash } from '#test/support/v2-import/xxhash32-reference.ts'
import { CompressionError } from './compression-error.ts'
import { decompress, type Compression } from './decompress.ts'
import { XxHash32, xxHash32 } from './xxhash32.ts'

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function unpack(bytes: Buffer, compression: Compression, size = 1_000): Promise<{ output: Buffer; error: unknown }> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of decompress(inChunks(bytes, size), compression)) pieces.push(piece)
    return { output: Buffer.concat(pieces), error: undefined }
  } catch (error) {
    return { output: Buffer.concat(pieces), error }
  }
}

const PACK: Readonly<Record<Exclude<Compression, 'none'>, (content: Buffer) => Buffer>> = {
  zlib: (content) => deflateSync(content),
  gzip: (content) => gzipSync(content),
  lz4: (content) => writeLz4Frame(content, { checksums: true }),
  zstd: (content) => zstdCompressSync(content),
}
const METHODS = ['zlib', 'gzip', 'lz4', 'zstd'] as const
/** Rows that compress, but not to nothing. */
const CONTENT = Buffer.from(Array.from({ length: 30_000 }, (_, row) => `${row}\t${(row * 7_919) % 10_007}\tBTCUSDT\n`).join(''))

describe('decompress', () => {
  it.each(METHODS)('gives back what was packed: %s', async (method) => {
    expect((await unpack(PACK[method](CONTENT), method)).output.equals(CONTENT)).toBe(true)
  })

  it.each(METHODS)('delivers what stands before the cut, then says so: %s', async (method) => {
    const packed = PACK[method](CONTENT)
    const { output, error } = await unpack(packed.subarray(0, Math.floor(packed.length * 0.7)), method)
    expect(error).toBeInstanceOf(CompressionError)
    expect(output.length).toBeGreaterThan(CONTENT.length * 0.4)
    expect(output.equals(CONTENT.subarray(0, output.length))).toBe(true)
  })

  it.each(METHODS)('finds a changed byte: %s', async (method) => {
    const packed = PACK[method](CONTENT)
    const at = Math.floor(packed.length / 2)
    packed[at] = (packed[at] ?? 0) ^ 0x10
    expect((await unpack(packed, method)).error).toBeInstanceOf(CompressionError)
  })

  it.each(METHODS)('refuses bytes behind the end: %s', async (method) => {
    const { error } = await unpack(Buffer.concat([PACK[method](CONTENT), Buffer.from('more than a header')]), method)
    expect(error).toBeInstanceOf(CompressionError)
  })

  it('stops at an expansion no dump has', async () => {
    const { output, error } = await unpack(zstdCompressSync(Buffer.alloc(400_000_000)), 'zstd')
    expect(error).toBeInstanceOf(CompressionError)
    expect(output.length).toBeLessThan(40_000_000)
  })
})

describe('LZ4 frames', () => {
  const text = 'the quick brown fox jumps over the lazy dog, the quick brown fox jumps over the lazy dog again\n'.repeat(4)

  // Made by the program `lz4` 1.9: linked blocks with a content checksum; block checksums, content size.
  it.each([
    ['BCJNGGRAp0sAAADwEHRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciAfAJFsYXp5IGRvZywOAA8tABRwIGFnYWluCkAADzIAFA9fANpQZ2FpbgoAAAAAHlZMSw=='],
    [
      'BCJNGHxAfAEAAAAAAAA8QwAAAPAQdGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIB8Ar2xhenkgZG9nLCAtABh/IGFnYWluCl8A/wZQZ2FpbgqreDGfAAAAAB5WTEs=',
    ],
  ])('reads what the program lz4 writes (%#)', async (base64) => {
    expect((await unpack(Buffer.from(base64, 'base64'), 'lz4', 7)).output.toString()).toBe(text)
  })

  it('gives back any content, however it is cut and framed', async () => {
    const words = fc.array(fc.constantFrom('BTC', '\t', '0.00000000', 'é', '\\N', 'xyzzy plugh'), { maxLength: 400 })
    const framing = fc.record({
      linked: fc.boolean(),
      contentSize: fc.boolean(),
      checksums: fc.boolean(),
      blockBytes: fc.integer({ min: 1, max: 300 }),
    })
    await fc.assert(
      fc.asyncProperty(words, framing, fc.integer({ min: 1, max: 50 }), async (parts, options, size) => {
        const content = Buffer.from(parts.join(''))
        expect((await unpack(writeLz4Frame(content, options), 'lz4', size)).output.equals(content)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('hashes as the reference does, in any pieces', () => {
    expect(xxHash32(Buffer.from(''))).toBe(0x02cc5d05)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (one, two) => {
        const hash = new XxHash32()
        hash.update(Buffer.from(one))
        hash.update(Buffer.from(two))
        expect(hash.digest()).toBe(referenceHash(Buffer.concat([one, two])))
      }),
    )
  })
})
