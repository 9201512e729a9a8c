import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { ImportPlan } from '../mapping/import-plan.ts'
import type { SourceIdentity } from '../sources/import-source.ts'
import { diskFailure } from '../sources/source-failure.ts'

export interface FileSeal {
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly sha256: string
}

/** What the files of a source are now. A source that is no file has none. */
export async function sealFiles(identity: SourceIdentity): Promise<readonly FileSeal[]> {
  const seals: FileSeal[] = []
  for (const { path } of identity.files) {
    try {
      const hash = createHash('sha256')
      const { size, mtimeMs } = await stat(path)
      await pipeline(createReadStream(path), hash)
      seals.push({ path, size, modifiedMs: Math.floor(mtimeMs), sha256: hash.digest('hex') })
    } catch (error) {
      throw diskFailure(path, error)
    }
  }
  return seals
}

/** The same for the same content read by the same rules; undefined for a database, which may have changed. */
export function fingerprintOf(identity: SourceIdentity, seals: readonly FileSeal[], plan: ImportPlan, system: string): string | undefined {
  if (seals.length === 0) return undefined
  return createHash('sha256')
    .update(JSON.stringify([system, identity.kind, seals, plan]))
    .digest('hex')
}
