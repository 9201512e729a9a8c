import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { detectSource } from '../sources/detect-source.ts'
import type { ImportSource } from '../sources/import-source.ts'
import { openSource } from '../sources/open-source.ts'
import { parsePostgresUrl } from '../sources/postgres/live-connection.ts'
import { findFolderFiles } from './folder-files.ts'
import { isPostgresAddress } from './open-migration.ts'
import type { FolderView, SourceView } from './source-view.ts'

/** Says what a source is and what lies beside it; nothing is written, and no password is in the answer. Throws `AppError`. */
export async function inspectSource(
  { source: location, v2Directory }: { readonly source: string; readonly v2Directory?: string | undefined },
  signal?: AbortSignal,
): Promise<SourceView> {
  const source = await openSource(location, { signal })
  try {
    const tables = source.tables().map(({ key, rowCount, columns }) => ({ key, rowCount, columns: columns.length }))
    return {
      identity: identityOf(source, location),
      tables,
      damage: source.damage?.message,
      findings: source.findings(),
      v2Directory: await folderView(v2Directory ?? (isPostgresAddress(location) ? undefined : location), signal),
    }
  } finally {
    await source.close()
  }
}

function identityOf({ identity }: ImportSource, location: string): SourceView['identity'] {
  const { kind, description, facts, files } = identity
  const target = isPostgresAddress(location) ? parsePostgresUrl(location) : undefined
  const isArchive = kind === 'archive' || kind === 'archive-directory'
  return {
    kind,
    description,
    location: identity.location,
    host: target?.host,
    port: target?.port,
    database: target?.database ?? facts['database'],
    serverVersion: facts['serverVersion'],
    format: target === undefined ? description : undefined,
    archiveVersion: isArchive ? /\b1\.\d{1,2}\b/.exec(description)?.[0] : undefined,
    files: files.map(({ path, size, modifiedMs }) => ({ path, size, modifiedMs })),
    facts,
  }
}

/** Undefined for what is no folder of version 2. */
async function folderView(path: string | undefined, signal: AbortSignal | undefined): Promise<FolderView | undefined> {
  if (path === undefined || (await stat(path).catch(() => undefined))?.isDirectory() !== true) return undefined
  const files = await findFolderFiles(path, signal)
  const sized = (names: readonly string[]): Promise<readonly { readonly file: string; readonly bytes: number }[]> =>
    Promise.all(names.map(async (file) => ({ file, bytes: (await stat(join(path, file))).size })))
  const detected = await detectSource(path).catch(() => undefined)
  const [dumps, refused] = detected?.kind === 'v2-directory' ? [detected.sources, detected.refused] : [[], []]
  return {
    path,
    settings: files.settings,
    strategies: files.strategies,
    models: await sized(files.models),
    scalers: await sized(files.scalers),
    dumps: dumps.flatMap((dump) => (dump.kind === 'postgres' ? [] : [{ path: dump.path, description: dump.description }])),
    refused,
  }
}
