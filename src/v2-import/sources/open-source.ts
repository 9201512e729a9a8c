import { AppError, assertNever } from '#domain/errors.ts'
import { openCustomArchive } from './archive/custom-archive.ts'
import { openDirectoryArchive } from './archive/directory-archive.ts'
import { openCsvSource, type CsvOptions } from './csv/csv-source.ts'
import { detectSource, type DetectedInstallation, type DetectedSource } from './detect-source.ts'
import type { ImportSource, ReadOptions } from './import-source.ts'
import { openLiveSource } from './postgres/live-source.ts'
import { openSqlSource } from './sql/sql-source.ts'

export interface OpenOptions extends ReadOptions, CsvOptions {}

/** Opens what a path or `postgres://` address holds; of a v2 folder its best source. Throws `AppError`. */
export async function openSource(location: string, options: OpenOptions = {}): Promise<ImportSource> {
  return openDetected(await detectSource(location), options)
}

export async function openDetected(detected: DetectedSource | DetectedInstallation, options: OpenOptions = {}): Promise<ImportSource> {
  switch (detected.kind) {
    case 'archive':
      return openCustomArchive(detected.path, options)
    case 'archive-directory':
      return openDirectoryArchive(detected.path, options)
    case 'sql':
      return openSqlSource(detected.path, options)
    case 'csv':
    case 'csv-directory':
      return openCsvSource(detected.path, options)
    case 'postgres':
      return openLiveSource(detected.target)
    case 'v2-directory': {
      const [best] = detected.sources
      if (best !== undefined) return openDetected(best, options)
      const message = `${detected.path}: there is no dump and no CSV file of its tables in it. Nothing was read. Add v2_full_backup.dump.`
      throw new AppError('NOT_FOUND', message)
    }
    default:
      return assertNever(detected)
  }
}
