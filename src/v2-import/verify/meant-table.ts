import type { ImportDatabase } from '../run/import-database.ts'
import type { KnownTable, MeantTable } from './known-table.ts'
import { expectedGroups, groupedExpressions } from './record-groups.ts'
import { cellsHash, ofRun } from './run-key.ts'
import { literal, unifiedSymbol } from './source-words.ts'
import type { ExpectedRecord } from './table-meaning.ts'

const CONSTANT = /^(?:NULL::\w+|'[^']*'::text|true)$/

/** The fields of a record of a row, as its hash has them. */
export function expectedFields(
  { run, value }: Pick<MeantTable, 'run' | 'value'>,
  record: ExpectedRecord,
): readonly (readonly [name: string, field: string])[] {
  const columns = Object.entries(record.columns).map(([name, expression]) => [name, value(expression)] as const)
  return [['row_key', 'm.row_key'], ['system', `${literal(run.system)}::text`], ...columns, ['extras', 'true']]
}

/** Works out what every expression that the checks need is for each row that became records. */
export async function makeMeantTable(database: ImportDatabase, known: KnownTable, links: readonly string[]): Promise<MeantTable> {
  const { table, meaning } = known
  const [meant, groups] = [`meant_${table.view}`, `expected_${table.view}`]
  const kept = [...groupedExpressions(known), ...links]
  const columns = new Map<string, string>()
  for (const expression of [...meaning.records.flatMap(({ when, columns: all }) => [when, ...Object.values(all)]), ...kept])
    if (!CONSTANT.test(expression) && !columns.has(expression)) columns.set(expression, `e${columns.size + 1}`)
  const made: MeantTable = {
    ...known,
    meant,
    groups,
    wide: wideRows(known, columns),
    value: (expression) => columns.get(expression) ?? expression,
  }
  const hashes = meaning.records.map((record, index) => {
    const fields = expectedFields(made, record).map(([, field]) => field)
    return `CASE WHEN ${made.value(record.when)} THEN hash_record_extended(ROW(${fields.join(', ')}), 0) END AS record_${index + 1}`
  })
  const names = new Set(kept.flatMap((expression) => columns.get(expression) ?? []))
  await database.run(`
    ${symbolsOf(known)};
    CREATE UNLOGGED TABLE ${meant} WITH (autovacuum_enabled = false) AS
      SELECT ${[...hashes, ...names].join(', ')}, naive, rebuilt
        FROM (${made.wide} OFFSET 0) m;
    CREATE UNLOGGED TABLE ${groups} AS ${expectedGroups(made)}`)
  return made
}

/** The unified symbol of every spelling. */
function symbolsOf({ table, meaning, plan }: KnownTable): string {
  const raw = meaning.symbol ?? 'NULL::text'
  const name = `symbols_${table.view}`
  return `
    CREATE UNLOGGED TABLE ${name} AS
      SELECT raw, ${unifiedSymbol('raw', plan)} AS unified FROM (SELECT DISTINCT ${raw} AS raw FROM ${table.view} s) a WHERE raw IS NOT NULL;
    ANALYZE ${name}`
}

/** What the cells mean, step by step: a step may speak of those before it, and the server works each out once a row. */
function wideRows({ table, meaning, run }: KnownTable, columns: ReadonlyMap<string, string>): string {
  const mapped = `SELECT number FROM imported.rows WHERE ${ofRun(run, table.info.key)} AND outcome = 'mapped'`
  const rows = meaning.worked.reduce(
    (before, worked) =>
      `SELECT s.*${named(Object.entries(worked).map(([name, expression]) => [expression, name]))} FROM (${before} OFFSET 0) s`,
    `SELECT s.* FROM ${table.view} s JOIN (${mapped}) o ON o.number = s.number`,
  )
  const naive = meaning.naive.map((one) => ` + coalesce((${one})::int, 0)`).join('')
  return `SELECT s.row_key, ${table.cells} AS cells, ${cellsHash('s.row_key', table.cells)} AS rebuilt, 0${naive} AS naive${named([...columns])}
            FROM (${rows} OFFSET 0) s LEFT JOIN symbols_${table.view} y ON y.raw = ${meaning.symbol ?? 'NULL::text'} ${(meaning.joins ?? []).join(' ')}`
}

function named(columns: readonly (readonly string[])[]): string {
  return columns.map(([expression, name]) => `, ${expression} AS ${name}`).join('')
}
