import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createDeflate } from 'node:zlib'
import { ArchiveWriter, entriesOf, type WrittenTable } from './archive-writer.ts'

const PIECE_BYTES = 4_096

export interface StreamedTable extends Omit<WrittenTable, 'data'> {
  /** The text of the data in pieces, closing line and all. */
  readonly data: () => Iterable<string>
}

/** Writes a custom-format archive with gzip, as `pg_dump --format=custom` does, table after table and nothing held in memory. */
export async function writeArchiveFile(path: string, tables: readonly StreamedTable[], version: number): Promise<void> {
  const writer = new ArchiveWriter({ version, compression: 'gzip' }, 'custom')
  const entries = entriesOf(
    tables.map((table) => ({ ...table, data: Buffer.alloc(0) })),
    'UTF8',
  )
  const offsets = new Map<number, number>()
  const file = await open(path, 'w')
  try {
    let at = await put(file, 0, writer.contents(entries, offsets))
    const stored = entries.filter(({ data }) => data !== undefined)
    for (const [index, entry] of stored.entries()) {
      offsets.set(entry.id, at)
      at = await put(file, at, Buffer.concat([Buffer.from([1]), writer.integer(entry.id)]))
      const text = tables[index]?.data() ?? []
      for await (const piece of Readable.from(text, { objectMode: false }).pipe(createDeflate({ chunkSize: 16 * PIECE_BYTES })))
        at = await put(file, at, pieces(writer, piece as Buffer))
      at = await put(file, at, writer.integer(0))
    }
    await put(file, 0, writer.contents(entries, offsets))
  } finally {
    await file.close()
  }
}

function pieces(writer: ArchiveWriter, bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES)
    parts.push(writer.integer(piece.length), piece)
  }
  return Buffer.concat(parts)
}

async function put(file: FileHandle, at: number, bytes: Buffer): Promise<number> {
  await file.write(bytes, 0, bytes.length, at)
  return at + bytes.length
}
