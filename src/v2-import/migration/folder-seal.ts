import { join } from 'node:path'
import { codeOf } from '#platform/durable-file.ts'
import { readUnchanged } from '../backup/read-unchanged.ts'
import { walkDirectory } from '../backup/walk-directory.ts'
import type { Check } from '../run/import-report.ts'

const NAMES_SHOWN_MAX = 10

/** What every file of a folder is: size, time of change in nanoseconds, SHA-256; `unreadable` with the reason for one that cannot be read. */
export type FolderSeal = ReadonlyMap<string, string>

/** Reads every file of the folder. Throws the signal's reason, or `REFUSED` for a folder that holds too much. */
export async function sealFolder(folder: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<FolderSeal> {
  const seal = new Map<string, string>()
  const { files, links } = await walkDirectory(folder, signal)
  for (const file of files) {
    try {
      const { bytes, modifiedNs, sha256 } = await readUnchanged(join(folder, file), undefined, signal)
      seal.set(file, `${bytes} ${modifiedNs} ${sha256}`)
      onBytes(bytes)
    } catch (error) {
      signal?.throwIfAborted()
      seal.set(file, `unreadable ${codeOf(error)}`)
    }
  }
  for (const { path, target } of links) seal.set(path, `link ${target}`)
  return seal
}

/** N11 for the folder. A version 2 that still runs writes its own files: only a change of one that was read here fails. */
export function checkFolder(before: FolderSeal, after: FolderSeal, isRead: (file: string) => boolean): Check {
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file))
  const changedOfOurs = names.filter(isRead)
  const list = (files: readonly string[]): string =>
    `${files.slice(0, NAMES_SHOWN_MAX).join(', ')}${files.length > NAMES_SHOWN_MAX ? ` and ${files.length - NAMES_SHOWN_MAX} more` : ''}`
  const others = names.filter((file) => !isRead(file))
  const rest = others.length === 0 ? '' : `; changed by others, and not read here: ${list(others)}`
  return {
    name: 'N11 folder of version 2 untouched',
    status: changedOfOurs.length === 0 ? 'passed' : 'failed',
    expected: `${before.size} files`,
    found: `${after.size} files, ${names.length} changed`,
    detail:
      changedOfOurs.length === 0
        ? `size, time of change and sha256 of each file${rest}`
        : `changed while they were read: ${list(changedOfOurs)}${rest}`,
  }
}
