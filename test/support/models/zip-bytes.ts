import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipPart {
  readonly name: string
  readonly data: Uint8Array
  readonly deflate?: boolean
  /** Written into the directory instead of what is true. */
  readonly directory?: Partial<ZipFields>
  /** Written into the local header instead of what is true. */
  readonly local?: Partial<ZipFields>
}

export interface ZipFields {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressed: number
  readonly size: number
  readonly offset: number
}

export interface ZipOptions {
  /** Bytes before the first entry, between the entries and the directory, and behind the end record. */
  readonly before?: Uint8Array
  readonly gap?: Uint8Array
  readonly comment?: string
  readonly entries?: number
}

/** A zip, true or with lies in chosen places. */
export function zip(parts: readonly ZipPart[], options: ZipOptions = {}): Uint8Array {
  const chunks: Uint8Array[] = [options.before ?? new Uint8Array()]
  const records: Uint8Array[] = []
  let offset = chunks[0]?.byteLength ?? 0
  for (const part of parts) {
    const packed = part.deflate === true ? deflateRawSync(part.data) : part.data
    const method = part.deflate === true ? 8 : 0
    const truth: ZipFields = {
      name: part.name,
      flags: 0,
      method,
      crc: crc32(part.data),
      compressed: packed.byteLength,
      size: part.data.byteLength,
      offset,
    }
    const header = localHeader({ ...truth, ...part.local })
    records.push(directoryRecord({ ...truth, ...part.directory }))
    chunks.push(header, packed)
    offset += header.byteLength + packed.byteLength
  }
  chunks.push(options.gap ?? new Uint8Array())
  const start = offset + (options.gap?.byteLength ?? 0)
  const directory = Buffer.concat(records)
  return Buffer.concat([
    ...chunks,
    directory,
    endRecord(options.entries ?? parts.length, directory.byteLength, start, options.comment ?? ''),
  ])
}

/** The checkpoint `torch.save` would write: `data.pkl` and the storages. */
export function torchZip(
  dataPickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  more: readonly ZipPart[] = [],
): Uint8Array {
  const files = Object.entries(storages).map(([key, data]) => ({ name: `model/data/${key}`, data }))
  return zip([{ name: 'model/data.pkl', data: dataPickle }, ...files, { name: 'model/version', data: Buffer.from('3\n') }, ...more])
}

function localHeader({ name, flags, method, crc, compressed, size }: ZipFields): Uint8Array {
  const bytes = Buffer.alloc(30)
  bytes.writeUInt32LE(0x04034b50, 0)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt16LE(method, 8)
  bytes.writeUInt32LE(crc, 14)
  bytes.writeUInt32LE(compressed, 18)
  bytes.writeUInt32LE(size, 22)
  bytes.writeUInt16LE(Buffer.byteLength(name), 26)
  return Buffer.concat([bytes, Buffer.from(name)])
}

function directoryRecord({ name, flags, method, crc, compressed, size, offset }: ZipFields): Uint8Array {
  const bytes = Buffer.alloc(46)
  bytes.writeUInt32LE(0x02014b50, 0)
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(method, 10)
  bytes.writeUInt32LE(crc, 16)
  bytes.writeUInt32LE(compressed, 20)
  bytes.writeUInt32LE(size, 24)
  bytes.writeUInt16LE(Buffer.byteLength(name), 28)
  bytes.writeUInt32LE(offset, 42)
  return Buffer.concat([bytes, Buffer.from(name)])
}

function endRecord(entries: number, length: number, start: number, comment: string): Uint8Array {
  const bytes = Buffer.alloc(22)
  bytes.writeUInt32LE(0x06054b50, 0)
  bytes.writeUInt16LE(entries, 8)
  bytes.writeUInt16LE(entries, 10)
  bytes.writeUInt32LE(length, 12)
  bytes.writeUInt32LE(start, 16)
  bytes.writeUInt16LE(comment.length, 20)
  return Buffer.concat([bytes, Buffer.from(comment)])
}
