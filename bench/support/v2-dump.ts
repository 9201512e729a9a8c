import { writeArchiveFile, type StreamedTable } from '#test/support/v2-import/archive-file.ts'
import { type GeneratedTable, wornTables } from './v2-rows.ts'

const ROWS_A_PIECE = 200

/** A full dump of a worn installation with so many rows, as `pg_dump --format=custom` of Postgres 15 writes it. */
export async function writeDump(path: string, rows: number): Promise<void> {
  await writeArchiveFile(path, wornTables(rows).map(streamed), 14)
}

function streamed(table: GeneratedTable): StreamedTable {
  const declared = table.columns.map(([name, type]) => `    "${name}" ${type}`).join(',\n')
  return {
    name: table.name,
    columns: table.columns.map(([name]) => name),
    definition: `CREATE TABLE public."${table.name}" (\n${declared}\n);\n`,
    ...(table.primaryKey === undefined ? {} : { primaryKey: table.primaryKey }),
    data: () => textOf(table),
  }
}

function* textOf({ rows, line }: GeneratedTable): Generator<string> {
  let text = ''
  for (let number = 1; number <= rows; number += 1) {
    text += `${line(number)}\n`
    if (number % ROWS_A_PIECE !== 0) continue
    yield text
    text = ''
  }
  yield `${text}\\.\n\n\n`
}
