import { type AuditedAct, type AuditReport, formatHead } from '#orchestrator/audit/audit-report.ts'

const time = (ts: number): string => new Date(ts).toISOString()

/** The verdict first, then what was checked, then the acts. */
export function auditText(report: AuditReport): string {
  const { damage, head, since, acts, firstTs, lastTs } = report
  const lines = [
    damage === null
      ? `VERIFIED  ${report.facts} facts in ${report.records} records, each as it was written, in ${(report.durationMs / 1_000).toFixed(1)} s`
      : `DAMAGED at record ${damage.record}: ${damage.what}`,
    ...(damage === null ? [] : [damage.advice, `Whole before it: ${report.facts} facts in ${report.records} records.`]),
    '',
    `journal  ${report.journal}`,
    `         id ${report.journalId ?? 'unknown'}, instance ${report.instance ?? 'unknown'}, purpose ${report.purpose ?? 'unknown'}`,
    ...(firstTs === null || lastTs === null ? [] : [`time     ${time(firstTs)} to ${time(lastTs)}`]),
    ...(head === null ? [] : [`head     ${formatHead(head)}`]),
    ...(since === null ? [] : [`since    ${formatHead(since)} ${since.found ? 'is a part of this chain' : 'is NOT a part of this chain'}`]),
    '',
    acts.length === 0 ? 'No act of a person or program is recorded.' : 'Acts of people and programs:',
    ...acts.map(({ action, actor, count }) => `${String(count).padStart(8)}  ${action} by ${actor}`),
    ...(damage === null ? ['', ...headAdvice(report)] : []),
  ]
  return `${lines.join('\n')}\n`
}

function headAdvice({ head, since }: AuditReport): string[] {
  if (head === null) return ['Nothing is recorded yet.']
  return [
    'Note the head down outside of this machine. A chain tells by itself that a record was changed, but not that its end was cut off:',
    `only \`audit verify --since ${head.seq}:…\` with a head noted earlier does${since === null ? '.' : ', as it did now up to the one you gave.'}`,
  ]
}

/** One act a line. */
export function actText({ seq, ts, actor, action, target, reason, before, after }: AuditedAct): string {
  const change = before === undefined && after === undefined ? '' : `  ${before ?? 'nothing'} -> ${after ?? 'nothing'}`
  return `${time(ts)}  ${String(seq).padStart(8)}  ${actor}: ${action} ${target}${change}${reason === undefined ? '' : `  (${reason})`}\n`
}

/** What `--json` prints of a verification, in the spelling of the other interfaces. */
export function auditJson(report: AuditReport): Record<string, unknown> {
  const { damage, head, since } = report
  return {
    verified: report.verified,
    journal: report.journal,
    journal_id: report.journalId,
    instance: report.instance,
    purpose: report.purpose,
    records: report.records,
    facts: report.facts,
    acts: report.acts,
    first_ts: report.firstTs,
    last_ts: report.lastTs,
    head: head === null ? null : formatHead(head),
    since: since === null ? null : { head: formatHead(since), found: since.found },
    damage,
    duration_ms: Math.round(report.durationMs),
  }
}
