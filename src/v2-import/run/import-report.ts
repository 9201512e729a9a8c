import type { NoteCount, ParkedRow, TableCounts } from '../load/count-rows.ts'
import type { PlanDecision } from '../mapping/import-plan.ts'
import type { SourceFinding, SourceIdentity } from '../sources/import-source.ts'

export interface Check {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'not_run'
  readonly expected?: string | undefined
  readonly found?: string | undefined
  /** What it is that was measured, or why it was not. */
  readonly detail: string
}

/** One thing that is not as the source has it: down to the row and, where it is a cell, the column. */
export interface Difference {
  readonly check: string
  readonly table: string
  readonly key: string
  readonly column: string | undefined
  readonly expected: string | null
  readonly found: string | null
}

export interface Verification {
  readonly checks: readonly Check[]
  /** The first ones. */
  readonly differences: readonly Difference[]
}

export interface SettingOutcome {
  readonly key: string
  readonly outcome: 'mapped' | 'parked' | 'ignored'
  readonly to?: string | undefined
  readonly reason?: string | undefined
}

export interface ModelOutcome {
  /** Below the folder of version 2. */
  readonly file: string
  /** `kept`: another file of its name is there, and stays. */
  readonly status: 'converted' | 'kept' | 'refused'
  /** From PyTorch's recorded outputs, the largest of all heads; undefined where none were recorded for it. */
  readonly maxAbsDiff?: number | undefined
  /** The file that was written, or would be. */
  readonly to?: string | undefined
  /** Of that file. */
  readonly sha256?: string | undefined
  /** Why it is as it is, and what else is to be known of it. */
  readonly reason?: string | undefined
}

export interface ImportReport extends Verification {
  readonly runId: string
  readonly dryRun: boolean
  readonly isResumed: boolean
  readonly source: Pick<SourceIdentity, 'kind' | 'description' | 'location'>
  readonly decisions: readonly PlanDecision[]
  readonly tables: readonly TableCounts[]
  readonly parked: readonly ParkedRow[]
  readonly notes: readonly NoteCount[]
  readonly findings: readonly SourceFinding[]
  readonly linkedOrders: number
  /** Undefined: nobody asked for them to be imported. */
  readonly settings: readonly SettingOutcome[] | undefined
  readonly models: readonly ModelOutcome[] | undefined
  readonly durationMs: number
  readonly rowsPerSecond: number
  readonly rssMaxBytes: number
}

export function hasFailed({ checks }: Verification): boolean {
  return checks.some(({ status }) => status === 'failed')
}

/** As `import --json` prints it. */
export function reportJson(report: ImportReport): unknown {
  return {
    run_id: report.runId,
    dry_run: report.dryRun,
    tables: report.tables,
    parked: report.parked,
    checks: report.checks.map(({ name, status, expected, found, detail }) => ({ name, status, expected, found, detail })),
    settings: report.settings ?? [],
    models: (report.models ?? []).map(({ file, status, maxAbsDiff }) => ({ file, status, max_abs_diff: maxAbsDiff })),
    duration_ms: Math.round(report.durationMs),
    rows_per_s: Math.round(report.rowsPerSecond),
    rss_max_bytes: report.rssMaxBytes,
    resumed: report.isResumed,
    linked_orders: report.linkedOrders,
    differences: report.differences,
    notes: report.notes,
    findings: report.findings,
    decisions: report.decisions,
    source: report.source,
  }
}

const MIB = 1_048_576

function cell(text: string | number | null | undefined): string {
  return String(text ?? '')
    .replaceAll('|', String.raw`\|`)
    .replaceAll(/[\r\n]+/g, ' ')
}

export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  if (rows.length === 0) return 'None.\n'
  const line = (cells: readonly (string | number | null | undefined)[]): string => `| ${cells.map(cell).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

/** MIGRATION_REPORT.md: measurements and nothing else. */
export function reportMarkdown(report: ImportReport): string {
  const skipped = (rules: Readonly<Record<string, number>>): string =>
    Object.entries(rules)
      .map(([rule, count]) => `${rule}: ${count}`)
      .join(', ')
  const parts = [
    `# Migration report\n\n`,
    `Run ${report.runId}${report.dryRun ? ' (dry run: nothing was written into the imported history)' : ''}${report.isResumed ? ', went on after an interruption' : ''}.\n`,
    `Source: ${report.source.description}, ${report.source.location}.\n`,
    `${Math.round(report.durationMs)} ms, ${Math.round(report.rowsPerSecond)} rows/s, at most ${Math.round(report.rssMaxBytes / MIB)} MiB of memory.\n`,
    `\n## Rows\n\n`,
    markdownTable(
      ['table', 'source', 'imported', 'parked', 'skipped'],
      report.tables.map((each) => [each.name, each.source, each.imported, each.parked, skipped(each.skipped)]),
    ),
    `\nOrders of trades that the orders table has too, linked and not made again: ${report.linkedOrders}.\n`,
    `\n## Checks\n\n`,
    markdownTable(
      ['check', 'status', 'expected', 'found', 'what'],
      report.checks.map((each) => [each.name, each.status.replace('_', ' '), each.expected, each.found, each.detail]),
    ),
    `\n## Differences\n\n`,
    markdownTable(
      ['check', 'table', 'key', 'column', 'expected', 'found'],
      report.differences.map((each) => [each.check, each.table, each.key, each.column, each.expected, each.found]),
    ),
    `\n## Parked rows\n\n`,
    markdownTable(
      ['table', 'key', 'reason'],
      report.parked.map((each) => [each.table, each.key, each.reason]),
    ),
    `\n## Rules that were set\n\n`,
    markdownTable(
      ['rule', 'value', 'why'],
      report.decisions.map((each) => [each.name, each.value, each.reason]),
    ),
    `\n## Notes\n\n`,
    markdownTable(
      ['table', 'rule', 'column', 'rows', 'note'],
      report.notes.map((each) => [each.table, each.rule, each.column, each.count, each.note]),
    ),
    `\n## What the source holds that was not read, or not checked\n\n`,
    markdownTable(
      ['rule', 'where', 'how often', 'what'],
      report.findings.map((each) => [each.rule, each.where, each.count, each.message]),
    ),
  ]
  return parts.join('')
}
