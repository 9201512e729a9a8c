import type { ReactNode } from 'react'
import { useEffect, useMemo, useState } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { HandOverLineView, HandOverView } from '#contract/hand-over.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import { useRequests } from '#renderer/state/requests.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { Button } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty } from '#renderer/ui/panel.tsx'
import { longColumn } from './analysis-columns.tsx'
import { RowDetail } from './row-detail.tsx'

const NO_LINES: readonly HandOverLineView[] = []

/** What is open: as version 2 says, as the exchange says, and as it stands here. */
export function OpenLines(): ReactNode {
  const { t } = useTranslation()
  const { api } = useClient()
  const [view, setView] = useState<HandOverView | undefined>(undefined)
  const [phase, setPhase] = useState<Phase>({ kind: 'loading' })
  const [turn, setTurn] = useState(0)
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const [picked, setPicked] = useState<HandOverLineView | undefined>(undefined)
  const columns = useMemo(() => lineColumns(t), [t])
  useEffect(() => {
    let wanted = true
    api.handOver.table().then(
      (answer) => {
        if (!wanted) return
        setView(answer)
        setPhase({ kind: 'live' })
      },
      (error: unknown) => wanted && setPhase({ kind: 'error', message: toFailure(error).message }),
    )
    return () => {
      wanted = false
    }
  }, [api, turn])
  return (
    <section className="wizard-pane" aria-label={t('import.hand.title')} data-testid="hand-over-lines">
      <div className="wizard-pane-head">
        {view !== undefined && (
          <p className={view.complete ? '' : 'look-text'} data-testid="hand-over-state">
            {view.complete ? t('import.hand.complete') : t('import.hand.open', { count: view.open })}
          </p>
        )}
        <span className="grow" />
        <div ref={setToolbar} />
        <Button onClick={() => setTurn(turn + 1)}>{t('import.hand.again')}</Button>
        <Button onClick={() => useRequests.setState({ import: false, reconcile: true })}>{t('import.hand.decide')}</Button>
      </div>
      {view?.shadow !== null && view?.shadow !== undefined && <p className="look-text">{view.shadow}</p>}
      {view?.missing.map((what) => (
        <p key={what} className="dim">
          {what}
        </p>
      ))}
      <DataTable
        name="import-hand-over"
        label={t('import.hand.title')}
        columns={columns}
        rows={view?.lines ?? NO_LINES}
        rowId={(row) => row.id}
        phase={phase}
        empty={<Empty text={t('import.hand.none')} />}
        onActive={setPicked}
        toolbar={toolbar}
        testId="hand-over-table"
      />
      <RowDetail row={picked} columns={columns} />
    </section>
  )
}

function lineColumns(t: TFunction): readonly Column<HandOverLineView>[] {
  const decided = (row: HandOverLineView): string =>
    row.decided === null ? t(row.settled ? 'import.hand.settled' : 'import.hand.undecided') : `${row.decided.decision} (${row.decided.by})`
  return [
    { id: 'kind', header: t('import.column.kind'), width: 84, grow: 0.3, text: (row) => t(`import.hand.kind.${row.kind}`) },
    { id: 'symbol', header: t('import.hand.symbol'), width: 110, grow: 0.6, text: (row) => row.symbol },
    longColumn('v2', t('import.hand.v2'), (row) => row.v2 ?? '–', 'num'),
    longColumn('exchange', t('import.hand.exchange'), (row) => row.at_exchange ?? '–', 'num'),
    longColumn('v3', t('import.hand.v3'), (row) => row.v3 ?? '–', 'num'),
    {
      id: 'agreement',
      header: t('import.hand.agreement'),
      width: 140,
      grow: 0.6,
      text: (row) => t(`import.hand.agree.${row.agreement}`),
      cell: (row) => (
        <span className="tag" data-state={row.agreement === 'all' ? undefined : 'look'}>
          {t(`import.hand.agree.${row.agreement}`)}
        </span>
      ),
    },
    { ...longColumn('cause', t('import.column.reason'), (row: HandOverLineView) => row.cause), width: 200, grow: 2 },
    longColumn('decided', t('import.hand.decided'), decided),
  ]
}
