import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IMPORT_STEPS } from '#contract/import.ts'
import { Button } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { JobProgress } from './job-progress.tsx'
import { PasswordField } from './password-field.tsx'
import { Problem } from './problem.tsx'
import { ReportFigures, ReportSteps, ReportTables } from './report-view.tsx'
import { type ImportActs, isAddress, useImportActs, useImports, useRunDetail } from './use-imports.ts'
import { goTo, useWizard } from './wizard.ts'

/** The import itself. It goes on without this window, and goes on where it stopped. */
export function BringStep(): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const runId = useWizard((state) => state.runId)
  const job = useImports((state) => state.runs?.current ?? null)
  const mine = job?.kind === 'import' && !job.dry_run ? job : null
  const running = mine?.state === 'running'
  // What was done last counts, not a run of the same source that was opened before.
  const id = mine === null ? runId : (mine.run_id ?? undefined)
  const { run, problem } = useRunDetail(running ? undefined : id)
  const report = !running && run?.state === 'done' ? (run.report ?? undefined) : undefined
  const isInterrupted = run?.state === 'interrupted' || (mine !== null && mine.run_id !== null && mine.state !== 'done')
  return (
    <>
      <Problem text={acts.problem ?? (running ? undefined : (mine?.problem?.message ?? problem))} />
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {!running && report === undefined && <Begin acts={acts} isInterrupted={isInterrupted} />}
      {report !== undefined && (
        <>
          <ReportFigures report={report} />
          <ReportSteps report={report} />
          <ReportTables report={report} parts={['tables', 'parked']} first="tables" />
        </>
      )}
      <div className="wizard-foot">
        <Button onClick={() => goTo('try')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button
          kind="primary"
          disabled={report === undefined}
          data-testid="import-to-prove"
          onClick={() => {
            useWizard.setState({ runId: id })
            goTo('prove')
          }}
        >
          {t('import.to_prove')}
        </Button>
      </div>
    </>
  )
}

/** Says exactly what will happen, and asks once more; what was interrupted just goes on. */
function Begin({ acts, isInterrupted }: { readonly acts: ImportActs; readonly isInterrupted: boolean }): ReactNode {
  const { t } = useTranslation()
  const form = useWizard((state) => state.form)
  const target = useImports((state) => state.runs?.target)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const begin = async (): Promise<void> => {
    useWizard.setState({ runId: undefined })
    const begun = await acts.start(false)
    if (begun !== undefined && begun.run_id !== null) useWizard.setState({ runId: begun.run_id })
  }
  const parts = IMPORT_STEPS.filter((step) => form.steps.includes(step)).map((step) => t(`import.part.${step}`).toLowerCase())
  const question: Confirmation = {
    title: t('import.bring_title'),
    lead: t('import.bring_lead', { parts: parts.join(', '), source: form.source }),
    act: t('import.bring'),
    onConfirm: begin,
  }
  return (
    <div className="wizard-start">
      <p className="wizard-lead">{t(isInterrupted ? 'import.interrupted_lead' : 'import.ready_lead')}</p>
      {target !== undefined && target.state !== 'ready' && (
        <output className="look-text" data-testid="import-target">
          {t(`import.target.${target.state}`, { detail: target.detail })}
        </output>
      )}
      {isAddress(form.source) && <PasswordField />}
      <Button
        kind="primary"
        disabled={acts.busy || form.source === '' || target?.state !== 'ready'}
        data-testid="import-start"
        onClick={() => (isInterrupted ? void begin() : setAsk(question))}
      >
        {t(isInterrupted ? 'import.go_on' : 'import.bring')}
      </Button>
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
    </div>
  )
}
