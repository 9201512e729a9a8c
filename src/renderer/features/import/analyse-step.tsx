import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ColumnAnalysisView, ImportAnalysisView, QualityFindingView } from '#contract/import.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { Button, Segmented } from '#renderer/ui/controls.tsx'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty } from '#renderer/ui/panel.tsx'
import { analysedColumns, analysedTables, findingColumns } from './analysis-columns.tsx'
import { JobProgress } from './job-progress.tsx'
import { Problem } from './problem.tsx'
import { RowDetail } from './row-detail.tsx'
import { useImportActs, useImports } from './use-imports.ts'
import { goTo } from './wizard.ts'

const LIVE = { kind: 'live' } as const
type View = 'tables' | 'findings'

/** Every table and column of the source, and what somebody should know about them. */
export function AnalyseStep(): ReactNode {
  const { t } = useTranslation()
  const acts = useImportActs()
  const job = useImports((state) => state.runs?.current ?? null)
  const analysis = useImports((state) => state.look?.analysis ?? null)
  const mine = job?.kind === 'analyse' ? job : null
  const running = mine?.state === 'running'
  const damage = analysis === null ? undefined : damageOf(analysis)
  return (
    <>
      <Problem text={acts.problem ?? (running ? undefined : (mine?.problem?.message ?? damage))} />
      {running && <JobProgress job={mine} onCancel={() => void acts.cancel()} />}
      {!running && analysis === null && (
        <Empty text={t('import.analyse_nothing')}>
          <Button kind="primary" disabled={acts.busy} onClick={() => void acts.analyse()} data-testid="import-analyse-again">
            {t('import.analyse')}
          </Button>
        </Empty>
      )}
      {!running && analysis !== null && <Analysis analysis={analysis} />}
      <div className="wizard-foot">
        <Button onClick={() => goTo('look')} data-testid="wizard-back">
          {t('import.back')}
        </Button>
        <Button kind="primary" disabled={running || damage !== undefined} onClick={() => goTo('choose')} data-testid="import-choose">
          {t('import.to_choose')}
        </Button>
      </div>
    </>
  )
}

/** A source that cannot be read to its end is not imported: what comes after is not known. */
function damageOf({ damage, tables }: ImportAnalysisView): string | undefined {
  return damage ?? tables.find(({ problem }) => problem !== null)?.problem ?? undefined
}

function Analysis({ analysis }: { readonly analysis: ImportAnalysisView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [view, setView] = useState<View>('tables')
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const options = [
    { value: 'tables', label: `${t('import.tables')} ${numbers.count(analysis.tables.length)}`, testId: 'analysis-tables' },
    { value: 'findings', label: `${t('import.quality')} ${numbers.count(analysis.findings.length)}`, testId: 'analysis-findings' },
  ] as const
  return (
    <>
      <div className="wizard-pane-head">
        <Segmented<View> label={t('import.step.analyse')} value={view} options={options} onChange={setView} />
        <span className="dim" data-testid="analysis-rows">
          {t('import.rows_read', { count: analysis.rows, n: numbers.count(analysis.rows) })}
        </span>
        <span className="grow" />
        <div ref={setToolbar} />
      </div>
      {analysis.limits.map((limit) => (
        <p key={limit} className="look-text">
          {limit}
        </p>
      ))}
      {view === 'tables' ? <TablesView analysis={analysis} toolbar={toolbar} /> : <FindingsView analysis={analysis} toolbar={toolbar} />}
    </>
  )
}

interface ViewProps {
  readonly analysis: ImportAnalysisView
  readonly toolbar: HTMLElement | null
}

function TablesView({ analysis, toolbar }: ViewProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const [column, setColumn] = useState<ColumnAnalysisView | undefined>(undefined)
  const tables = useMemo(() => analysedTables(t, numbers), [t, numbers])
  const columns = useMemo(() => analysedColumns(t, numbers), [t, numbers])
  const table = analysis.tables.find(({ name }) => name === picked) ?? analysis.tables[0]
  return (
    <div className="wizard-split">
      <section className="wizard-pane" aria-label={t('import.tables')}>
        <DataTable
          name="import-analysed-tables"
          label={t('import.tables')}
          columns={tables}
          rows={analysis.tables}
          rowId={(row) => row.name}
          phase={LIVE}
          empty={<Empty text={t('import.no_tables')} />}
          onActive={(row) => {
            setPicked(row.name)
            setColumn(undefined)
          }}
          activeId={table?.name}
          toolbar={null}
          testId="analysis-table-list"
        />
      </section>
      <section className="wizard-pane" aria-label={t('import.columns_of', { table: table?.name ?? '' })}>
        {table?.problem !== null && table?.problem !== undefined && <p className="look-text">{table.problem}</p>}
        {(table?.missing_columns ?? []).length > 0 && (
          <p className="look-text">
            {t('import.missing_columns', { names: (table?.missing_columns ?? []).map(({ name }) => name).join(', ') })}
          </p>
        )}
        <DataTable
          key={table?.name}
          name="import-analysed-columns"
          label={t('import.columns_of', { table: table?.name ?? '' })}
          columns={columns}
          rows={table?.columns ?? []}
          rowId={(row) => row.name}
          phase={LIVE}
          empty={<Empty text={t('import.table_absent')} />}
          onActive={setColumn}
          toolbar={toolbar}
          testId="analysis-column-list"
        />
        <RowDetail row={column} columns={columns} />
      </section>
    </div>
  )
}

function FindingsView({ analysis, toolbar }: ViewProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [picked, setPicked] = useState<QualityFindingView | undefined>(undefined)
  const columns = useMemo(() => findingColumns(t, numbers), [t, numbers])
  return (
    <section className="wizard-pane" aria-label={t('import.quality')}>
      <DataTable
        name="import-findings"
        label={t('import.quality')}
        columns={columns}
        rows={analysis.findings}
        rowId={(row) => `${row.rule} ${row.table} ${row.column ?? ''}`}
        phase={LIVE}
        empty={<Empty text={t('import.quality_none')} />}
        onActive={setPicked}
        toolbar={toolbar}
        testId="analysis-finding-list"
      />
      <RowDetail row={picked} columns={columns} />
    </section>
  )
}
