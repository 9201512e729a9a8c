import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteFile } from '../byte-file.ts'
import type { Compression } from '../compression/decompress.ts'
import type { ImportSource, ReadOptions, SourceFile } from '../import-source.ts'
import type { Refuse } from '../source-failure.ts'
import { openArchive, describeArchive, readArchiveStart, refuseArchive, type EntryStore } from './archive-source.ts'
import type { ArchiveEntry } from './archive-contents.ts'
import { ARCHIVE_FORMAT } from './archive-header.ts'

export const CONTENTS_FILE = 'toc.dat'
/** A name from the table of contents is only used if it is of this form: it must not lead out of the folder. */
const DATA_FILE = /^\d{1,10}\.dat$/
const SUFFIXES: readonly (readonly [string, Compression])[] = [
  ['', 'none'],
  ['.gz', 'gzip'],
  ['.lz4', 'lz4'],
  ['.zst', 'zstd'],
]

/** A folder made by `pg_dump --format=directory`: `toc.dat` and a file a table, each compressed or not. Throws `AppError`. */
export async function openDirectoryArchive(folder: string, options: ReadOptions = {}): Promise<ImportSource> {
  const path = join(folder, CONTENTS_FILE)
  const refuse = refuseArchive(path)
  const contents = await ByteFile.open(path)
  try {
    const { header, entries } = await readArchiveStart(contents, refuse)
    // pg_dump writes the number of the tar format here.
    if (header.format !== ARCHIVE_FORMAT.directory && header.format !== ARCHIVE_FORMAT.tar)
      throw refuse(`it is part of an archive of another format (${header.format})`, 10)
    const store = new FolderStore(folder, refuse, [contents.info, ...(await dataFiles(folder, entries))])
    const identity = { kind: 'archive-directory', location: folder, description: describeArchive(header) } as const
    return await openArchive({ header, entries, store, refuse, identity }, options.signal)
  } finally {
    await contents.close()
  }
}

async function dataFiles(folder: string, entries: readonly ArchiveEntry[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const entry of entries) {
    if (entry.kind !== 'TABLE DATA') continue
    const found = await findDataFile(folder, entry.fileName)
    if (found !== undefined) files.push(found.file)
  }
  return files
}

async function findDataFile(folder: string, name: string | undefined) {
  if (name === undefined || !DATA_FILE.test(name)) return undefined
  for (const [suffix, compression] of SUFFIXES) {
    const path = join(folder, `${name}${suffix}`)
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() === true) return { compression, file: { path, size: found.size, modifiedMs: Math.trunc(found.mtimeMs) } }
  }
  return undefined
}

class FolderStore implements EntryStore {
  readonly files: readonly SourceFile[]
  readonly #folder: string
  readonly #refuse: Refuse

  constructor(folder: string, refuse: Refuse, files: readonly SourceFile[]) {
    this.#folder = folder
    this.#refuse = refuse
    this.files = files
  }

  async open(entry: ArchiveEntry, signal?: AbortSignal): ReturnType<EntryStore['open']> {
    const found = await findDataFile(this.#folder, entry.fileName)
    if (found === undefined) throw this.#refuse(`the data file ${entry.fileName ?? ''} of table ${entry.name} is not in the folder`)
    return { bytes: fileBytes(found.file.path, signal), compression: found.compression, begin: undefined }
  }

  async close(): Promise<void> {
    // Data files are open only while they are read.
  }
}

async function* fileBytes(path: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const file = await ByteFile.open(path)
  try {
    yield* file.stream(0, file.size, signal)
  } finally {
    await file.close()
  }
}
