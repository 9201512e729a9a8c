import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that goes away with the benchmark. */
export function workspace(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'bot-trading-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export const workerUrl = (name: string): URL => new URL(`../../src/workers/${name}.worker.ts`, import.meta.url)
