import { xxHash32 } from '#test/support/v2-import/xxhash32-reference.ts'

const WINDOW = 65_535
const MATCH_MIN = 4
/** The format keeps the last bytes of a block literal. */
const TAIL = 12

export interface Lz4FrameOptions {
  readonly blockBytes?: number
  readonly linked?: boolean
  readonly contentSize?: boolean
  readonly checksums?: boolean
}

/** A plain greedy LZ4 frame writer, made for tests: what it writes the `lz4` program reads. */
export function writeLz4Frame(content: Buffer, options: Lz4FrameOptions = {}): Buffer {
  const { blockBytes = 65_536, linked = true, contentSize = false, checksums = false } = options
  const flags = 0x40 | (linked ? 0 : 0x20) | (checksums ? 0x14 : 0) | (contentSize ? 0x08 : 0)
  const size = Buffer.alloc(contentSize ? 8 : 0)
  if (contentSize) size.writeBigUInt64LE(BigInt(content.length))
  const descriptor = Buffer.concat([Buffer.from([flags, 0x40]), size])
  const parts = [uint32(0x184d2204), descriptor, Buffer.from([(xxHash32(descriptor) >>> 8) & 0xff])]
  for (let start = 0; start < content.length; start += blockBytes) {
    const end = Math.min(content.length, start + blockBytes)
    const packed = packBlock(content, start, end, linked ? 0 : start)
    const raw = packed.length >= end - start
    const block = raw ? content.subarray(start, end) : packed
    parts.push(uint32(raw ? (block.length | 0x8000_0000) >>> 0 : block.length), block)
    if (checksums) parts.push(uint32(xxHash32(block)))
  }
  parts.push(uint32(0))
  if (checksums) parts.push(uint32(xxHash32(content)))
  return Buffer.concat(parts)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function packBlock(content: Buffer, start: number, end: number, reach: number): Buffer {
  const parts: Buffer[] = []
  const seen = new Map<number, number>()
  for (let at = Math.max(reach, start - WINDOW); at < start && at + 4 <= content.length; at += 1) seen.set(content.readUInt32LE(at), at)
  let [at, literal] = [start, start]
  while (at + TAIL < end) {
    const word = content.readUInt32LE(at)
    const from = seen.get(word)
    seen.set(word, at)
    if (from === undefined || at - from > WINDOW) {
      at += 1
      continue
    }
    let length = MATCH_MIN
    while (at + length < end - 5 && content[from + length] === content[at + length]) length += 1
    parts.push(sequence(content.subarray(literal, at), { distance: at - from, length }))
    at += length
    literal = at
  }
  parts.push(sequence(content.subarray(literal, end)))
  return Buffer.concat(parts)
}

function sequence(literals: Buffer, match?: { readonly distance: number; readonly length: number }): Buffer {
  const extra = match === undefined ? 0 : match.length - MATCH_MIN
  const token = (Math.min(15, literals.length) << 4) | Math.min(15, extra)
  const distance = Buffer.alloc(match === undefined ? 0 : 2)
  if (match !== undefined) distance.writeUInt16LE(match.distance)
  return Buffer.concat([Buffer.from([token]), longLength(literals.length), literals, distance, longLength(extra)])
}

function longLength(length: number): Buffer {
  if (length < 15) return Buffer.alloc(0)
  const rest = length - 15
  return Buffer.concat([Buffer.alloc(Math.floor(rest / 255), 255), Buffer.from([rest % 255])])
}
