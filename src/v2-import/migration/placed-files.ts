import { mkdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, removeDurably, sha256Of, syncDirectory, writeDurably, writeFailure } from '#platform/durable-file.ts'
import { type MigrationRecord, removeDrafts } from './run-record.ts'

const PRIVATE_FOLDER_MODE = 0o700

/** `written`: it stands there because of this run. `there`: the same bytes stood there before. `kept`: others did, and still do. */
export type Placing = 'written' | 'there' | 'kept'

/** Puts files of a run into the data directory, never over one that is there, each written down first. */
export class PlacedFiles {
  readonly #dataDirectory: string
  /** Undefined in a dry run: nothing is written then, and it says what would be. */
  readonly #record: MigrationRecord | undefined

  constructor(dataDirectory: string, record: MigrationRecord | undefined) {
    this.#dataDirectory = dataDirectory
    this.#record = record
  }

  /** What putting it there would do; nothing is done. */
  async foresee(path: string, bytes: Uint8Array): Promise<Placing> {
    const there = await readIfThere(join(this.#dataDirectory, path))
    if (there === undefined) return 'written'
    const sha256 = sha256Of(bytes)
    if (sha256Of(there) !== sha256) return 'kept'
    return this.#isOurs(path, sha256) ? 'written' : 'there'
  }

  /** `path` is `FOLDER/NAME` below the data directory. Throws `FILE_INVALID`. */
  async place(path: string, bytes: Uint8Array): Promise<Placing> {
    const record = this.#record
    const placing = await this.foresee(path, bytes)
    const target = join(this.#dataDirectory, path)
    if (record === undefined || placing !== 'written') return placing
    const sha256 = sha256Of(bytes)
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (!this.#isOurs(path, sha256)) {
      const isFolderNew = (await stat(join(this.#dataDirectory, folder)).catch(() => undefined)) === undefined
      const folders = isFolderNew && !record.content.folders.includes(folder) ? [...record.content.folders, folder] : record.content.folders
      const files = record.content.files.filter((file) => file.path !== path)
      await record.change({ folders, files: [...files, { path, sha256 }] })
    }
    try {
      await mkdir(join(this.#dataDirectory, folder), { recursive: true, mode: PRIVATE_FOLDER_MODE })
      await syncDirectory(this.#dataDirectory)
    } catch (error) {
      throw writeFailure(join(this.#dataDirectory, folder), error)
    }
    await removeDrafts([target])
    if ((await readIfThere(target)) === undefined) await writeDurably(target, bytes)
    return 'written'
  }

  #isOurs(path: string, sha256: string): boolean {
    return this.#record?.content.files.some((file) => file.path === path && file.sha256 === sha256) === true
  }
}

export interface FilesTakenBack {
  readonly removed: readonly string[]
  /** Files that have other bytes now than the run gave them: they stay. */
  readonly changed: readonly string[]
}

/** Takes away what a run put there, and the folders it made for it where they are empty now. May be done again after a crash. */
export async function takeBackFiles(dataDirectory: string, record: MigrationRecord): Promise<FilesTakenBack> {
  const { files, folders } = record.content
  const [removed, changed]: [string[], string[]] = [[], []]
  await removeDrafts(files.map(({ path }) => join(dataDirectory, path)))
  for (const { path, sha256 } of files.toReversed()) {
    const target = join(dataDirectory, path)
    const there = await readIfThere(target)
    if (there === undefined) continue
    if (sha256Of(there) !== sha256) {
      changed.push(target)
      continue
    }
    await removeDurably(target)
    removed.push(target)
  }
  for (const folder of folders) await rmdir(join(dataDirectory, folder)).catch(() => undefined)
  return { removed, changed }
}
