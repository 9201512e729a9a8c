import type { FindingList } from '../finding-list.ts'
import { tableKey, type ColumnInfo, type TableInfo } from '../import-source.ts'
import { TABLES_MAX } from '../limits.ts'
import type { Refuse } from '../source-failure.ts'
import { parseStatement } from '../sql/sql-statements.ts'
import { isPossibleName, type ArchiveEntry } from './archive-contents.ts'

const TABLE_DATA = 'TABLE DATA'
/** Kinds of entries whose data is not read; that of sequences is no record of anything. */
const DATA_NOT_READ: ReadonlySet<string> = new Set(['BLOBS', 'BLOB', 'BLOB METADATA', 'LARGE OBJECTS', 'MATERIALIZED VIEW DATA'])

export interface ArchiveTable {
  readonly info: TableInfo
  readonly entry: ArchiveEntry
  /** Rows stand there as COPY text or as INSERT statements; `unreadable`: by a COPY statement of another form. */
  readonly form: 'copy' | 'inserts' | 'unreadable'
}

export interface ArchiveSettings {
  readonly encoding: string
  readonly backslashStrings: boolean
}

/** The encoding and the string rule that the archive states for all its text. */
export function archiveSettings(entries: readonly ArchiveEntry[]): ArchiveSettings {
  const stated = (kind: string): string | undefined => {
    const definition = entries.find((entry) => entry.kind === kind)?.definition
    const statement = definition === undefined ? undefined : parseStatement(definition.replace(/;\s*$/, ''))
    return statement?.kind === 'set' ? statement.value : undefined
  }
  return { encoding: stated('ENCODING') ?? 'UTF8', backslashStrings: stated('STDSTRINGS') === 'off' }
}

/** The tables that have data, in the order of the table of contents. Only grammar we know is read; nothing is run. */
export function archiveTables(entries: readonly ArchiveEntry[], findings: FindingList, refuse: Refuse): readonly ArchiveTable[] {
  const definitions = new Definitions(entries)
  const tables = new Map<string, ArchiveTable>()
  for (const entry of entries) {
    if (DATA_NOT_READ.has(entry.kind)) findings.add('skipped-entry', entry.kind, `data of kind ${entry.kind} is not imported`)
    if (entry.kind !== TABLE_DATA) continue
    const key = tableKey(entry.schema, entry.name)
    if (!entry.hasData) {
      findings.add('skipped-entry', key, 'the archive lists the table but holds no data of it')
      continue
    }
    if (!isPossibleName(entry.name)) throw refuse('an entry has a name that no table can have')
    if (tables.has(key)) throw refuse(`the data of table ${key} stands in it twice`)
    tables.set(key, tableOf(entry, key, definitions))
    if (tables.size > TABLES_MAX) throw refuse(`it has more than ${TABLES_MAX} tables with data`)
  }
  for (const key of definitions.tables())
    if (!tables.has(key)) findings.add('skipped-entry', key, 'the archive defines the table but holds no data of it')
  return [...tables.values()]
}

function tableOf(entry: ArchiveEntry, key: string, definitions: Definitions): ArchiveTable {
  const declared = definitions.columnsOf(key)
  const statement = entry.copyStatement === undefined || entry.copyStatement === '' ? undefined : parseStatement(entry.copyStatement)
  const named = statement?.kind === 'copy' ? statement.columns : undefined
  const types = new Map(declared.map((column) => [column.name, column.type]))
  const columns = named?.map((name): ColumnInfo => ({ name, type: types.get(name) })) ?? declared
  const origin = `archive entry ${entry.dumpId}`
  const info: TableInfo = {
    key,
    schema: entry.schema,
    name: entry.name,
    columns,
    primaryKey: definitions.primaryKeyOf(key),
    rowCount: undefined,
    origin,
  }
  return { info, entry, form: statement === undefined ? 'inserts' : statement.kind === 'copy' ? 'copy' : 'unreadable' }
}

/** What the definitions of an archive say about columns and keys. */
class Definitions {
  readonly #columns = new Map<string, readonly ColumnInfo[]>()
  readonly #primaryKeys = new Map<string, readonly string[]>()

  constructor(entries: readonly ArchiveEntry[]) {
    for (const { kind, definition, schema } of entries) {
      if (definition === undefined || (kind !== 'TABLE' && kind !== 'CONSTRAINT')) continue
      // Further statements may follow, such as the one that clusters by a key.
      const statement = parseStatement(kind === 'TABLE' ? definition : (definition.split(';', 1)[0] ?? ''))
      if (statement.kind === 'create-table') {
        const key = tableKey(statement.relation.schema ?? schema, statement.relation.name)
        this.#columns.set(key, statement.columns)
        if (statement.primaryKey.length > 0) this.#primaryKeys.set(key, statement.primaryKey)
      } else if (statement.kind === 'primary-key')
        this.#primaryKeys.set(tableKey(statement.relation.schema ?? schema, statement.relation.name), statement.primaryKey)
    }
  }

  tables(): Iterable<string> {
    return this.#columns.keys()
  }

  columnsOf(key: string): readonly ColumnInfo[] {
    return this.#columns.get(key) ?? []
  }

  primaryKeyOf(key: string): readonly string[] {
    return this.#primaryKeys.get(key) ?? []
  }
}
