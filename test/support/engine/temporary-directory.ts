import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of its own, gone at the end of the `using` block. */
export function temporaryDirectory(): Disposable & { readonly path: string; join(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'bot-trading-test-'))
  return { path, join: (name) => join(path, name), [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
