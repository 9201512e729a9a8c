import type { MigrationReport } from '#v2-import/migration/migration-order.ts'
import type { RollbackReport } from '#v2-import/migration/rollback-report.ts'
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

/** What came of each step, then the rows and checks. */
export function migrationText(report: MigrationReport): string {
  const { steps, settings, models, strategies } = report
  const lines = ['Steps', ...steps.map(({ step, status, reason }) => `  ${status.replace('_', ' ').padEnd(8)} ${step}: ${reason}`)]
  const parked = (settings ?? []).filter(({ outcome }) => outcome === 'parked')
  if (parked.length > 0) lines.push(`Settings left to you (the first ${Math.min(SHOWN_MAX, parked.length)})`)
  for (const { key, reason } of parked.slice(0, SHOWN_MAX)) lines.push(`  ${key}: ${reason ?? ''}`)
  if (models !== undefined && models.length > 0) lines.push('Models')
  for (const { file, status, maxAbsDiff, reason } of models ?? []) {
    const difference = maxAbsDiff === undefined ? '' : `, differs from PyTorch by at most ${maxAbsDiff}`
    lines.push(`  ${file}: ${status}${difference}${reason === undefined ? '' : `. ${reason}`}`)
  }
  if (strategies !== undefined && strategies.length > 0) lines.push('Strategies')
  for (const { file, name, status, reason } of strategies ?? []) lines.push(`  ${file}: ${name ?? 'none'}, ${status}. ${reason}`)
  return `${importText(report)}${lines.join('\n')}\n`
}

export function rollbackText({ runId, history, restored, secretsRemoved, kept }: RollbackReport): string {
  const rows = Object.entries(history.removed).map(([name, count]) => `${name} ${count}`)
  const lines = [`Import ${runId} was taken back${rows.length === 0 ? '' : `: ${rows.join(', ')}`}.`]
  if (history.laterRuns.length > 0) lines.push(`Later imports relied on its rows: ${history.laterRuns.join(', ')}. Import them again.`)
  for (const path of restored) lines.push(`As before: ${path}`)
  if (secretsRemoved.length > 0) lines.push(`Out of the store of secrets: ${secretsRemoved.join(', ')}`)
  for (const { what, reason, copy } of kept) lines.push(`Kept: ${what}. ${reason}${copy === undefined ? '' : ` As it was before: ${copy}`}`)
  return `${lines.join('\n')}\n`
}
