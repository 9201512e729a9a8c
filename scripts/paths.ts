import { join } from 'node:path'

/** The checkout this script belongs to. */
export const ROOT = join(import.meta.dirname, '..')
export const OUT = join(ROOT, 'out')
export const HEADLESS_ENTRY = join(OUT, 'headless/index.js')

/** Where npm put a package's command; started with our own Node, so no shell and no `.cmd` is needed. */
export function packageFile(...parts: string[]): string {
  return join(ROOT, 'node_modules', ...parts)
}
