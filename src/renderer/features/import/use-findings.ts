import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { ChecklistState } from '#contract/checklist.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useChecklist } from './use-checklist.ts'
import { useImports } from './use-imports.ts'
import { indexOf, stepOfJob, useWizard, type WizardStep } from './wizard.ts'

export interface Finding {
  /** One line that stays on the screen. */
  readonly text: string
  readonly state: 'none' | 'good' | 'look' | 'bad' | 'off'
}

const NOTHING: Finding = { text: '', state: 'none' }

/** What each step has found so far. */
export function useFindings(): Readonly<Record<WizardStep, Finding>> {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const { form, runId, reached } = useWizard()
  const { runs, look, run } = useImports()
  const checklist = useChecklist(({ state }) => state)
  const job = runs?.current ?? null
  const source = look?.asked?.source === form.source ? (look.source ?? undefined) : undefined
  const analysis = source === undefined && look?.asked !== null ? undefined : (look?.analysis ?? undefined)
  const warnings = analysis?.findings.filter(({ severity }) => severity === 'warning').length ?? 0
  const proven = run?.id === runId ? run : undefined
  const checks = proven?.report?.checks ?? []
  const failed = checks.filter(({ status }) => status === 'failed').length
  const running = (step: WizardStep): Finding | undefined => {
    if (job === null || stepOfJob(job) !== step || job.source !== form.source) return undefined
    if (job.state === 'running') return { text: t('import.finding.running'), state: 'off' }
    if (job.state === 'failed') return { text: t('import.finding.failed'), state: 'bad' }
    return job.state === 'canceled' ? { text: t('import.finding.canceled'), state: 'look' } : undefined
  }
  const rows = proven?.report?.tables.reduce((sum, table) => sum + table.imported, 0)
  return {
    source: form.source === '' ? NOTHING : { text: shortOf(form.source), state: 'none' },
    look:
      source === undefined
        ? NOTHING
        : source.damage === null
          ? { text: t('import.finding.tables', { count: source.tables.length, n: numbers.count(source.tables.length) }), state: 'good' }
          : { text: t('import.finding.damaged'), state: 'bad' },
    analyse:
      running('analyse') ??
      (analysis === undefined
        ? NOTHING
        : { text: t('import.finding.warnings', { count: warnings, n: numbers.count(warnings) }), state: warnings > 0 ? 'look' : 'good' }),
    choose: indexOf(reached) < indexOf('choose') ? NOTHING : { text: t('import.finding.parts', { n: form.steps.length }), state: 'none' },
    try: running('try') ?? (runs?.trial?.source === form.source ? { text: t('import.finding.tried'), state: 'good' } : NOTHING),
    bring:
      running('bring') ??
      (rows === undefined ? NOTHING : { text: t('import.finding.rows', { count: rows, n: numbers.count(rows) }), state: 'good' }),
    prove:
      running('prove') ??
      (checks.length === 0
        ? NOTHING
        : {
            text: t('import.finding.checks', {
              passed: checks.filter(({ status }) => status === 'passed').length,
              failed,
            }),
            state: failed > 0 ? 'bad' : 'good',
          }),
    measure: measuredFinding(checklist, t),
    hand_over:
      running('hand_over') ?? (proven?.state === 'rolled_back' ? { text: t('import.finding.taken_back'), state: 'look' } : NOTHING),
  }
}

function measuredFinding(checklist: ChecklistState | undefined, t: TFunction): Finding {
  if (checklist === undefined) return NOTHING
  if (checklist.running !== null) return { text: t('import.finding.running'), state: 'off' }
  if (checklist.last === null) return NOTHING
  const { passed, failed } = checklist.last
  return { text: t('import.finding.checks', { passed, failed }), state: failed > 0 ? 'bad' : 'good' }
}

/** The end of a path, the host and database of an address. */
function shortOf(source: string): string {
  const url = /^postgres/i.test(source) ? URL.parse(source) : null
  return url === null ? (source.split(/[/\\]/).findLast((part) => part !== '') ?? source) : `${url.host}${url.pathname}`
}
