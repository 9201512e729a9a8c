import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { writeLz4Frame } from '#test/support/v2-import/lz4-writer.ts'

export type ArchiveCompression = 'none' | 'gzip' | 'lz4' | 'zstd'

export interface WrittenTable {
  readonly name: string
  readonly schema?: string
  readonly columns: readonly string[]
  /** The text of the data as pg_dump would write it, closing line and all. */
  readonly data: Buffer
  /** The CREATE TABLE, if the archive is to hold it. */
  readonly definition?: string
  readonly primaryKey?: string
  /** Rows are INSERT statements: there is no COPY statement. */
  readonly inserts?: boolean
}

export interface ArchiveOptions {
  /** 12 to 16. */
  readonly version: number
  readonly compression: ArchiveCompression
  /** Written to a pipe: no offsets. */
  readonly piped?: boolean
  readonly encoding?: string
  /** Bytes in a piece of data. */
  readonly chunkBytes?: number
  readonly integerBytes?: number
}

/** An entry of the table of contents. */
export interface Entry {
  readonly id: number
  readonly kind: string
  readonly name: string
  readonly schema: string
  readonly section: number
  readonly definition: string
  readonly copy: string
  readonly data: Buffer | undefined
}

/** Writes archives of pg_dump for tests, from the description of the format and not from the reader's code. */
export class ArchiveWriter {
  readonly #options: ArchiveOptions
  readonly #format: 'custom' | 'directory'
  constructor(options: ArchiveOptions, format: 'custom' | 'directory') {
    this.#options = options
    this.#format = format
  }

