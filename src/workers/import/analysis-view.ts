import type { ImportAnalysisView, TableAnalysisView } from '#contract/import.ts'
import type { SourceAnalysis, TableAnalysis } from '#v2-import/analyse/source-analysis.ts'

export function analysisViewOf({ source, damage, rows, tables, missingTables, findings, limits }: SourceAnalysis): ImportAnalysisView {
  return {
    location: source.location,
    damage,
    rows,
    tables: [...tables.map(tableViewOf), ...missingTables.map(missing)],
    findings: findings.map((finding) => ({ ...finding, examples: [...finding.examples] })),
    limits: [...limits],
  }
}

function missing(name: string): TableAnalysisView {
  return { name, kind: 'missing', rows: 0, damaged_rows: 0, columns: [], missing_columns: [], problem: null }
}

function tableViewOf(table: TableAnalysis): TableAnalysisView {
  return {
    name: table.key,
    kind: table.kind,
    rows: table.rows,
    damaged_rows: table.damagedRows,
    columns: table.columns.map((column) => ({
      name: column.name,
      type: column.type,
      use: column.use,
      shape: column.shape,
      nulls: column.nulls,
      empties: column.empties,
      distinct: { count: column.distinct.count, is_more: column.distinct.isMore },
      least: column.least,
      most: column.most,
      words: column.words === null ? null : [...column.words],
    })),
    missing_columns: table.missingColumns.map(({ name, isNeeded }) => ({ name, is_needed: isNeeded })),
    problem: table.problem,
  }
}
