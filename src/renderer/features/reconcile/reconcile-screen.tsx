import type { ReactNode } from 'react'
import { useCallback, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DifferenceView } from '#contract/reconcile.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useRequests } from '#renderer/state/requests.ts'
import { differences, useSystem } from '#renderer/state/stores.ts'
import { Button, Segmented } from '#renderer/ui/controls.tsx'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Dialog } from '#renderer/ui/dialog.tsx'
import { Empty, StaleMark } from '#renderer/ui/panel.tsx'
import { useNow } from '#renderer/ui/use-now.ts'
import { closedColumns, openColumns } from './difference-columns.tsx'
import { DifferenceDetail } from './difference-detail.tsx'
import { LastRun } from './last-run.tsx'
import { useReconciled } from './use-reconcile.ts'

const VIEWS = ['open', 'closed', 'external'] as const
type View = (typeof VIEWS)[number]
/** Ages are drawn anew this often: a table of ten thousand rows need not follow every second. */
const AGES_EVERY_MS = 10_000

function belongs(row: DifferenceView, view: View): boolean {
  if (view === 'open') return row.state === 'OPEN'
  if (view === 'closed') return row.state !== 'OPEN'
  return row.kind === 'ORDER_EXTERNAL' && (row.state === 'OPEN' || row.closed?.decision === 'IGNORE' || row.closed?.decision === 'ADOPT')
}

/** The workstation's clock: ages are taken against it, not against this machine's. */
function useWorkstationNow(): number {
  const { stream } = useClient()
  const at = useSystem((state) => state.value?.now)
  const wall = useNow(AGES_EVERY_MS)
  return at === undefined ? wall : Math.max(at + stream.age(), at)
}

function focusDecision(): void {
  document.querySelector<HTMLElement>('[data-testid=decide-form] [role=radio][aria-checked=true]')?.focus()
}

function Body(): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const now = useWorkstationNow()
  const { rows, phase } = differences.use()
  const { runs, phase: runsPhase, loadOlder, complete } = useReconciled()
  const [view, setView] = useState<View>('open')
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  // What shuts entries comes first; within that the newest.
  const shown = useMemo(() => {
    const found = rows.filter((row) => belongs(row, view))
    return view === 'open' ? [...found.filter((row) => row.blocking), ...found.filter((row) => !row.blocking)] : found
  }, [rows, view])
  const columns = useMemo(() => (view === 'closed' ? closedColumns(t) : openColumns(t, numbers, now)), [t, numbers, now, view])
  const onActive = useCallback((row: DifferenceView) => setPicked(row.id), [])
  const pickedRow = shown.find((row) => row.id === picked) ?? shown[0]
  const count = (of: View): string => {
    const found = rows.filter((row) => belongs(row, of)).length
    return found === 0 ? '' : ` ${numbers.count(found)}`
  }
  return (
    <>
      <LastRun run={runs[0]} phase={runsPhase} now={now} />
      {runsPhase.kind === 'error' && <p className="look-text">{t('reconcile.failed', { message: runsPhase.message })}</p>}
      <div className="reconcile-head">
        <Segmented
          label={t('reconcile.title')}
          value={view}
          options={VIEWS.map((value) => ({ value, label: `${t(`reconcile.view.${value}`)}${count(value)}`, testId: `reconcile-${value}` }))}
          onChange={(next) => {
            setView(next)
            setPicked(undefined)
          }}
        />
        <StaleMark phase={phase} />
        <span className="grow" />
        <div ref={setToolbar} />
      </div>
      <div className="reconcile-body">
        <DataTable
          key={view === 'closed' ? 'closed' : 'open'}
          name={view === 'closed' ? 'differences-closed' : 'differences'}
          label={t(`reconcile.view.${view}`)}
          columns={columns}
          rows={shown}
          rowId={(row) => row.id}
          phase={phase}
          empty={<Empty text={t(`reconcile.empty.${view}`)} />}
          onOpen={focusDecision}
          onActive={onActive}
          activeId={pickedRow?.id}
          toolbar={toolbar}
          footer={view === 'closed' ? <ClosedEnd loadOlder={loadOlder} complete={complete} /> : undefined}
          testId="differences-table"
        />
        <DifferenceDetail row={pickedRow} now={now} />
      </div>
    </>
  )
}

function ClosedEnd({
  loadOlder,
  complete,
}: {
  readonly loadOlder: (() => Promise<void>) | undefined
  readonly complete: boolean
}): ReactNode {
  const { t } = useTranslation()
  return (
    <div className="table-end">
      {loadOlder !== undefined ? (
        <Button kind="quiet" size="small" onClick={() => void loadOlder()}>
          {t('reconcile.older')}
        </Button>
      ) : (
        <span className="faint">{complete ? t('table.all_loaded') : t('reconcile.incomplete')}</span>
      )}
    </div>
  )
}

/** What books and exchange disagree in, and the place to decide it. */
export function ReconcileScreen(): ReactNode {
  const { t } = useTranslation()
  const open = useRequests((state) => state.reconcile)
  if (!open) return null
  return (
    <Dialog
      open
      onClose={() => useRequests.setState({ reconcile: false })}
      title={t('reconcile.title')}
      full
      focusFirst="[data-testid=differences-table] [role=grid]"
      testId="reconcile-screen"
    >
      <Body />
    </Dialog>
  )
}