  integer(value: number): Buffer {
    const bytes = Buffer.alloc(1 + (this.#options.integerBytes ?? 4))
    bytes[0] = value < 0 ? 1 : 0
    bytes.writeUIntLE(Math.abs(value), 1, this.#options.integerBytes ?? 4)
    return bytes
  }

  text(value: string | undefined): Buffer {
    if (value === undefined) return this.integer(-1)
    const bytes = Buffer.from(value)
    return Buffer.concat([this.integer(bytes.length), bytes])
  }

  header(): Buffer {
    const { version, compression } = this.#options
    const method = ['none', 'gzip', 'lz4', 'zstd'].indexOf(compression)
    const level = compression === 'none' ? 0 : -1
    return Buffer.concat([
      Buffer.from('PGDMP'),
      Buffer.from([1, version, 0, this.#options.integerBytes ?? 4, 8, this.#format === 'custom' ? 1 : 3]),
      version >= 15 ? Buffer.from([method]) : this.integer(level),
      ...[5, 4, 3, 2, 0, 125, 0].map((part) => this.integer(part)),
      this.text('bot_trading_v2'),
      this.text('15.18'),
      this.text('15.18'),
    ])
  }

  entry(entry: Entry, offset: number): Buffer {
    const { version } = this.#options
    return Buffer.concat([
      ...[entry.id, entry.data === undefined ? 0 : 1].map((part) => this.integer(part)),
      ...['0', '0', entry.name, entry.kind].map((part) => this.text(part)),
      this.integer(entry.section),
      ...[entry.definition, '', entry.copy, entry.schema, ''].map((part) => this.text(part)),
      ...(version >= 14 ? [this.text('heap')] : []),
      ...(version >= 16 ? [this.integer(114)] : []),
      ...['postgres', 'false', undefined].map((part) => this.text(part)),
      this.place(entry, offset),
    ])
  }

  /** All that stands before the data; as long whatever the offsets are. */
  contents(entries: readonly Entry[], offsets: ReadonlyMap<number, number>): Buffer {
    const written = entries.map((entry) => this.entry(entry, offsets.get(entry.id) ?? 0))
    return Buffer.concat([this.header(), this.integer(entries.length), ...written])
  }

  place(entry: Entry, offset: number): Buffer {
    if (this.#format === 'directory') return this.text(entry.data === undefined ? '' : `${entry.id}.dat`)
    const bytes = Buffer.alloc(9)
    bytes[0] = entry.data === undefined ? 3 : this.#options.piped === true ? 1 : 2
    if (bytes[0] === 2) bytes.writeBigUInt64LE(BigInt(offset), 1)
    return bytes
  }

  block(entry: Entry, stored: Buffer): Buffer {
    const size = this.#options.chunkBytes ?? 4_096
    const parts = [Buffer.from([1]), this.integer(entry.id)]
    for (let at = 0; at < stored.length; at += size) {
      const piece = stored.subarray(at, at + size)
      parts.push(this.integer(piece.length), piece)
    }
    return Buffer.concat([...parts, this.integer(0)])
  }
}

export function entriesOf(tables: readonly WrittenTable[], encoding: string): readonly Entry[] {
  const empty = { schema: '', section: 2, definition: '', copy: '', data: undefined }
  const entries: Entry[] = [
    { ...empty, id: 1, kind: 'ENCODING', name: 'ENCODING', definition: `SET client_encoding = '${encoding}';\n` },
    { ...empty, id: 2, kind: 'STDSTRINGS', name: 'STDSTRINGS', definition: "SET standard_conforming_strings = 'on';\n" },
  ]
  for (const [index, table] of tables.entries()) {
    const [id, schema] = [10 + index * 3, table.schema ?? 'public']
    const columns = table.columns.map((name) => `"${name}"`).join(', ')
    const copy = table.inserts === true ? '' : `COPY ${schema}."${table.name}" (${columns}) FROM stdin;\n`
    if (table.definition !== undefined)
      entries.push({ ...empty, id, kind: 'TABLE', name: table.name, schema, definition: table.definition })
    entries.push({ ...empty, id: id + 1, kind: 'TABLE DATA', name: table.name, schema, section: 3, copy, data: table.data })
    if (table.primaryKey !== undefined) {
      const definition = `ALTER TABLE ONLY ${schema}."${table.name}"\n    ADD CONSTRAINT key PRIMARY KEY (${table.primaryKey});\n`
      entries.push({ ...empty, id: id + 2, kind: 'CONSTRAINT', name: `${table.name} key`, schema, section: 4, definition })
    }
  }
  return entries
}

const COMPRESS: Readonly<Record<ArchiveCompression, (data: Buffer) => Buffer>> = {
  none: (data) => data,
  gzip: (data) => deflateSync(data),
  lz4: (data) => writeLz4Frame(data),
  zstd: (data) => zstdCompressSync(data),
}

/** A custom-format archive. */
export function writeArchive(tables: readonly WrittenTable[], options: ArchiveOptions): Buffer {
  const writer = new ArchiveWriter(options, 'custom')
  const entries = entriesOf(tables, options.encoding ?? 'UTF8')
  const contents = (offsets: ReadonlyMap<number, number>): Buffer => writer.contents(entries, offsets)
  const blocks = entries.flatMap((entry) =>
    entry.data === undefined ? [] : [{ entry, bytes: writer.block(entry, COMPRESS[options.compression](entry.data)) }],
  )
  const offsets = new Map<number, number>()
  let offset = contents(offsets).length
  for (const { entry, bytes } of blocks) {
    offsets.set(entry.id, offset)
    offset += bytes.length
  }
  return Buffer.concat([contents(offsets), ...blocks.map((block) => block.bytes)])
}

const FILE: Readonly<Record<ArchiveCompression, readonly [suffix: string, pack: (data: Buffer) => Buffer]>> = {
  none: ['', (data) => data],
  gzip: ['.gz', (data) => gzipSync(data)],
  lz4: ['.lz4', (data) => writeLz4Frame(data, { checksums: true })],
  zstd: ['.zst', (data) => zstdCompressSync(data)],
}

/** A directory-format archive in `folder`, which is made. */
export async function writeArchiveDirectory(folder: string, tables: readonly WrittenTable[], options: ArchiveOptions): Promise<void> {
  const writer = new ArchiveWriter(options, 'directory')
  const entries = entriesOf(tables, options.encoding ?? 'UTF8')
  const contents = [writer.header(), writer.integer(entries.length), ...entries.map((entry) => writer.entry(entry, 0))]
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'toc.dat'), Buffer.concat(contents))
  const [suffix, pack] = FILE[options.compression]
  for (const entry of entries) if (entry.data !== undefined) await writeFile(join(folder, `${entry.id}.dat${suffix}`), pack(entry.data))
}
