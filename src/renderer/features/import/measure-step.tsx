import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChecklistView, CheckLine } from '#contract/checklist.ts'
import { clockTime } from '#renderer/format/time.ts'
import { Button, Check } from '#renderer/ui/controls.tsx'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty, Skeleton, StaleMark } from '#renderer/ui/panel.tsx'
import { measuredColumns } from './measured-columns.tsx'
import { MeasureProgress } from './measure-progress.tsx'
import { Problem } from './problem.tsx'
import { RowDetail } from './row-detail.tsx'
import { useChecklist, useChecklistActs, useChecklistPolling } from './use-checklist.ts'
import { goTo } from './wizard.ts'

/** The post-migration checklist: what works now, measured and not remembered. */
export function MeasureStep(): ReactNode {
  const { t } = useTranslation()
  useChecklistPolling()
  const acts = useChecklistActs()
  const { phase, state } = useChecklist()
  const [load, setLoad] = useState(false)
  const running = state?.running ?? null
  const last = state?.last ?? null
  return (
    <>
      <Problem text={acts.problem ?? (phase.kind === 'error' ? phase.message : undefined) ?? state?.problem ?? undefined} />
      <StaleMark phase={phase} />
      {running === null && (
        <div className="wizard-pane-head">
          {last === null ? <p className="wizard-lead">{t('import.measure.lead')}</p> : <Verdict checklist={last} />}
          <span className="grow" />
          <Check
            label={t('import.measure.load')}
            title={t('import.measure.load_hint')}
            checked={load}
            onChange={(event) => setLoad(event.target.checked)}
            data-testid="measure-load"
          />
          <Button
            kind={last === null ? 'primary' : 'plain'}
            disabled={acts.busy || phase.kind === 'loading'}
            data-testid="measure-now"
            onClick={() => void acts.act((api) => api.checklist.run({ load }))}
          >
            {last === null ? t('import.measure.now') : t('import.measure.again')}
          </Button>
        </div>
      )}
      {running !== null && <MeasureProgress running={running} onCancel={() => void acts.act((api) => api.checklist.cancel())} />}
      {phase.kind === 'loading' && <Skeleton rows={8} />}
      {state !== undefined && running === null && last === null && <Empty text={t('import.measure.nothing')} />}
      {last !== null && <Lines lines={last.lines} isOld={running !== null} />}
      <div className="wizard-foot">
        <Button onClick={() => goTo('prove')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button kind="primary" data-testid="import-to-hand-over" onClick={() => goTo('hand_over')}>
          {t('import.to_hand_over')}
        </Button>
      </div>
    </>
  )
}

function Verdict({ checklist }: { readonly checklist: ChecklistView }): ReactNode {
  const { t } = useTranslation()
  const { passed, failed, not_run: notRun, started_at: at, url } = checklist
  return (
    <p className={failed > 0 ? 'look-text' : 'wizard-lead'} data-testid="measure-verdict">
      {t('import.measure.verdict', { passed, failed, open: notRun })}{' '}
      <span className="dim">
        {url === null ? t('import.measure.at', { time: clockTime(at) }) : t('import.measure.at_url', { time: clockTime(at), url })}
      </span>
    </p>
  )
}

const LIVE = { kind: 'live' } as const
const RANK: Readonly<Record<CheckLine['status'], number>> = { failed: 0, not_run: 1, passed: 2 }
type Row = CheckLine & { readonly at: string }

function Lines({ lines, isOld }: { readonly lines: readonly CheckLine[]; readonly isOld: boolean }): ReactNode {
  const { t } = useTranslation()
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const columns = useMemo(() => measuredColumns(t), [t])
  // What failed stands first, then what nobody measured: nobody should have to look for it.
  const rows = useMemo<readonly Row[]>(
    () => lines.map((line, i) => ({ ...line, at: String(i) })).toSorted((a, b) => RANK[a.status] - RANK[b.status]),
    [lines],
  )
  return (
    <section className="wizard-pane" aria-label={t('import.measure.title')}>
      <div className="wizard-pane-head">
        {isOld && <p className="dim">{t('import.measure.old')}</p>}
        <span className="grow" />
        <div ref={setToolbar} />
      </div>
      <DataTable
        name="import-measured"
        label={t('import.measure.title')}
        columns={columns}
        rows={rows}
        rowId={(row) => row.at}
        phase={LIVE}
        empty={<Empty text={t('import.measure.nothing')} />}
        onActive={(row) => setPicked(row.at)}
        toolbar={toolbar}
        testId="measured-table"
      />
      <RowDetail row={rows.find(({ at }) => at === picked)} columns={columns} />
    </section>
  )
}
