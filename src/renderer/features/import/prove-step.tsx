import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'
import type { ImportRunDetail } from '#contract/import.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { Button } from '#renderer/ui/controls.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { Empty, Skeleton } from '#renderer/ui/panel.tsx'
import { useAct } from '#renderer/ui/use-act.ts'
import { JobProgress } from './job-progress.tsx'
import { PasswordField } from './password-field.tsx'
import { Problem } from './problem.tsx'
import { ReportTables, ReportSteps } from './report-view.tsx'
import { isAddress, useImportActs, useImports, useRunDetail } from './use-imports.ts'
import { goTo, useWizard } from './wizard.ts'

/** What was compared with the source, and what became of settings, models and strategies. */
export function ProveStep(): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const runId = useWizard((state) => state.runId)
  const job = useImports((state) => state.runs?.current ?? null)
  const { run, problem } = useRunDetail(runId)
  const mine = job?.kind === 'verify' && job.run_id === runId ? job : null
  const running = mine?.state === 'running'
  const report = run?.report ?? undefined
  const failed = report?.checks.some(({ status }) => status === 'failed') === true
  return (
    <>
      <Problem text={acts.problem ?? problem ?? (running ? undefined : mine?.problem?.message)} />
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {runId === undefined && <Empty text={t('import.prove_nothing')} />}
      {runId !== undefined && run === undefined && problem === undefined && <Skeleton rows={8} />}
      {run !== undefined && report === undefined && <Empty text={t('import.no_report')} />}
      {!running && run !== undefined && report !== undefined && (
        <>
          <div className="wizard-pane-head">
            <p className={failed ? 'look-text' : 'wizard-lead'} data-testid="prove-verdict">
              {t(failed ? 'import.verdict_failed' : 'import.verdict_passed', verdictOf(report.checks))}
            </p>
            <span className="grow" />
            {isAddress(run.source) && <PasswordField />}
            <Button
              disabled={acts.busy || run.state === 'rolled_back'}
              data-testid="import-verify"
              onClick={() => void acts.verify(run.id)}
            >
              {t('import.verify_again')}
            </Button>
            <ReportButton run={run} />
          </div>
          <ReportSteps report={report} />
          <ReportTables
            report={report}
            parts={['checks', 'differences', 'tables', 'parked', 'settings', 'models', 'strategies']}
            first={failed ? 'differences' : 'checks'}
          />
        </>
      )}
      <div className="wizard-foot">
        <Button onClick={() => goTo('bring')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button kind="primary" disabled={running || runId === undefined} data-testid="import-to-measure" onClick={() => goTo('measure')}>
          {t('import.to_measure')}
        </Button>
      </div>
    </>
  )
}

function verdictOf(checks: readonly { readonly status: string }[]): { passed: number; failed: number; open: number } {
  const count = (status: string): number => checks.filter((check) => check.status === status).length
  return { passed: count('passed'), failed: count('failed'), open: count('not_run') }
}

/** MIGRATION_REPORT.md, to read here and to copy. */
function ReportButton({ run }: { readonly run: ImportRunDetail }): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const act = useAct()
  const [text, setText] = useState<string | undefined>(undefined)
  const open = async (): Promise<void> => {
    const report = await act('load', () => api.import.report({ id: run.id }))
    if (report !== undefined) setText(report.markdown)
  }
  const copy = (markdown: string): void => {
    navigator.clipboard.writeText(markdown).then(
      () => toast(t('import.copied')),
      () => toast.error(t('table.copy_failed')),
    )
  }
  return (
    <>
      <Button data-testid="import-report" onClick={() => void open()}>
        {t('import.read_report')}
      </Button>
      {text !== undefined && (
        <Dialog open onClose={() => setText(undefined)} title="MIGRATION_REPORT.md" wide>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
          <pre className="wizard-markdown" tabIndex={0}>
            {text}
          </pre>
          <div className="dialog-foot">
            <Button kind="primary" onClick={() => copy(text)}>
              {t('import.copy')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
