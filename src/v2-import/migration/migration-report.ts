import { type Check, type ImportReport, markdownTable, reportJson, reportMarkdown } from '../run/import-report.ts'
import type { MigrationReport } from './migration-order.ts'

/** In the order of their numbers; what else was measured comes after those of its number. */
const ALL_CHECKS = [
  'N1 every row accounted for',
  'N2 every row once',
  'N3 row hashes equal',
  'N4 sums',
  'N5 columns',
  'N6 words',
  'N7 references',
  'N8 times',
  'N9 round trip',
  'N10 settings',
  'N10 models',
  'N11 source untouched',
  'N11 folder of version 2 untouched',
  'N12 open orders and positions at the exchange',
] as const
type CheckName = (typeof ALL_CHECKS)[number]

const N12 = 'the exchange was not asked; the hand-over compares version 2, the exchange and this workstation'
const numberOf = (name: string): number => Number(/^N(\d+)/.exec(name)?.[1] ?? 99)

/** Every check there is, in order: one that did not run says why. */
export function allChecks(
  history: ImportReport | undefined,
  others: Readonly<Partial<Record<CheckName, Check | undefined>>>,
  whyNot: (name: CheckName) => string,
): readonly Check[] {
  const measured = (history?.checks ?? []).filter(({ name }) => numberOf(name) !== 10 && numberOf(name) !== 12)
  const numbers = new Set(measured.map(({ name }) => numberOf(name)))
  const rest = ALL_CHECKS.flatMap((name): Check | readonly Check[] => {
    const other = others[name]
    if (other !== undefined) return other
    const isOwn = name.startsWith('N10') || name.startsWith('N12') || name === 'N11 folder of version 2 untouched'
    if (!isOwn && numbers.has(numberOf(name))) return []
    return { name, status: 'not_run', detail: numberOf(name) === 12 ? N12 : whyNot(name) }
  })
  return [...measured, ...rest].toSorted((a, b) => numberOf(a.name) - numberOf(b.name))
}

/** As `import --json` prints it: what a report of rows says, and what only a migration has. */
export function migrationJson(report: MigrationReport): unknown {
  const { settings, models, steps, backup, strategies } = report
  return {
    ...(reportJson(report) as object),
    settings: (settings ?? []).map(({ key, outcome, to, reason }) => ({ key, outcome, to, reason })),
    models: (models ?? []).map(({ file, status, maxAbsDiff, to, sha256, reason }) => ({
      file,
      status,
      max_abs_diff: maxAbsDiff,
      to,
      sha256,
      reason,
    })),
    strategies: (strategies ?? []).map(({ className, ...rest }) => ({ ...rest, class_name: className })),
    steps,
    backup:
      backup === undefined
        ? null
        : {
            path: backup.path,
            bytes: backup.bytes,
            sha256: backup.sha256,
            files: backup.files,
            left_out: backup.leftOut,
            changed: backup.changed,
          },
  }
}

/** MIGRATION_REPORT.md: measurements and nothing else. */
export function migrationMarkdown(report: MigrationReport): string {
  const { steps, backup, settings, models, strategies } = report
  const parts = [
    reportMarkdown(report),
    '\n## Steps\n\n',
    markdownTable(
      ['step', 'status', 'what'],
      steps.map(({ step, status, reason }) => [step, status.replace('_', ' '), reason]),
    ),
    '\n## Backup\n\n',
    backup === undefined
      ? 'None.\n'
      : `${backup.path}, ${backup.bytes} bytes, sha256 ${backup.sha256}: ${backup.files} files of ${backup.sourceBytes} bytes, ${backup.leftOut.length} left out, ${backup.changed.length} changed while they were read.\n`,
    '\n## Settings\n\n',
    markdownTable(
      ['key', 'outcome', 'to', 'why'],
      (settings ?? []).map(({ key, outcome, to, reason }) => [key, outcome, to, reason]),
    ),
    '\n## Models\n\n',
    markdownTable(
      ['file', 'status', 'largest difference from PyTorch', 'to', 'sha256', 'notes'],
      (models ?? []).map(({ file, status, maxAbsDiff, to, sha256, reason }) => [file, status, maxAbsDiff, to, sha256, reason]),
    ),
    '\n## Strategies\n\n',
    markdownTable(
      ['file', 'class', 'name here', 'status', 'translated', 'left to a person', 'dropped', 'to', 'notes'],
      (strategies ?? []).map(({ file, className, name, status, counts, to, reason }) => [
        file,
        className,
        name,
        status,
        counts.translated,
        counts.marked,
        counts.dropped,
        to,
        reason,
      ]),
    ),
  ]
  return parts.join('')
}
