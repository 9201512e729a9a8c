import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { AppError } from '#domain/errors.ts'
import { type Clock, systemClock } from '#platform/clock.ts'
import { codeOf, draftOf, syncDirectory, writeFailure } from '#platform/durable-file.ts'
import { ArchiveWriter } from './archive-writer.ts'
import { type LeftOut, type Manifest, MANIFEST_NAME, type ManifestFile } from './manifest.ts'
import { type FileSeal, readUnchanged } from './read-unchanged.ts'
import { verifyBackup } from './verify-backup.ts'
import { walkDirectory, type WalkedDirectory } from './walk-directory.ts'

/** A file that changed while it was read is read once more. */
const READS_MAX = 2

export interface BackupProgress {
  readonly phase: 'read' | 'verify' | 'compare'
  readonly files: number
  readonly total: number
  readonly bytes: number
}

export interface BackupOptions {
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
}

export interface BackupReport {
  readonly path: string
  /** Of the archive. */
  readonly bytes: number
  readonly sha256: string
  readonly files: number
  /** Of the files in it. */
  readonly sourceBytes: number
  readonly links: number
  /** Links that lead outside, sockets, what could not be read: not in the archive. */
  readonly leftOut: readonly LeftOut[]
  /** Files that changed while they were read, twice. */
  readonly changedWhileRead: readonly string[]
  /** Files of version 2 that have another size, time or content now than when they were read; the backup itself only reads. */
  readonly sourceChanged: readonly string[]
}

interface SealedFile extends FileSeal {
  readonly path: string
}

/**
 * Packs a folder of version 2 into a tar.gz with a manifest of all sums, reads it back, and compares the folder with what was read.
 * Throws `AppError`, or the reason of the signal; there is no archive then, not half of one either. The archive holds secrets: it
 * belongs to its owner alone.
 */
export async function backupDirectory(v2Dir: string, target: string, options: BackupOptions = {}): Promise<BackupReport> {
  const root = await rootOf(v2Dir)
  const path = await freeTarget(root, target)
  const draft = draftOf(path)
  try {
    const walked = await walkDirectory(root, options.signal)
    const { seals, manifest } = await writeArchive({ root, draft, walked }, options)
    options.onProgress?.({ phase: 'verify', files: 0, total: seals.length, bytes: 0 })
    await mustVerify(draft, options.signal)
    const sourceChanged = await compareSource(root, seals, options)
    const sum = await sumOf(draft, options.signal)
    await rename(draft, path)
    await syncDirectory(dirname(path))
    return {
      path,
      ...sum,
      files: seals.length,
      sourceBytes: seals.reduce((total, { bytes }) => total + bytes, 0),
      links: manifest.links.length,
      leftOut: manifest.left_out,
      changedWhileRead: seals.filter(({ isChanged }) => isChanged).map((seal) => seal.path),
      sourceChanged,
    }
  } catch (error) {
    await rm(draft, { force: true })
    options.signal?.throwIfAborted()
    throw writeFailure(path, error)
  }
}

async function rootOf(v2Dir: string): Promise<string> {
  try {
    const root = await realpath(v2Dir)
    if ((await lstat(root)).isDirectory()) return root
  } catch (error) {
    throw new AppError('NOT_FOUND', `${v2Dir}: there is no such folder, or it may not be read. No backup was made. Check the path.`, {
      cause: error,
    })
  }
  throw new AppError('NOT_FOUND', `${v2Dir} is not a folder. No backup was made. Check the path.`)
}

async function freeTarget(root: string, target: string): Promise<string> {
  let folder: string
  try {
    folder = await realpath(dirname(resolve(target)))
  } catch (error) {
    throw new AppError('NOT_FOUND', `${dirname(target)}: there is no such folder. No backup was made. Make it first.`, { cause: error })
  }
  const path = join(folder, basename(target))
  const inner = relative(root, path)
  if (inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner))
    throw new AppError(
      'REFUSED',
      `${path} lies in the folder of version 2, into which nothing is written. No backup was made. Choose another place.`,
    )
  if ((await lstat(path).catch(() => undefined)) !== undefined)
    throw new AppError('CONFLICT', `${path} is there already. It was left as it is, and no backup was made. Choose another name.`)
  return path
}

