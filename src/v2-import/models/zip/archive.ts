import { constants, crc32, inflateRawSync } from 'node:zlib'
import { ByteCursor } from '../byte-cursor.ts'
import { damaged, forbidden, unsupported } from '../refusal.ts'
import type { Directory, DirectoryEntry } from './directory.ts'
import { readDirectory } from './directory.ts'

const LOCAL_SIGNATURE = 0x04034b50
const DESCRIPTOR_SIGNATURE = 0x08074b50
const STORED = 0
const DEFLATED = 8
/** Encryption, patches and masked headers. */
const ENCRYPTED_FLAGS = 0x0001 | 0x0020 | 0x0040 | 0x2000
const DESCRIPTOR_FLAG = 0x0008
/** With and without signature, with sizes of 32 and 64 bits. */
const DESCRIPTOR_BYTES = [12, 16, 20, 24]
const MAX_NAME_LENGTH = 512
/** DEFLATE cannot do better than 1,032 to 1. */
const MAX_RATIO = 1_100
/** PyTorch stores its entries; an unpacked copy of one comes on top of the file. */
const MAX_INFLATED_BYTES = 64 * 1024 * 1024
/** All entries together, unpacked. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024

interface Located extends DirectoryEntry {
  readonly dataOffset: number
}

/**
 * A zip whose central directory, local headers and data agree in every point, so that no other reader can see other content in it.
 * Entries are unpacked when asked for, and their checksums are verified then.
 */
export class ZipArchive {
  readonly names: readonly string[]
  readonly #file: Uint8Array
  readonly #entries = new Map<string, Located>()
  readonly #verified = new Map<string, Uint8Array>()

