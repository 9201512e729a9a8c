import { existsSync } from 'node:fs'
import { constants, enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

let folder: string | undefined

/**
 * Lets Node keep what it compiles of this program in the data directory, which is the owner's alone: later starts load sooner.
 * To be called before the bulk of the program is imported. Without it, whatever the reason, a start is only slower.
 */
export function keepCompiledCode(dataDirectory: string): void {
  // The first start makes the directory, with the rights it must have.
  if (!existsSync(dataDirectory)) return
  const wanted = join(dataDirectory, 'compiled-code')
  const { status } = enableCompileCache(wanted)
  if (status === constants.compileCacheStatus.ENABLED) folder = wanted
}

/** What a thread that loads large packages must be given of the environment to do the same. */
export function compiledCodeEnvironment(): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

/** Writes it now, because a program that is killed writes nothing. */
export function writeCompiledCode(): void {
  flushCompileCache()
}