interface ArchiveOrder {
  readonly root: string
  readonly draft: string
  readonly walked: WalkedDirectory
}

async function writeArchive(
  { root, draft, walked }: ArchiveOrder,
  { onProgress, signal, clock = systemClock }: BackupOptions,
): Promise<{ readonly seals: readonly SealedFile[]; readonly manifest: Manifest }> {
  await using handle = await open(draft, 'wx', 0o600)
  const archive = new ArchiveWriter(handle)
  try {
    const [seals, leftOut]: [SealedFile[], LeftOut[]] = [[], [...walked.leftOut]]
    let bytes = 0
    for (const { path, mode } of walked.directories) await archive.directory(path, mode)
    for (const { path, target } of walked.links) await archive.link(path, target)
    for (const path of walked.files) {
      signal?.throwIfAborted()
      const seal = await packFile(archive, join(root, path), { path, signal })
      if ('reason' in seal) leftOut.push({ path, reason: seal.reason })
      else seals.push(seal)
      bytes += 'reason' in seal ? 0 : seal.bytes
      onProgress?.({ phase: 'read', files: seals.length, total: walked.files.length, bytes })
    }
    const manifest: Manifest = {
      version: 1,
      made_at_ms: clock.now(),
      source: root,
      files: seals.map(inManifest),
      directories: walked.directories.map(({ path }) => path),
      links: [...walked.links],
      left_out: leftOut,
    }
    await archive.text(MANIFEST_NAME, `${JSON.stringify(manifest, undefined, 1)}\n`)
    await archive.end()
    await handle.sync()
    return { seals, manifest }
  } catch (error) {
    await archive.abandon()
    throw archive.failure ?? error
  }
}

/** A file that is gone or may not be read is left out with the reason; a failure of the archive is thrown. */
async function packFile(
  archive: ArchiveWriter,
  file: string,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal | undefined },
): Promise<SealedFile | { readonly reason: string }> {
  let seal: SealedFile | undefined
  for (let reads = 0; reads < READS_MAX && seal?.isChanged !== false; reads += 1) {
    let isBegun = false
    try {
      seal = await archive.file(path, async (sink) => {
        const begin: typeof sink.begin = (head) => {
          isBegun = true
          sink.begin(head)
        }
        return { path, ...(await readUnchanged(file, { ...sink, begin }, signal)) }
      })
    } catch (error) {
      if (isBegun) throw isReadFailure(error) ? unreadable(file, error) : error
      return seal ?? { reason: `it cannot be read (${codeOf(error)})` }
    }
  }
  return seal ?? { reason: 'it cannot be read' }
}

function isReadFailure(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'read'
}

function unreadable(file: string, cause: unknown): AppError {
  return new AppError(
    'FILE_INVALID',
    `${file} cannot be read to its end (${codeOf(cause)}). No backup was made. Check the disk it lies on.`,
    { cause },
  )
}

function inManifest({ path, bytes, sha256, mode, modifiedMs, isChanged }: SealedFile): ManifestFile {
  return { path, bytes, sha256, mode, modified_ms: modifiedMs, changed_while_read: isChanged }
}

async function mustVerify(draft: string, signal: AbortSignal | undefined): Promise<void> {
  const { problems } = await verifyBackup(draft, signal)
  const [first] = problems
  if (first === undefined) return
  throw new AppError(
    'FILE_INVALID',
    `The backup, read back, is not what was written: ${first} (${problems.length} in all). It was removed. Check the disk and make it anew.`,
  )
}

/** Files that are not as they were when they were read. */
async function compareSource(
  root: string,
  seals: readonly SealedFile[],
  { onProgress, signal }: BackupOptions,
): Promise<readonly string[]> {
  const changed: string[] = []
  for (const [index, seal] of seals.entries()) {
    const now = await readUnchanged(join(root, seal.path), undefined, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      return codeOf(error)
    })
    if (typeof now === 'string' || now.sha256 !== seal.sha256 || now.modifiedNs !== seal.modifiedNs) changed.push(seal.path)
    onProgress?.({ phase: 'compare', files: index + 1, total: seals.length, bytes: seal.bytes })
  }
  return changed
}

async function sumOf(path: string, signal: AbortSignal | undefined): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(
    createReadStream(path),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
      }
    },
    { signal },
  )
  return { bytes, sha256: hash.digest('hex') }
}
