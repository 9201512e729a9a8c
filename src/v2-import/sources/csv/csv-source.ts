import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppError } from '#domain/errors.ts'
import { FindingList } from '../finding-list.ts'
import type { ImportSource, RawRow, ReadOptions, SourceFinding, SourceIdentity, TableInfo } from '../import-source.ts'
import { CSV_FILES_MAX } from '../limits.ts'
import { inBatches } from '../row-batches.ts'
import { diskFailure, refuseFile } from '../source-failure.ts'
import { textDecoding, type TextDecoding } from '../text-decoding.ts'
import { csvLots, isCsvName, openCsvFile, type CsvFile } from './csv-file.ts'

const ADVICE = 'Give a folder with files such as v2_trades.csv, each with a header.'

export interface CsvOptions {
  /** By the name Postgres has for it; UTF8 if nothing is said, and never guessed. */
  readonly encoding?: string | undefined
}

/** A CSV file, or all `*.csv` and `*.tsv` of a folder (also `.gz`), each a table. Throws `AppError`. */
export async function openCsvSource(path: string, options: CsvOptions = {}): Promise<ImportSource> {
  const refuse = refuseFile(path, ADVICE)
  const decoding = textDecoding(options.encoding ?? 'UTF8')
  if (decoding === undefined) throw refuse(`the encoding ${options.encoding ?? ''} is not read`)
  const files: CsvFile[] = []
  try {
    for (const name of await csvPaths(path)) {
      const file = await openCsvFile(name, decoding)
      files.push(file)
      const twin = files.find((other) => other !== file && other.table.key === file.table.key)
      if (twin !== undefined) throw refuse(`${twin.table.origin} and ${file.table.origin} are both of table ${file.table.key}`)
    }
    if (files.length === 0) throw refuse('there is no CSV file in it')
    return new CsvSource(path, files, decoding)
  } catch (error) {
    await Promise.all(files.map((file) => file.bytes.close()))
    throw error
  }
}

/** Sorted, so that the order of tables never changes. */
async function csvPaths(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = (await readdir(path)).filter(isCsvName)
    if (names.length > CSV_FILES_MAX) throw refuseFile(path, ADVICE)(`there are more than ${CSV_FILES_MAX} CSV files in it`)
    return names.sort((a, b) => (a < b ? -1 : 1)).map((name) => join(path, name))
  } catch (error) {
    throw diskFailure(path, error)
  }
}

class CsvSource implements ImportSource {
  readonly identity: SourceIdentity
  readonly damage: AppError | undefined = undefined
  readonly #files: readonly CsvFile[]
  readonly #decoding: TextDecoding
  readonly #findings = new FindingList()

  constructor(path: string, files: readonly CsvFile[], decoding: TextDecoding) {
    this.#files = files
    this.#decoding = decoding
    this.identity = {
      kind: 'csv',
      description: `${files.length} CSV file${files.length === 1 ? '' : 's'}`,
      location: path,
      files: files.map((file) => file.bytes.file.info),
      encoding: decoding.name,
      facts: Object.fromEntries(
        files.map((file) => [`delimiter of ${file.table.origin}`, file.delimiter === '\t' ? 'tab' : file.delimiter]),
      ),
    }
  }

  tables(): readonly TableInfo[] {
    return this.#files.map((file) => file.table)
  }

  rows(table: TableInfo, options: ReadOptions = {}): AsyncIterable<readonly RawRow[]> {
    const file = this.#files.find((candidate) => candidate.table.key === table.key)
    if (file === undefined) throw new Error(`table ${table.key} is not of this source`)
    return inBatches(csvLots(file, this.#decoding, options.signal))
  }

  findings(): readonly SourceFinding[] {
    return this.#findings.list()
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.bytes.close()))
  }
}