  constructor(file: Uint8Array) {
    this.#file = file
    const directory = readDirectory(file)
    for (const entry of directory.entries) {
      checkEntry(entry)
      if (this.#entries.has(entry.name)) throw damaged(`the zip holds two entries named ${JSON.stringify(entry.name)}`)
      this.#entries.set(entry.name, locate(file, entry))
    }
    this.names = [...this.#entries.keys()]
    checkExtents(file, [...this.#entries.values()], directory)
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** The bytes of an entry: for a stored one a view of the file, not a copy. */
  read(name: string): Uint8Array {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw damaged(`the zip has no entry ${JSON.stringify(name)}`)
    const verified = this.#verified.get(name)
    if (verified !== undefined) return verified
    const packed = this.#file.subarray(entry.dataOffset, entry.dataOffset + entry.compressedBytes)
    const bytes = entry.method === STORED ? packed : inflate(packed, entry)
    if (crc32(bytes) !== entry.crc32) throw damaged(`the zip entry ${JSON.stringify(name)} does not match its checksum`)
    this.#verified.set(name, bytes)
    return bytes
  }
}

function checkEntry({ name, flags, method, compressedBytes, bytes }: DirectoryEntry): void {
  const quoted = JSON.stringify(name.slice(0, MAX_NAME_LENGTH))
  const parts = name.split('/')
  const odd =
    name === '' ||
    name.length > MAX_NAME_LENGTH ||
    /[\\:]|\p{Cc}/u.test(name) ||
    parts.includes('..') ||
    parts.includes('.') ||
    parts[0] === ''
  if (odd) throw forbidden(`the zip entry ${quoted} has a name that leads outside its folder`)
  if ((flags & ENCRYPTED_FLAGS) !== 0) throw unsupported(`the zip entry ${quoted} is encrypted`)
  if (method !== STORED && method !== DEFLATED)
    throw unsupported(`the zip entry ${quoted} is packed by method ${method}; only stored and deflated are read`)
  if (method === STORED && compressedBytes !== bytes)
    throw damaged(`the stored zip entry ${quoted} has two sizes, ${compressedBytes} and ${bytes}`)
  if (method === DEFLATED && bytes > MAX_INFLATED_BYTES)
    throw unsupported(`the zip entry ${quoted} unpacks to ${bytes} bytes; at most ${MAX_INFLATED_BYTES} are`)
  if (bytes > compressedBytes * MAX_RATIO)
    throw unsupported(`the zip entry ${quoted} claims to unpack ${compressedBytes} bytes into ${bytes}`)
}

/** Reads the local header, which must say the same as the directory; sizes and checksum may be left to the descriptor. */
function locate(file: Uint8Array, entry: DirectoryEntry): Located {
  const quoted = JSON.stringify(entry.name)
  if (entry.headerOffset > file.byteLength) throw damaged(`the zip entry ${quoted} begins beyond the end of the file`)
  const cursor = new ByteCursor(file, `the zip entry ${quoted}`, entry.headerOffset)
  if (cursor.uint32() !== LOCAL_SIGNATURE) throw damaged(`the zip entry ${quoted} has no header at byte ${entry.headerOffset}`)
  cursor.take(2)
  const [flags, method] = [cursor.uint16(), cursor.uint16()]
  cursor.take(4)
  const [crc, compressedBytes, bytes] = [cursor.uint32(), cursor.uint32(), cursor.uint32()]
  const [nameBytes, extraBytes] = [cursor.uint16(), cursor.uint16()]
  const name = Buffer.from(cursor.take(nameBytes)).toString()
  cursor.take(extraBytes)
  const later = (flags & DESCRIPTOR_FLAG) !== 0 && crc === 0 && compressedBytes === 0 && bytes === 0
  const same = later || (crc === entry.crc32 && compressedBytes === entry.compressedBytes && bytes === entry.bytes)
  if (name !== entry.name || flags !== entry.flags || method !== entry.method || !same) {
    throw damaged(`the header of the zip entry ${quoted} contradicts the directory`)
  }
  return { ...entry, dataOffset: cursor.offset }
}

/**
 * The entries follow one another without a gap from the first byte to the directory, and together they stay within bounds.
 * A gap could hold an entry that only a reader without directory sees.
 */
function checkExtents(file: Uint8Array, entries: readonly Located[], directory: Directory): void {
  const inOrder = entries.toSorted((a, b) => a.headerOffset - b.headerOffset)
  if (inOrder.length > 0 && inOrder[0]?.headerOffset !== 0) throw damaged('bytes before the first entry of the zip belong to none')
  inOrder.forEach((entry, index) => {
    const quoted = JSON.stringify(entry.name)
    const end = entry.dataOffset + entry.compressedBytes
    const gap = (inOrder[index + 1]?.headerOffset ?? directory.offset) - end
    if (gap < 0) throw damaged(`the zip entry ${quoted} overlaps what follows it`)
    const described = (entry.flags & DESCRIPTOR_FLAG) !== 0
    if (described ? !DESCRIPTOR_BYTES.includes(gap) : gap !== 0) throw damaged(`${gap} bytes after the zip entry ${quoted} belong to none`)
    if (described) checkDescriptor(file, entry, end)
  })
  const unpacked = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (unpacked > MAX_UNPACKED_BYTES) throw unsupported(`the zip unpacks to ${unpacked} bytes; at most ${MAX_UNPACKED_BYTES} are read`)
}

/** Where sizes were left to the descriptor behind the data, it must say the same as the directory. */
function checkDescriptor(file: Uint8Array, entry: Located, end: number): void {
  const cursor = new ByteCursor(file, `the zip entry ${JSON.stringify(entry.name)}`, end)
  const first = cursor.uint32()
  const crc = first === DESCRIPTOR_SIGNATURE ? cursor.uint32() : first
  if (crc !== entry.crc32 || cursor.uint32() !== entry.compressedBytes) {
    throw damaged(`the descriptor of the zip entry ${JSON.stringify(entry.name)} contradicts the directory`)
  }
}

function inflate(packed: Uint8Array, entry: DirectoryEntry): Uint8Array {
  const quoted = JSON.stringify(entry.name)
  let bytes: Uint8Array
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.bytes), finishFlush: constants.Z_FINISH })
  } catch (error) {
    throw Object.assign(damaged(`the zip entry ${quoted} cannot be unpacked into the ${entry.bytes} bytes it announces`), { cause: error })
  }
  if (bytes.byteLength !== entry.bytes) throw damaged(`the zip entry ${quoted} unpacks to ${bytes.byteLength} bytes, not ${entry.bytes}`)
  return bytes
}
