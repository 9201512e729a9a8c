import { basename } from 'node:path'
import { describeArchive, readArchiveStart, refuseArchive } from './archive/archive-source.ts'
import { ARCHIVE_FORMAT, ARCHIVE_MAGIC } from './archive/archive-header.ts'
import { ByteFile } from './byte-file.ts'
import { detectDelimiter } from './csv/csv-header.ts'
import { isCsvName } from './csv/csv-file.ts'
import { CHUNK_BYTES } from './limits.ts'
import { refuseFile } from './source-failure.ts'
import { TextBytes } from './text-bytes.ts'

export interface DetectedFile {
  readonly kind: 'archive' | 'sql' | 'csv'
  readonly path: string
  readonly description: string
  /** It also says what its tables look like: types and keys, not only rows. */
  readonly hasDefinitions: boolean
}

const ADVICE = 'Give a dump of pg_dump (custom or directory format, or plain SQL), CSV files, or the folder of v2.'

/** Files that are known by their first bytes and are none of ours. */
const FOREIGN: readonly (readonly [magic: Buffer, offset: number, what: string])[] = [
  [Buffer.from('SQLite format 3\0'), 0, 'it is a SQLite database'],
  [Buffer.from('PK\x03\x04'), 0, 'it is a zip file (unpack it first)'],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), 0, 'it is packed with xz (unpack it first)'],
  [Buffer.from('BZh'), 0, 'it is packed with bzip2 (unpack it first)'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 0, 'it is packed with zstd (unpack it first)'],
  [Buffer.from([0x04, 0x22, 0x4d, 0x18]), 0, 'it is packed with lz4 (unpack it first)'],
  [Buffer.from([0x7f, 0x45, 0x4c, 0x46]), 0, 'it is a program'],
  [Buffer.from([0xff, 0xfe]), 0, 'it is text in UTF-16, only UTF-8 is read'],
  [Buffer.from([0xfe, 0xff]), 0, 'it is text in UTF-16, only UTF-8 is read'],
  [Buffer.from('ustar'), 257, 'it is a tar file; of pg_dump the formats custom, directory and plain are read'],
]

const SQL_BEGINNING =
  /^\s*(?:--|\/\*|\\restrict\b|(?:set|create|copy|insert|begin|start|select|drop|alter|truncate|comment|grant|revoke)\b)/i
const SQL_NAME = /\.sql(?:\.gz)?$/i

/** Says by its content what a file is. Throws `AppError` for everything that is not read. */
export async function detectFile(path: string): Promise<DetectedFile> {
  const refuse = refuseFile(path, ADVICE)
  const bytes = await TextBytes.open(path, refuse)
  try {
    const beginning = await firstBytes(bytes)
    if (beginning.length === 0) throw refuse('it is empty')
    if (beginning.subarray(0, ARCHIVE_MAGIC.length).toString('latin1') === ARCHIVE_MAGIC) {
      if (bytes.isGzip) throw refuse('it is an archive of pg_dump packed once more with gzip (unpack it first)')
      return await detectArchive(path)
    }
    const foreign = FOREIGN.find(([magic, offset]) => beginning.subarray(offset, offset + magic.length).equals(magic))
    if (foreign !== undefined) throw refuse(foreign[2])
    const isNamed = SQL_NAME.test(path) || isCsvName(basename(path))
    // In a file that is plainly a dump, a stray byte 0 is the damage of one row.
    if (beginning.includes(0) && !isNamed) throw refuse('it is a binary file of an unknown kind')
    const packed = bytes.isGzip ? ', gzip' : ''
    const text = beginning.toString('utf8').replace(/^\ufeff/, '')
    if (SQL_NAME.test(path) || (SQL_BEGINNING.test(text) && !isCsvName(basename(path))))
      return { kind: 'sql', path, description: `plain SQL${packed}`, hasDefinitions: true }
    const delimiter = detectDelimiter(text.split('\n', 1)[0] ?? '')
    if (isCsvName(basename(path)) || (text.split('\n', 1)[0] ?? '').includes(delimiter))
      return { kind: 'csv', path, description: `CSV${packed}`, hasDefinitions: false }
    throw refuse('it is neither a dump nor a CSV file')
  } finally {
    await bytes.close()
  }
}

async function firstBytes(bytes: TextBytes): Promise<Buffer> {
  for await (const chunk of bytes.stream(0, CHUNK_BYTES)) return chunk
  return Buffer.alloc(0)
}

async function detectArchive(path: string): Promise<DetectedFile> {
  const refuse = refuseArchive(path)
  const file = await ByteFile.open(path)
  try {
    const { header, entries } = await readArchiveStart(file, refuse)
    if (header.format !== ARCHIVE_FORMAT.custom) throw refuse('it is the table of contents of a directory archive; give its folder', 10)
    const hasDefinitions = entries.some((entry) => entry.kind === 'TABLE')
    return { kind: 'archive', path, description: describeArchive(header), hasDefinitions }
  } finally {
    await file.close()
  }
}
