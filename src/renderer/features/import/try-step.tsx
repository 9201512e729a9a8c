import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '#renderer/ui/controls.tsx'
import { Empty, Skeleton } from '#renderer/ui/panel.tsx'
import { JobProgress } from './job-progress.tsx'
import { Problem } from './problem.tsx'
import { ReportFigures, ReportSteps, ReportTables } from './report-view.tsx'
import { useImportActs, useImports, useRunDetail } from './use-imports.ts'
import { goTo, useWizard } from './wizard.ts'

/** The dry run: everything is read and mapped, and nothing kept. */
export function TryStep(): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const job = useImports((state) => state.runs?.current ?? null)
  const trial = useImports((state) => state.runs?.trial ?? null)
  const source = useWizard((state) => state.form.source)
  const mine = job?.kind === 'import' && job.dry_run ? job : null
  const running = mine?.state === 'running'
  const id = !running && trial?.source === source ? trial.id : undefined
  const { run, problem } = useRunDetail(id)
  const report = run?.report ?? undefined
  return (
    <>
      <Problem text={acts.problem ?? problem ?? (running ? undefined : mine?.problem?.message)} />
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {!running && id === undefined && (
        <Empty text={t('import.try_nothing')}>
          <Button kind="primary" disabled={acts.busy} data-testid="import-try-again" onClick={() => void acts.start(true)}>
            {t('import.try')}
          </Button>
        </Empty>
      )}
      {id !== undefined && report === undefined && problem === undefined && <Skeleton rows={6} />}
      {report !== undefined && (
        <>
          <ReportFigures report={report} />
          <ReportSteps report={report} />
          <ReportTables report={report} parts={['tables', 'parked', 'settings', 'models', 'strategies']} first="tables" />
        </>
      )}
      <div className="wizard-foot">
        <Button onClick={() => goTo('choose')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button kind="primary" disabled={running} onClick={() => goTo('bring')} data-testid="import-to-bring">
          {t('import.to_bring')}
        </Button>
      </div>
    </>
  )
}
