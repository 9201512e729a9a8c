import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IMPORT_STEPS } from '#contract/import.ts'
import { Button } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { JobProgress } from './job-progress.tsx'
import { Problem } from './problem.tsx'
import { ReportFigures, ReportSteps, ReportTables } from './report-view.tsx'
import { useImportActs, useImports, useRunDetail } from './use-imports.ts'
import { goTo, useWizard } from './wizard.ts'

/** The import itself. It goes on without this window, and goes on where it stopped. */
export function BringStep(): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const { form, runId } = useWizard()
  const runs = useImports((state) => state.runs)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const job = runs?.current ?? null
  const mine = job?.kind === 'import' && !job.dry_run ? job : null
  const running = mine?.state === 'running'
  const id = mine?.state === 'done' ? (mine.run_id ?? undefined) : runId
  const { run, problem } = useRunDetail(running ? undefined : id)
  const report = run?.state === 'done' ? (run.report ?? undefined) : undefined
  const isInterrupted = !running && (mine?.state === 'failed' || mine?.state === 'canceled' || run?.state === 'interrupted')
  const target = runs?.target
  const begin = async (): Promise<void> => {
    const begun = await acts.start(false)
    if (begun !== undefined && begun.run_id !== null) useWizard.setState({ runId: begun.run_id })
  }
  const question = (): void =>
    setAsk({
      title: t('import.bring_title'),
      lead: t('import.bring_lead', {
        parts: IMPORT_STEPS.filter((step) => form.steps.includes(step))
          .map((step) => t(`import.part.${step}`).toLowerCase())
          .join(', '),
        source: form.source,
      }),
      act: t('import.bring'),
      onConfirm: begin,
    })
  return (
    <>
      <Problem text={acts.problem ?? problem ?? (running ? undefined : mine?.problem?.message)} />
      {target !== undefined && target.state !== 'ready' && (
        <p className="look-text" role="status" data-testid="import-target">
          {t(`import.target.${target.state}`, { detail: target.detail })}
        </p>
      )}
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {!running && report === undefined && (
        <div className="wizard-start">
          <p className="wizard-lead">{t(isInterrupted ? 'import.interrupted_lead' : 'import.ready_lead')}</p>
          <Button
            kind="primary"
            disabled={acts.busy || form.source === '' || target?.state !== 'ready'}
            data-testid="import-start"
            onClick={isInterrupted ? () => void begin() : question}
          >
            {t(isInterrupted ? 'import.go_on' : 'import.bring')}
          </Button>
        </div>
      )}
      {!running && report !== undefined && (
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
          disabled={report === undefined || running}
          data-testid="import-to-prove"
          onClick={() => {
            useWizard.setState({ runId: id })
            goTo('prove')
          }}
        >
          {t('import.to_prove')}
        </Button>
      </div>
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
    </>
  )
}
