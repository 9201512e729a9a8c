import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { AppError } from '#domain/errors.ts'
import { codeOf } from '#platform/durable-file.ts'
import { FILES_PREFIX, type Manifest, MANIFEST_BYTES_MAX, MANIFEST_NAME, manifestSchema } from './manifest.ts'

const PROBLEMS_MAX = 1_000

export interface BackupCheck {
  readonly files: number
  readonly bytes: number
  /** What is not as the manifest says; empty when all is well. */
  readonly problems: readonly string[]
  readonly manifest: Manifest
}

type Entry = AsyncIterable<Buffer>

interface Found {
  readonly sha256: string
  readonly bytes: number
}

/** Reads a backup from beginning to end and compares every file with the manifest. Throws `FILE_INVALID` for one that is no backup. */
export async function verifyBackup(path: string, signal?: AbortSignal): Promise<BackupCheck> {
  const found = new Map<string, Found>()
  let manifestText: Buffer | undefined
  const entries = extract()
  const read = async (): Promise<void> => {
    for await (const entry of entries) {
      const { name, type } = entry.header
      if (name === MANIFEST_NAME) manifestText = await bytesOf(entry as Entry)
      else if (type === 'file') found.set(name, await sumOf(entry as Entry))
      else entry.resume()
    }
  }
  try {
    await Promise.all([pipeline(createReadStream(path), createGunzip(), entries, { signal }), read()])
  } catch (error) {
    signal?.throwIfAborted()
    throw invalid(path, `it cannot be read to its end (${codeOf(error)})`, error)
  }
  if (manifestText === undefined) throw invalid(path, 'it has no manifest')
  const manifest = parseManifest(path, manifestText)
  return { files: found.size, bytes: sum(found), problems: compare(manifest, found), manifest }
}

async function bytesOf(entry: Entry): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of entry) {
    length += chunk.length
    if (length <= MANIFEST_BYTES_MAX) chunks.push(chunk)
  }
  return length <= MANIFEST_BYTES_MAX ? Buffer.concat(chunks) : undefined
}

async function sumOf(entry: Entry): Promise<Found> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of entry) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

function parseManifest(path: string, text: Buffer): Manifest {
  let data: unknown
  try {
    data = JSON.parse(text.toString('utf8'))
  } catch (error) {
    throw invalid(path, 'its manifest is damaged', error)
  }
  const parsed = manifestSchema.safeParse(data)
  if (parsed.success) return parsed.data
  throw invalid(path, 'its manifest is damaged', parsed.error)
}

/** An entry that was written twice counts as it was written last, as when it is unpacked. */
function compare(manifest: Manifest, found: ReadonlyMap<string, Found>): readonly string[] {
  const problems: string[] = []
  const expected = new Set(manifest.files.map(({ path }) => `${FILES_PREFIX}${path}`))
  for (const { path, sha256, bytes } of manifest.files) {
    const entry = found.get(`${FILES_PREFIX}${path}`)
    if (entry === undefined) problems.push(`${path} is not in the archive`)
    else if (entry.sha256 !== sha256 || entry.bytes !== bytes) problems.push(`${path} differs from the manifest`)
  }
  for (const name of found.keys()) if (!expected.has(name)) problems.push(`${name} is not in the manifest`)
  return problems.slice(0, PROBLEMS_MAX)
}

function sum(found: ReadonlyMap<string, Found>): number {
  return found.values().reduce((total, { bytes }) => total + bytes, 0)
}

function invalid(path: string, why: string, cause?: unknown): AppError {
  return new AppError('FILE_INVALID', `${path} is not a whole backup: ${why}. Do not rely on it; make a new one.`, { cause })
}
