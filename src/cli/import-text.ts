import type { ImportReport } from '#v2-import/run/import-report.ts'

const SHOWN_MAX = 20

/** The report for a terminal. */
export function importText(report: ImportReport): string {
  const lines = [`Import ${report.runId}${report.dryRun ? ' (dry run: nothing was kept)' : ''} of ${report.source.location}`]
  for (const { name, source, imported, parked, skipped } of report.tables) {
    const rules = Object.entries(skipped).map(([rule, count]) => `, ${count} skipped (${rule})`)
    lines.push(`  ${name}: ${source} rows, ${imported} imported, ${parked} parked${rules.join('')}`)
  }
  lines.push('Checks')
  for (const { name, status, detail } of report.checks) lines.push(`  ${status.replace('_', ' ').padEnd(8)} ${name}: ${detail}`)
  const differences = report.differences.slice(0, SHOWN_MAX)
  if (differences.length > 0) lines.push(`Differences (${report.differences.length})`)
  for (const { check, table, key, column, expected, found } of differences)
    lines.push(
      `  ${check} ${table} ${key}${column === undefined ? '' : ` ${column}`}: expected ${expected ?? 'nothing'}, found ${found ?? 'nothing'}`,
    )
  if (report.parked.length > 0) lines.push(`Parked (the first ${Math.min(SHOWN_MAX, report.parked.length)})`)
  for (const { table, key, reason } of report.parked.slice(0, SHOWN_MAX)) lines.push(`  ${table} ${key}: ${reason}`)
  return `${lines.join('\n')}\n`
}
