import type { FormEvent, ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type ParallelReportView, type ParallelRunView, VERDICTS } from '#contract/parallel-run.ts'
import { clockTime, dateTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button, TextField } from '#renderer/ui/controls.tsx'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty, Skeleton, StaleMark } from '#renderer/ui/panel.tsx'
import { comparedColumns, type ComparedRow } from './compared-columns.tsx'
import { PasswordField } from './password-field.tsx'
import { Problem } from './problem.tsx'
import { RowDetail } from './row-detail.tsx'
import { isAddress } from './use-imports.ts'
import { useParallelRun, useParallelRunActs, useParallelRunPolling } from './use-parallel-run.ts'
import { useWizard } from './wizard.ts'

/** Both versions beside one another: what version 2 signals, and what is decided here. */
export function ParallelRun(): ReactNode {
  const { t } = useTranslation()
  useParallelRunPolling()
  const acts = useParallelRunActs()
  const { phase, state } = useParallelRun()
  return (
    <section className="wizard-pane" aria-label={t('import.parallel.title')} data-testid="parallel-run">
      <Problem text={acts.problem ?? (phase.kind === 'error' ? phase.message : undefined) ?? state?.problem ?? undefined} />
      {phase.kind === 'loading' && <Skeleton rows={6} />}
      {state?.state === 'running' && (
        <div className="wizard-pane-head">
          <p data-testid="parallel-state">
            {t('import.parallel.follows', { source: state.source ?? '' })} <Age view={state} />
          </p>
          <StaleMark phase={phase} />
          <span className="grow" />
          <Button disabled={acts.busy} data-testid="parallel-end" onClick={() => void acts.act((api) => api.parallelRun.end())}>
            {t('import.parallel.end')}
          </Button>
        </div>
      )}
      {state !== undefined && state.state !== 'running' && <Begin acts={acts} />}
      {state !== undefined && state.report !== null && <Report report={state.report} />}
    </section>
  )
}

function Age({ view }: { readonly view: ParallelRunView }): ReactNode {
  const { t } = useTranslation()
  return <span className="dim">{view.looked_at === null ? '' : t('import.parallel.looked', { time: clockTime(view.looked_at) })}</span>
}

/** Where version 2 writes: its running database, even where the history came from a dump of it. */
function Begin({ acts }: { readonly acts: ReturnType<typeof useParallelRunActs> }): ReactNode {
  const { t } = useTranslation()
  const { source: known, password, timeZone } = useWizard((wizard) => wizard.form)
  const [source, setSource] = useState(isAddress(known) ? known : '')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const secret = password === '' ? {} : { password }
    void acts.act((api) => api.parallelRun.start({ source, time_zone: timeZone, ...secret }))
  }
  return (
    <form className="wizard-form" onSubmit={submit}>
      <p className="wizard-lead">{t('import.parallel.lead')}</p>
      <TextField
        label={t('import.parallel.source')}
        hint={t('import.parallel.source_hint')}
        placeholder="postgres://reader@host:5432/bot_trading_v2"
        data-testid="parallel-source"
        value={source}
        onChange={(event) => setSource(event.target.value)}
      />
      <PasswordField />
      <div className="wizard-acts">
        <Button kind="primary" type="submit" disabled={acts.busy || !isAddress(source)} data-testid="parallel-start">
          {t('import.parallel.start')}
        </Button>
      </div>
    </form>
  )
}

const LIVE = { kind: 'live' } as const

function Report({ report }: { readonly report: ParallelReportView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const columns = useMemo(() => comparedColumns(t, numbers), [t, numbers])
  // A signal is in one comparison only, so the two of them name it.
  const rows = useMemo<readonly ComparedRow[]>(
    () => report.rows.map((row) => ({ ...row, at: `${row.v2?.id ?? ''} ${row.v3?.id ?? ''}` })),
    [report.rows],
  )
  const { pending, unreadable } = report
  return (
    <>
      <dl className="wizard-totals" data-testid="parallel-counts">
        {VERDICTS.map((verdict) => (
          <div key={verdict} data-zero={report.counts[verdict] === 0} data-part={verdict === 'same' ? undefined : 'parked'}>
            <dt>{t(`import.parallel.verdict.${verdict}`)}</dt>
            <dd className="num">{numbers.count(report.counts[verdict])}</dd>
          </div>
        ))}
      </dl>
      <div className="wizard-pane-head">
        <p className="dim">
          {t('import.parallel.range', { from: dateTime(report.since), to: dateTime(report.until) })}{' '}
          {t('import.parallel.pending', { v2: pending.v2, v3: pending.v3, unreadable })}
        </p>
        <span className="grow" />
        <div ref={setToolbar} />
      </div>
      {report.limits.map((what) => (
        <p key={what} className="look-text">
          {what}
        </p>
      ))}
      <DataTable
        name="import-parallel"
        label={t('import.parallel.title')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.at}
        phase={LIVE}
        empty={<Empty text={t('import.parallel.nothing')} />}
        onActive={(row) => setPicked(row.at)}
        toolbar={toolbar}
        testId="parallel-table"
      />
      <RowDetail row={rows.find(({ at }) => at === picked)} columns={columns} />
    </>
  )
}
