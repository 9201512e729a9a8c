import type { ColumnAnalysis, SourceAnalysis, TableAnalysis } from './source-analysis.ts'

/** As `import --analyse --json` prints it, in the spelling of the other interfaces. */
export function analysisJson(analysis: SourceAnalysis): unknown {
  return {
    source: analysis.source,
    damage: analysis.damage,
    rows: analysis.rows,
    missing_tables: analysis.missingTables,
    tables: analysis.tables.map(tableJson),
    findings: analysis.findings,
    reader: analysis.reader,
    limits: analysis.limits,
  }
}

function tableJson(table: TableAnalysis): unknown {
  return {
    name: table.key,
    origin: table.origin,
    kind: table.kind,
    key_columns: table.keyColumns,
    rows: table.rows,
    damaged_rows: table.damagedRows,
    columns: table.columns.map(columnJson),
    missing_columns: table.missingColumns.map(({ name, isNeeded }) => ({ name, needed: isNeeded })),
    outlook: table.outlook,
    problem: table.problem,
  }
}

function columnJson({ distinct, ...column }: ColumnAnalysis): unknown {
  return { ...column, distinct: distinct.count, distinct_is_more: distinct.isMore }
}

/** For a person: tables first, then what somebody should look at, then what the import settles by itself. */
export function analysisText(analysis: SourceAnalysis): string {
  const { source, tables, findings } = analysis
  const lines = [
    `${source.description}  ${source.location}`,
    ...(analysis.damage === null ? [] : [`DAMAGED: ${analysis.damage}`]),
    '',
    ...tables.map(tableLine),
    ...(analysis.missingTables.length === 0 ? [] : [`not there: ${analysis.missingTables.join(', ')}`]),
    '',
    findings.length === 0 ? 'Nothing was found that somebody should look at.' : 'Findings:',
    ...findings.map(({ severity, rule, table, column, count, detail, examples }) => {
      const where = column === null ? table : `${table}.${column}`
      const example = examples[0] === undefined ? '' : `, e.g. ${examples[0]}`
      return `  ${severity.padEnd(7)} ${String(count).padStart(8)}  ${where}  ${rule}: ${detail}${example}`
    }),
    ...analysis.limits.map((limit) => `Not known: ${limit}.`),
  ]
  return `${lines.join('\n')}\n`
}

function tableLine({ key, kind, rows, columns, outlook, problem }: TableAnalysis): string {
  const kept = columns.filter(({ use }) => use === 'kept').length
  const parked = outlook.parked.reduce((sum, { count }) => sum + count, 0)
  const skipped = outlook.skipped.reduce((sum, { count }) => sum + count, 0)
  const what = `${outlook.mapped} mapped, ${outlook.kept} kept, ${parked} parked, ${skipped} skipped; ${columns.length} columns, ${kept} of them kept word for word`
  return `${String(rows).padStart(9)}  ${key} (${kind}): ${what}${problem === null ? '' : `\n           NOT READ TO ITS END: ${problem}`}`
}
