import { join, resolve } from 'node:path'
import { type AuditedAct, type AuditReport, formatHead } from '#orchestrator/audit/audit-report.ts'
import { verifyJournal } from '#orchestrator/audit/verify-journal.ts'
import { AppError } from '#domain/errors.ts'
import { systemClock } from '#platform/clock.ts'
import { defaultDataDirectory } from '#platform/default-data-directory.ts'
import type { AuditCommandLine } from './audit-command-line.ts'
import { actText, auditJson, auditText } from './audit-text.ts'
import { EXIT, type ExitCode, UsageError } from './exit.ts'
import { ProgressBar } from './progress-bar.ts'

const JOURNAL = 'journal.db'

export interface AuditTerminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }
}

/** `audit verify` and `audit list`: read the journal's file and nothing else, whether a workstation runs or not. */
export function runAuditCommand(line: AuditCommandLine, terminal: AuditTerminal): ExitCode {
  const journal = line.journal === undefined ? join(line.dataDir ?? defaultDataDirectory(terminal.env), JOURNAL) : resolve(line.journal)
  return line.command === 'verify' ? verify(journal, line, terminal) : list(journal, line, terminal)
}

function verify(journal: string, line: AuditCommandLine, terminal: AuditTerminal): ExitCode {
  const report = check(journal, line, terminal, () => undefined)
  terminal.stdout.write(line.json ? `${JSON.stringify(auditJson(report))}\n` : auditText(report))
  return report.verified ? EXIT.done : EXIT.failed
}

/** The acts are shown as they come; whether they may be believed is said at the end. */
function list(journal: string, line: AuditCommandLine, terminal: AuditTerminal): ExitCode {
  const { stdout, stderr } = terminal
  const acts: AuditedAct[] = []
  const report = check(journal, line, terminal, (act) => (line.json ? acts.push(act) : stdout.write(actText(act))))
  if (line.json) stdout.write(`${JSON.stringify({ ...auditJson(report), acts })}\n`)
  if (report.damage !== null)
    stderr.write(
      `DAMAGED at record ${report.damage.record}: ${report.damage.what}. What comes after it is not shown. ${report.damage.advice}\n`,
    )
  else stderr.write(`Verified up to ${report.head === null ? 'the start: nothing is recorded yet' : formatHead(report.head)}\n`)
  return report.verified ? EXIT.done : EXIT.failed
}

function check(journal: string, line: AuditCommandLine, { stderr }: AuditTerminal, onAct: (act: AuditedAct) => void): AuditReport {
  const elapsed = (): number => systemClock.elapsed()
  const bar = new ProgressBar(stderr, elapsed)
  try {
    return verifyJournal({ journal, since: line.since, elapsed, onAct, onProgress: (done, total) => bar.show(done, total) })
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILE_INVALID') throw new UsageError(error.message, { cause: error })
    throw error
  } finally {
    bar.clear()
  }
}
