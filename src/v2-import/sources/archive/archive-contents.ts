import { ARCHIVE_CONTENTS_BYTES_MAX, ARCHIVE_ENTRIES_MAX, ARCHIVE_KEPT_BYTES_MAX, NAME_BYTES_MAX } from '../limits.ts'
import type { Refuse } from '../source-failure.ts'
import { ENTRY_OFFSET, type ArchiveCursor } from './archive-cursor.ts'
import { ARCHIVE_FORMAT, type ArchiveHeader } from './archive-header.ts'

/** No entry can be shorter: a dozen integers. Keeps a stated count from being believed. */
const ENTRY_BYTES_MIN = 24
const SECTION_MIN = 1
const SECTION_MAX = 4
/** Entries whose definition is read for columns, keys and settings; of all others it is passed over. */
const DEFINITIONS_KEPT: ReadonlySet<string> = new Set(['TABLE', 'CONSTRAINT', 'ENCODING', 'STDSTRINGS'])

export interface ArchiveEntry {
  readonly dumpId: number
  readonly kind: string
  readonly schema: string
  readonly name: string
  /** Only of the kinds in which columns, keys and settings stand. Never run. */
  readonly definition: string | undefined
  readonly copyStatement: string | undefined
  readonly hasData: boolean
  /** Where the data begins, if the archive says so. */
  readonly position: number | undefined
  /** In a directory archive: the name of its data file. */
  readonly fileName: string | undefined
}

/** Reads the table of contents; the cursor then stands before the first data block. */
export async function readArchiveContents(cursor: ArchiveCursor, header: ArchiveHeader, refuse: Refuse): Promise<readonly ArchiveEntry[]> {
  const count = await cursor.integer()
  if (count < 0 || count > ARCHIVE_ENTRIES_MAX || count * ENTRY_BYTES_MIN > cursor.bytes.remaining)
    throw refuse(`a table of contents of ${count} entries is stated, the file cannot hold them`, cursor.position)
  const reader = new EntryReader(cursor, header, refuse)
  const entries: ArchiveEntry[] = []
  for (let index = 0; index < count; index += 1) entries.push(await reader.entry())
  if (new Set(entries.map((entry) => entry.dumpId)).size < entries.length) throw refuse('two entries have the same number', cursor.position)
  return entries
}

class EntryReader {
  readonly #cursor: ArchiveCursor
  readonly #header: ArchiveHeader
  readonly #refuse: Refuse
  readonly #start: number
  #keptBytes = 0

  constructor(cursor: ArchiveCursor, header: ArchiveHeader, refuse: Refuse) {
    this.#cursor = cursor
    this.#header = header
    this.#refuse = refuse
    this.#start = cursor.position
  }

  /** Fields in the order in which pg_dump of each version writes them. */
  async entry(): Promise<ArchiveEntry> {
    const dumpId = await this.#cursor.integer()
    if (dumpId <= 0) throw this.#refuse(`an entry has the number ${dumpId}`, this.#cursor.position)
    const hadDumper = (await this.#cursor.integer()) !== 0
    await this.#text() // catalogue the object is in
    await this.#text() // its number there
    const name = (await this.#text()) ?? ''
    const kind = (await this.#text()) ?? ''
    const section = await this.#cursor.integer()
    if (section < SECTION_MIN || section > SECTION_MAX) throw this.#refuse(`an entry is of section ${section}`, this.#cursor.position)
    const definition = await this.#text()
    await this.#text() // drop statement
    const copyStatement = await this.#text()
    const schema = (await this.#text()) ?? ''
    await this.#text() // tablespace
    if (this.#header.version >= 14) await this.#text() // table access method
    if (this.#header.version >= 16) await this.#cursor.integer() // kind of relation
    await this.#text() // owner
    await this.#text() // with oids
    await this.#dependencies()
    const place = await this.#place()
    const kept = DEFINITIONS_KEPT.has(kind) ? definition : undefined
    this.#keep([kept, copyStatement, name, schema, kind])
    return { dumpId, kind, schema, name, definition: kept, copyStatement, hasData: hadDumper && place.hasData, ...place.where }
  }

  async #dependencies(): Promise<void> {
    while ((await this.#text()) !== undefined);
  }

  async #place(): Promise<{ hasData: boolean; where: { position: number | undefined; fileName: string | undefined } }> {
    if (this.#header.format !== ARCHIVE_FORMAT.custom) {
      const fileName = await this.#text()
      return { hasData: fileName !== undefined && fileName !== '', where: { position: undefined, fileName } }
    }
    const { flag, position } = await this.#cursor.offset()
    const set = flag === ENTRY_OFFSET.set
    return { hasData: flag !== ENTRY_OFFSET.noData, where: { position: set ? position : undefined, fileName: undefined } }
  }

  #text(): Promise<string | undefined> {
    const used = this.#cursor.position - this.#start
    if (used > ARCHIVE_CONTENTS_BYTES_MAX)
      throw this.#refuse(`the table of contents is larger than ${ARCHIVE_CONTENTS_BYTES_MAX} bytes`, this.#cursor.position)
    return this.#cursor.string(ARCHIVE_CONTENTS_BYTES_MAX - used)
  }

  #keep(texts: readonly (string | undefined)[]): void {
    for (const text of texts) this.#keptBytes += text?.length ?? 0
    if (this.#keptBytes > ARCHIVE_KEPT_BYTES_MAX)
      throw this.#refuse(`the definitions of its tables need more than ${ARCHIVE_KEPT_BYTES_MAX} bytes`, this.#cursor.position)
  }
}

/** Whether a name can be one of Postgres; a longer one speaks of damage. */
export function isPossibleName(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= NAME_BYTES_MAX && !name.includes('\0')
}
