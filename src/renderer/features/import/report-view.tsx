import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { ImportReportView } from '#contract/import.ts'
import { type Numbers, useNumbers } from '#renderer/format/use-numbers.tsx'
import { Segmented } from '#renderer/ui/controls.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { DataTable } from '#renderer/ui/data-table/data-table.tsx'
import { Empty } from '#renderer/ui/panel.tsx'
import { RowDetail } from './row-detail.tsx'
import {
  checkColumns,
  countedColumns,
  differenceColumns,
  modelColumns,
  parkedColumns,
  settingColumns,
  skippedOf,
  strategyColumns,
} from './report-columns.tsx'

export const REPORT_PARTS = ['tables', 'parked', 'checks', 'differences', 'settings', 'models', 'strategies'] as const
export type ReportPart = (typeof REPORT_PARTS)[number]

const LIVE = { kind: 'live' } as const

/** A row of any part with a name of its own: keys repeat where the source repeats them. */
type Named<T> = T & { readonly at: string }

function named<T extends object>(rows: readonly T[]): readonly Named<T>[] {
  return rows.map((row, i) => ({ ...row, at: String(i) }))
}

interface Shown {
  readonly rows: readonly Named<object>[]
  readonly columns: readonly Column<Named<object>>[]
}

function show<T extends object>(rows: readonly T[] | null, columns: readonly Column<T>[]): Shown {
  // Rows and columns of one part belong together; the table does not need to know which part it is.
  return { rows: named(rows ?? []), columns: columns as unknown as readonly Column<Named<object>>[] }
}

function partOf(report: ImportReportView, part: ReportPart, t: TFunction, numbers: Numbers): Shown {
  switch (part) {
    case 'tables':
      return show(report.tables, countedColumns(t, numbers))
    case 'parked':
      return show(report.parked, parkedColumns(t))
    case 'checks':
      return show(report.checks, checkColumns(t))
    case 'differences':
      return show(report.differences, differenceColumns(t))
    case 'settings':
      return show(report.settings, settingColumns(t))
    case 'models':
      return show(report.models, modelColumns(t))
    case 'strategies':
      return show(report.strategies, strategyColumns(t))
  }
}

function sizeOfPart(report: ImportReportView, part: ReportPart): number {
  if (part === 'parked') return report.tables.reduce((sum, table) => sum + table.parked, 0)
  return report[part]?.length ?? 0
}

interface ReportProps {
  readonly report: ImportReportView
  readonly parts: readonly ReportPart[]
  readonly first: ReportPart
}

/** The tables of a report, one at a time, all named with their counts. */
export function ReportTables({ report, parts, first }: ReportProps): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const [part, setPart] = useState<ReportPart>(first)
  const [toolbar, setToolbar] = useState<HTMLElement | null>(null)
  const [picked, setPicked] = useState<string | undefined>(undefined)
  const { rows, columns } = useMemo(() => partOf(report, part, t, numbers), [report, part, t, numbers])
  const isCut = part === 'parked' && report.parked.length < sizeOfPart(report, 'parked')
  const options = parts.map((value) => ({
    value,
    label: `${t(`import.report.${value}`)} ${numbers.count(sizeOfPart(report, value))}`,
    testId: `report-${value}`,
  }))
  return (
    <>
      <div className="wizard-pane-head">
        <Segmented<ReportPart>
          label={t('import.report.title')}
          value={part}
          options={options}
          onChange={(next) => {
            setPart(next)
            setPicked(undefined)
          }}
        />
        <span className="grow" />
        <div ref={setToolbar} />
      </div>
      {isCut && <p className="dim">{t('import.first_rows', { n: numbers.count(report.parked.length) })}</p>}
      <section className="wizard-pane" aria-label={t(`import.report.${part}`)}>
        <DataTable
          key={part}
          name={`import-${part}`}
          label={t(`import.report.${part}`)}
          columns={columns}
          rows={rows}
          rowId={(row) => row.at}
          phase={LIVE}
          empty={<Empty text={t(report[part] === null ? 'import.not_asked' : `import.report_empty.${part}`)} />}
          onActive={(row) => setPicked(row.at)}
          toolbar={toolbar}
          testId={`report-table-${part}`}
        />
        <RowDetail row={rows.find(({ at }) => at === picked)} columns={columns} />
      </section>
    </>
  )
}

/** What came of all rows, in four numbers. */
export function ReportFigures({ report }: { readonly report: ImportReportView }): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const sum = (pick: (table: ImportReportView['tables'][number]) => number): number =>
    report.tables.reduce((total, table) => total + pick(table), 0)
  const figures = [
    ['source', sum((table) => table.source)],
    ['imported', sum((table) => table.imported)],
    ['parked', sum((table) => table.parked)],
    ['skipped', sum(skippedOf)],
  ] as const
  return (
    <dl className="wizard-totals" data-testid="report-figures">
      {figures.map(([name, value]) => (
        <div key={name} data-zero={value === 0} data-part={name}>
          <dt>{t(`import.column.${name}`)}</dt>
          <dd className="num">{numbers.count(value)}</dd>
        </div>
      ))}
      <div>
        <dt>{t('import.duration')}</dt>
        <dd className="num">{t('age.s', { n: numbers.decimal((report.duration_ms / 1_000).toFixed(1)) })}</dd>
      </div>
      <div>
        <dt>{t('import.rate')}</dt>
        <dd className="num">{numbers.count(Math.round(report.rows_per_s))}</dd>
      </div>
    </dl>
  )
}

/** Parts that did not come to their end, or did not run, and why. */
export function ReportSteps({ report }: { readonly report: ImportReportView }): ReactNode {
  const { t } = useTranslation()
  return (
    <ul className="wizard-outcomes" aria-label={t('import.parts')}>
      {report.steps.map(({ step, status, reason }) => {
        const state = status === 'done' ? 'good' : status === 'failed' ? 'bad' : 'off'
        return (
          <li key={step} data-testid={`outcome-${step}`} data-state={state}>
            <span className="dot" data-state={state} aria-hidden="true" />
            <span>{t(`import.part.${step}`)}</span>
            <span className="dim" title={reason}>
              {status === 'done' ? reason : `${t(`import.step_state.${status}`)}: ${reason}`}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
