import { lstat, readdir, readlink, realpath } from 'node:fs/promises'
import { isAbsolute, join, posix, relative, sep } from 'node:path'
import { AppError } from '#domain/errors.ts'
import { codeOf } from '#platform/durable-file.ts'
import type { LeftOut } from './manifest.ts'

const ENTRIES_MAX = 200_000
const DEPTH_MAX = 100

export interface WalkedDirectory {
  readonly files: readonly string[]
  readonly directories: readonly { readonly path: string; readonly mode: number }[]
  readonly links: readonly { readonly path: string; readonly target: string }[]
  readonly leftOut: readonly LeftOut[]
}

/** Everything in a folder, by path relative to it with `/`, sorted. Links are never followed. Throws `REFUSED` for too much. */
export async function walkDirectory(root: string, signal?: AbortSignal): Promise<WalkedDirectory> {
  const walk = new Walk(root, signal)
  await walk.visit('', 0)
  return walk
}

class Walk implements WalkedDirectory {
  readonly files: string[] = []
  readonly directories: { readonly path: string; readonly mode: number }[] = []
  readonly links: { readonly path: string; readonly target: string }[] = []
  readonly leftOut: LeftOut[] = []
  readonly #root: string
  readonly #signal: AbortSignal | undefined
  #entries = 0

  constructor(root: string, signal: AbortSignal | undefined) {
    this.#root = root
    this.#signal = signal
  }

  async visit(path: string, depth: number): Promise<void> {
    this.#signal?.throwIfAborted()
    if (depth > DEPTH_MAX) {
      this.leftOut.push({ path, reason: `nested deeper than ${DEPTH_MAX} folders` })
      return
    }
    let names: string[]
    try {
      names = await readdir(join(this.#root, path))
    } catch (error) {
      if (path === '') throw error
      this.leftOut.push({ path, reason: `the folder cannot be read (${codeOf(error)})` })
      return
    }
    for (const name of names.sort()) await this.#entry(path === '' ? name : `${path}/${name}`, depth)
  }

  async #entry(path: string, depth: number): Promise<void> {
    this.#entries += 1
    if (this.#entries > ENTRIES_MAX)
      throw new AppError(
        'REFUSED',
        `There are more than ${ENTRIES_MAX} files in ${this.#root}. No backup was made. Check that it is the folder of version 2.`,
      )
    const stats = await lstat(join(this.#root, path)).catch((error: unknown) => codeOf(error))
    if (typeof stats === 'string') this.leftOut.push({ path, reason: `it cannot be read (${stats})` })
    else if (stats.isFile()) this.files.push(path)
    else if (stats.isSymbolicLink()) await this.#link(path)
    else if (stats.isDirectory()) {
      this.directories.push({ path, mode: stats.mode & 0o777 })
      await this.visit(path, depth + 1)
    } else this.leftOut.push({ path, reason: kindOf(stats) })
  }

  async #link(path: string): Promise<void> {
    const target = await readlink(join(this.#root, path)).catch((error: unknown) => ({
      reason: `the link cannot be read (${codeOf(error)})`,
    }))
    if (typeof target !== 'string') this.leftOut.push({ path, ...target })
    else if (await this.#isInside(path, target)) this.links.push({ path, target })
    else this.leftOut.push({ path, reason: `a link that leads outside, to ${target}; it was not followed` })
  }

  /** By its text, and by where it really leads when there is something: one link may lead out through another. */
  async #isInside(path: string, target: string): Promise<boolean> {
    const plain = target.split(sep).join('/')
    const byText = posix.normalize(posix.join(posix.dirname(path), plain))
    if (posix.isAbsolute(plain) || byText === '..' || byText.startsWith('../')) return false
    const real = await realpath(join(this.#root, path)).catch(() => undefined)
    if (real === undefined) return true
    const inner = relative(this.#root, real)
    return inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner)
  }
}

function kindOf(stats: Awaited<ReturnType<typeof lstat>>): string {
  if (stats.isSocket()) return 'a socket'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'a device' : 'neither a file nor a folder'
}
