import type { ByteCursor } from '../byte-cursor.ts'
import type { Compression } from '../compression/decompress.ts'
import type { Refuse } from '../source-failure.ts'
import { ArchiveCursor } from './archive-cursor.ts'

export const ARCHIVE_MAGIC = 'PGDMP'
const VERSION_MIN = 12
const VERSION_MAX = 16
/** From 1.15 on the header names the method of compression; before it holds the level of gzip. */
const VERSION_WITH_METHOD = 15
const METHODS: readonly Compression[] = ['none', 'zlib', 'lz4', 'zstd']
const FIXED_BYTES = 11
const DATE_FIELDS = 7
const HEADER_TEXT_MAX = 4_096

export const ARCHIVE_FORMAT = { custom: 1, tar: 3, directory: 5 } as const

export interface ArchiveHeader {
  /** The minor number of versions 1.12 to 1.16. */
  readonly version: number
  readonly format: number
  readonly compression: Compression
  /** Local time of the dump as the archive states it, without a zone. */
  readonly createdAt: string
  readonly database: string | undefined
  readonly serverVersion: string | undefined
  readonly dumpVersion: string | undefined
}

/** Reads the header; the cursor then stands before the table of contents. Throws for other versions, sizes and methods. */
export async function readArchiveHeader(
  bytes: ByteCursor,
  refuse: Refuse,
): Promise<{ readonly header: ArchiveHeader; readonly cursor: ArchiveCursor }> {
  await bytes.fill(FIXED_BYTES)
  if (bytes.take(ARCHIVE_MAGIC.length).toString('latin1') !== ARCHIVE_MAGIC) throw refuse('it is not an archive of pg_dump', 0)
  const [major, version, revision] = [bytes.byte(), bytes.byte(), bytes.byte()]
  if (major !== 1 || version < VERSION_MIN || version > VERSION_MAX)
    throw refuse(`archive version ${major}.${version}.${revision} is not read, only 1.${VERSION_MIN} to 1.${VERSION_MAX}`, 5)
  const [integerBytes, offsetBytes, format] = [bytes.byte(), bytes.byte(), bytes.byte()]
  if (integerBytes < 1 || integerBytes > 8 || offsetBytes < 1 || offsetBytes > 8)
    throw refuse(`integers of ${integerBytes} and offsets of ${offsetBytes} bytes are stated, 1 to 8 are possible`, 8)
  const cursor = new ArchiveCursor(bytes, { integerBytes, offsetBytes }, refuse)
  const compression = await readCompression(cursor, version, refuse)
  const date: number[] = []
  for (let field = 0; field < DATE_FIELDS; field += 1) date.push(await cursor.integer())
  const database = await cursor.string(HEADER_TEXT_MAX)
  const serverVersion = await cursor.string(HEADER_TEXT_MAX)
  const dumpVersion = await cursor.string(HEADER_TEXT_MAX)
  return { header: { version, format, compression, createdAt: dateText(date), database, serverVersion, dumpVersion }, cursor }
}

async function readCompression(cursor: ArchiveCursor, version: number, refuse: Refuse): Promise<Compression> {
  if (version < VERSION_WITH_METHOD) return (await cursor.integer()) === 0 ? 'none' : 'zlib'
  const method = await cursor.byte()
  const compression = METHODS[method]
  if (compression === undefined) throw refuse(`compression method ${method} is not known`, cursor.position - 1)
  return compression
}

/** Fields as in C's `struct tm`: seconds first, months from 0, years from 1900. */
function dateText([second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0]: readonly number[]): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
  return `${pad(year + 1900, 4)}-${pad(month + 1)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`
}
