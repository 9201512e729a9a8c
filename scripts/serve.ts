import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './build.ts'
import { HEADLESS_ENTRY } from './paths.ts'

/**
 * Runs the built headless workstation in this very process, so signals, exit code, stdin and stdout are its own.
 * It reads its options from `process.argv` as if it had been started directly.
 */
export async function serve(args: readonly string[]): Promise<void> {
  await ensureBuilt()
  process.argv = [process.execPath, HEADLESS_ENTRY, ...args]
  await import(pathToFileURL(HEADLESS_ENTRY).href)
}

if (import.meta.main) await serve(process.argv.slice(2))
