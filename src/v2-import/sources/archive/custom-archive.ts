import { ByteFile } from '../byte-file.ts'
import type { ImportSource, ReadOptions } from '../import-source.ts'
import type { Refuse } from '../source-failure.ts'
import { openArchive, describeArchive, readArchiveStart, refuseArchive, type EntryStore } from './archive-source.ts'
import type { ArchiveEntry } from './archive-contents.ts'
import { ARCHIVE_FORMAT, type ArchiveHeader } from './archive-header.ts'
import { blockBytes, walkBlocks, type BlockPlace } from './data-blocks.ts'

/**
 * An archive of `pg_dump --format=custom`, versions 1.12 to 1.16 (Postgres 9.0 to 18), also one that was written to a pipe
 * and so says nothing about where its data is. Throws `AppError` for anything else.
 */
export async function openCustomArchive(path: string, options: ReadOptions = {}): Promise<ImportSource> {
  const refuse = refuseArchive(path)
  const file = await ByteFile.open(path)
  try {
    const { header, entries, cursor } = await readArchiveStart(file, refuse)
    if (header.format !== ARCHIVE_FORMAT.custom) throw refuse(`it is part of an archive of another format (${header.format})`, 10)
    const place: BlockPlace = { file, sizes: cursor.sizes, refuse }
    // Only data of tables matters, and all of it is without a place or none.
    const isPiped = entries.some((entry) => entry.hasData && entry.kind === 'TABLE DATA' && entry.position === undefined)
    const walked = isPiped ? await walkBlocks(place, cursor.position, options.signal) : new Map<number, number>()
    const description = `${describeArchive(header)}${isPiped ? ', written to a pipe' : ''}`
    const store = blockStore({ place, header, walked, refuse })
    return await openArchive({ header, entries, store, refuse, identity: { kind: 'archive', location: path, description } }, options.signal)
  } catch (error) {
    await file.close()
    throw error
  }
}

interface BlockStoreParts {
  readonly place: BlockPlace
  readonly header: ArchiveHeader
  readonly walked: ReadonlyMap<number, number>
  readonly refuse: Refuse
}

function blockStore({ place, header, walked, refuse }: BlockStoreParts): EntryStore {
  return {
    files: [place.file.info],
    open: async (entry: ArchiveEntry, signal) => {
      const position = entry.position ?? walked.get(entry.dumpId)
      if (position === undefined) throw refuse(`the data of table ${entry.name} is not in it: it is cut off or damaged`, place.file.size)
      return { bytes: blockBytes(place, { dumpId: entry.dumpId, position }, signal), compression: header.compression, begin: position }
    },
    close: () => place.file.close(),
  }
}
