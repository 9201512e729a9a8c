import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportRunDetail, RollbackView } from '#contract/import.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button, Segmented } from '#renderer/ui/controls.tsx'
import type { Confirmation } from '#renderer/ui/dialog.tsx'
import { ConfirmDialog } from '#renderer/ui/dialog.tsx'
import { Empty, Skeleton } from '#renderer/ui/panel.tsx'
import { JobProgress } from './job-progress.tsx'
import { OpenLines } from './open-lines.tsx'
import { ParallelRun } from './parallel-run.tsx'
import { Problem } from './problem.tsx'
import { useImportActs, useImports, useRunDetail } from './use-imports.ts'
import { goTo, startAnew, useWizard } from './wizard.ts'

/** The end: keep it, or take it back. */
export function HandOverStep({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const runId = useWizard((state) => state.runId)
  const job = useImports((state) => state.runs?.current ?? null)
  const { run, problem } = useRunDetail(runId)
  const [ask, setAsk] = useState<Confirmation | undefined>(undefined)
  const mine = job?.kind === 'rollback' && job.run_id === runId ? job : null
  const running = mine?.state === 'running'
  const isBack = run?.state === 'rolled_back'
  const question = ({ id, report }: ImportRunDetail): Confirmation => ({
    title: t('import.roll_back_title'),
    lead: t('import.roll_back_lead', { id, rows: report?.tables.reduce((sum, table) => sum + table.imported, 0) ?? 0 }),
    act: t('import.roll_back'),
    grave: true,
    onConfirm: async () => {
      await acts.rollback(id)
    },
  })
  return (
    <>
      <Problem text={acts.problem ?? problem ?? (running ? undefined : mine?.problem?.message)} />
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {runId === undefined && <Empty text={t('import.prove_nothing')} />}
      {runId !== undefined && run === undefined && problem === undefined && <Skeleton rows={6} />}
      {!running && run !== undefined && <Views run={run} />}
      <div className="wizard-foot">
        <Button onClick={() => goTo('measure')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        {run !== undefined && !isBack && (
          <Button kind="grave" disabled={acts.busy || running} data-testid="import-roll-back" onClick={() => setAsk(question(run))}>
            {t('import.roll_back')}
          </Button>
        )}
        <span className="grow" />
        <Button disabled={running} data-testid="import-anew" onClick={startAnew}>
          {t('import.anew')}
        </Button>
        <Button kind="primary" data-testid="import-done" onClick={onClose}>
          {t('import.finish')}
        </Button>
      </div>
      <ConfirmDialog ask={ask} onClose={() => setAsk(undefined)} />
    </>
  )
}

const VIEWS = ['kept', 'open', 'parallel'] as const
type View = (typeof VIEWS)[number]

function Views({ run }: { readonly run: ImportRunDetail }): ReactNode {
  const { t } = useTranslation()
  const [view, setView] = useState<View>('kept')
  if (run.state === 'rolled_back')
    return (
      <div className="wizard-scroll">
        <TakenBack rollback={run.rollback} />
      </div>
    )
  return (
    <>
      <div className="wizard-pane-head">
        <Segmented<View>
          label={t('import.step.hand_over')}
          value={view}
          options={VIEWS.map((value) => ({ value, label: t(`import.hand.view.${value}`), testId: `hand-over-${value}` }))}
          onChange={setView}
        />
      </div>
      {view === 'open' && <OpenLines />}
      {view === 'parallel' && <ParallelRun />}
      {view === 'kept' && (
        <div className="wizard-scroll">
          <Kept run={run} />
        </div>
      )}
    </>
  )
}

function Kept({ run }: { readonly run: ImportRunDetail }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const { report } = run
  if (report === null) return <p className="look-text">{t('import.no_report')}</p>
  const rows = report.tables.reduce((sum, table) => sum + table.imported, 0)
  const unfinished = report.strategies?.filter(({ status }) => status !== 'ready').length ?? 0
  const parkedSettings = report.settings?.filter(({ outcome }) => outcome === 'parked').length ?? 0
  return (
    <section aria-label={t('import.kept')} data-testid="import-kept">
      <p className="wizard-lead">{t('import.kept_lead', { count: rows, n: numbers.count(rows) })}</p>
      <ul className="wizard-notes">
        <li>{t('import.kept_v2')}</li>
        {report.backup !== null && <li>{t('import.kept_backup', { path: report.backup.path })}</li>}
        {parkedSettings > 0 && <li className="look-text">{t('import.kept_settings', { count: parkedSettings })}</li>}
        {unfinished > 0 && <li className="look-text">{t('import.kept_strategies', { count: unfinished })}</li>}
        <li>{t('import.kept_back')}</li>
      </ul>
    </section>
  )
}

function TakenBack({ rollback }: { readonly rollback: RollbackView | null }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  if (rollback === null) return <p className="wizard-lead">{t('import.taken_back')}</p>
  const removed = Object.entries(rollback.removed).filter(([, count]) => count > 0)
  return (
    <section aria-label={t('import.taken_back')} data-testid="import-taken-back">
      <p className="wizard-lead">{t('import.taken_back')}</p>
      <dl className="details">
        {removed.map(([name, count]) => (
          <div className="details-pair" key={name}>
            <dt>{name}</dt>
            <dd className="num">{t('import.removed', { count, n: numbers.count(count) })}</dd>
          </div>
        ))}
      </dl>
      <Names title={t('import.restored')} names={rollback.restored} />
      <Names title={t('import.secrets_removed')} names={rollback.secrets_removed} />
      <Names title={t('import.later_runs')} names={rollback.later_runs} />
      <Names title={t('import.left_alone')} names={rollback.kept.map(({ what, reason }) => `${what}: ${reason}`)} />
    </section>
  )
}

function Names({ title, names }: { readonly title: string; readonly names: readonly string[] }): ReactNode {
  if (names.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul className="wizard-notes">
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </>
  )
}
