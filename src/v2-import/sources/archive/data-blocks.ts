import { ByteCursor } from '../byte-cursor.ts'
import type { ByteFile } from '../byte-file.ts'
import { ARCHIVE_CHUNK_BYTES_MAX } from '../limits.ts'
import type { Refuse } from '../source-failure.ts'
import { ArchiveCursor, type IntegerSizes } from './archive-cursor.ts'

const BLOCK = { data: 1, largeObjects: 3 } as const

export interface BlockPlace {
  readonly file: ByteFile
  readonly sizes: IntegerSizes
  readonly refuse: Refuse
}

/**
 * Finds where the data of each entry begins in an archive that was written to a pipe and so has no offsets, by walking
 * over the blocks. Ends quietly where the file ends or is damaged: entries found before can still be read.
 */
export async function walkBlocks(place: BlockPlace, from: number, signal?: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const bytes = new ByteCursor(place.file, from, place.refuse)
  const cursor = new ArchiveCursor(bytes, place.sizes, place.refuse)
  const found = new Map<number, number>()
  try {
    while (bytes.remaining > 0) {
      signal?.throwIfAborted()
      const position = bytes.position
      const kind = await cursor.byte()
      const dumpId = await cursor.integer()
      if (kind !== BLOCK.data && kind !== BLOCK.largeObjects) return found
      found.set(dumpId, position)
      if (kind === BLOCK.data) await skipChunks(cursor, place.refuse)
      else while ((await cursor.integer()) !== 0) await skipChunks(cursor, place.refuse)
    }
  } catch (error) {
    if (signal?.aborted === true) throw error
  }
  return found
}

async function skipChunks(cursor: ArchiveCursor, refuse: Refuse): Promise<void> {
  for (let length = await chunkLength(cursor, refuse); length > 0; length = await chunkLength(cursor, refuse)) cursor.bytes.skip(length)
}

async function chunkLength(cursor: ArchiveCursor, refuse: Refuse): Promise<number> {
  const length = await cursor.integer()
  if (length < 0 || length > ARCHIVE_CHUNK_BYTES_MAX) throw refuse(`a piece of ${length} bytes is stated`, cursor.position)
  return length
}

/** The stored (still compressed) bytes of one entry's data block. Throws if the block is another one, damaged or cut off. */
export async function* blockBytes(
  place: BlockPlace,
  entry: { readonly dumpId: number; readonly position: number },
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  const bytes = new ByteCursor(place.file, entry.position, place.refuse)
  const cursor = new ArchiveCursor(bytes, place.sizes, place.refuse)
  const kind = await cursor.byte()
  const dumpId = await cursor.integer()
  if (kind !== BLOCK.data || dumpId !== entry.dumpId)
    throw place.refuse(`there is block ${dumpId} of kind ${kind} where the data of entry ${entry.dumpId} should begin`, entry.position)
  // Archives without compression have a piece a row: pieces of one window go on together, also when damage follows.
  let pieces: Buffer[] = []
  let failure: { readonly error: unknown } | undefined
  try {
    for (let length = await chunkLength(cursor, place.refuse); length > 0; length = await chunkLength(cursor, place.refuse)) {
      for (let left = length; left > 0; ) {
        if (bytes.buffered === 0) {
          signal?.throwIfAborted()
          if (pieces.length > 0) yield Buffer.concat(pieces)
          pieces = []
          await bytes.fill(1)
        }
        const piece = bytes.take(Math.min(left, bytes.buffered))
        left -= piece.length
        pieces.push(piece)
      }
    }
  } catch (error) {
    failure = { error }
  }
  if (pieces.length > 0) yield Buffer.concat(pieces)
  if (failure !== undefined) throw failure.error
}
