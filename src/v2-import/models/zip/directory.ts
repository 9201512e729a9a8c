import { ByteCursor } from '../byte-cursor.ts'
import { decodeUtf8 } from '../pickle/text-values.ts'
import { damaged, unsupported } from '../refusal.ts'

const END_SIGNATURE = 0x06054b50
const END64_SIGNATURE = 0x06064b50
const LOCATOR_SIGNATURE = 0x07064b50
const ENTRY_SIGNATURE = 0x02014b50
const END_BYTES = 22
const LOCATOR_BYTES = 20
const END64_BYTES = 56
const MAX_COMMENT_BYTES = 0xffff
const MARKED_64 = 0xffffffff
export const MAX_ENTRIES = 20_000

/** What the central directory says of one entry. */
export interface DirectoryEntry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc32: number
  readonly compressedBytes: number
  readonly bytes: number
  /** Where its local header lies. */
  readonly headerOffset: number
}

export interface Directory {
  readonly entries: readonly DirectoryEntry[]
  /** Where the directory begins: no entry may reach beyond. */
  readonly offset: number
}

interface End {
  readonly entries: number
  readonly bytes: number
  readonly offset: number
  /** Where the end records begin: the directory must reach exactly here. */
  readonly start: number
}

export function readDirectory(file: Uint8Array): Directory {
  const end = readEnd(file)
  if (end.entries > MAX_ENTRIES) throw unsupported(`the zip announces ${end.entries} entries; at most ${MAX_ENTRIES} are read`)
  if (end.offset + end.bytes !== end.start) {
    throw damaged(`the zip's directory should end at byte ${end.offset + end.bytes}, but its end record begins at ${end.start}`)
  }
  const cursor = new ByteCursor(file.subarray(0, end.start), 'the zip directory', end.offset)
  const entries = Array.from({ length: end.entries }, () => readEntry(cursor))
  if (cursor.left > 0) throw damaged(`${cursor.left} bytes of the zip's directory belong to no entry`)
  return { entries, offset: end.offset }
}

function readEnd(file: Uint8Array): End {
  const at = findEnd(file)
  const cursor = new ByteCursor(file, 'the end of the zip', at + 4)
  const [disk, directoryDisk, here, entries] = [cursor.uint16(), cursor.uint16(), cursor.uint16(), cursor.uint16()]
  const [bytes, offset] = [cursor.uint32(), cursor.uint32()]
  if (disk !== 0 || directoryDisk !== 0 || here !== entries) throw unsupported('the zip is one of several parts')
  const locator = at - LOCATOR_BYTES
  if (locator < 0 || uint32At(file, locator) !== LOCATOR_SIGNATURE) {
    if (bytes === MARKED_64 || offset === MARKED_64) throw damaged('the zip points to a 64-bit end record that is not there')
    return { entries, bytes, offset, start: at }
  }
  return readEnd64(file, locator, { entries, bytes, offset, start: at })
}

/** PyTorch writes the 64-bit end record into small files too; it must say the same as the short one. */
function readEnd64(file: Uint8Array, locator: number, short: End): End {
  const pointer = new ByteCursor(file, 'the zip locator', locator + 4)
  const [disk, start, disks] = [pointer.uint32(), pointer.uint64(), pointer.uint32()]
  if (disk !== 0 || disks > 1) throw unsupported('the zip is one of several parts')
  if (start + END64_BYTES !== locator || uint32At(file, start) !== END64_SIGNATURE)
    throw damaged('the 64-bit end record of the zip is not where it should be')
  const cursor = new ByteCursor(file, 'the 64-bit end of the zip', start + 4)
  const size = cursor.uint64()
  cursor.take(4)
  const [thisDisk, directoryDisk, here, entries] = [cursor.uint32(), cursor.uint32(), cursor.uint64(), cursor.uint64()]
  const [bytes, offset] = [cursor.uint64(), cursor.uint64()]
  const sameAsShort = entries === short.entries && bytes === short.bytes && offset === short.offset
  if (size !== END64_BYTES - 12 || thisDisk !== 0 || directoryDisk !== 0 || here !== entries || !sameAsShort) {
    throw damaged('the two end records of the zip contradict each other')
  }
  return { entries, bytes, offset, start }
}

/** The end record whose comment reaches exactly to the end of the file. */
function findEnd(file: Uint8Array): number {
  const lowest = Math.max(0, file.byteLength - END_BYTES - MAX_COMMENT_BYTES)
  for (let at = file.byteLength - END_BYTES; at >= lowest; at -= 1) {
    if (uint32At(file, at) !== END_SIGNATURE) continue
    const commentBytes = (file[at + 20] ?? 0) | ((file[at + 21] ?? 0) << 8)
    if (at + END_BYTES + commentBytes === file.byteLength) return at
  }
  throw damaged('the zip has no end record: it is cut short, or no zip')
}

function readEntry(cursor: ByteCursor): DirectoryEntry {
  const at = cursor.offset
  if (cursor.uint32() !== ENTRY_SIGNATURE) throw damaged(`the zip's directory has no entry at byte ${at}`)
  cursor.take(4)
  const [flags, method] = [cursor.uint16(), cursor.uint16()]
  cursor.take(4)
  const [crc32, compressedBytes, bytes] = [cursor.uint32(), cursor.uint32(), cursor.uint32()]
  const [nameBytes, extraBytes, commentBytes, disk] = [cursor.uint16(), cursor.uint16(), cursor.uint16(), cursor.uint16()]
  cursor.take(6)
  const headerOffset = cursor.uint32()
  const name = decodeUtf8(cursor.take(nameBytes), `the name of the zip entry at byte ${at}`)
  cursor.take(extraBytes + commentBytes)
  if (disk !== 0) throw unsupported(`the zip entry ${JSON.stringify(name)} lies in another part`)
  if ([compressedBytes, bytes, headerOffset].includes(MARKED_64))
    throw unsupported(`the zip entry ${JSON.stringify(name)} is larger than 4 GiB`)
  return { name, flags, method, crc32, compressedBytes, bytes, headerOffset }
}

function uint32At(file: Uint8Array, at: number): number {
  return new ByteCursor(file, 'the zip', at).uint32()
}
