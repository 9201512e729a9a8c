import type { ReactNode } from 'react'
import type { TFunction } from 'i18next'
import type { ImportDifferenceView, ImportReportView, ParkedRowView } from '#contract/import.ts'
import type { Numbers } from '#renderer/format/use-numbers.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { countColumn, oneLine } from './analysis-columns.tsx'

export type CountedTable = ImportReportView['tables'][number]
export type CheckRow = ImportReportView['checks'][number]
export type SettingRow = NonNullable<ImportReportView['settings']>[number]
export type ModelRow = NonNullable<ImportReportView['models']>[number]
export type StrategyRow = NonNullable<ImportReportView['strategies']>[number]

const ALL = 100

/** `room`: pixels at the least, and the share of what is left over. */
export function plain<T>(id: string, header: string, [width, grow]: readonly [number, number], text: (row: T) => string): Column<T> {
  return { id, header, width, grow, text, cell: (row) => <span title={text(row)}>{oneLine(text(row))}</span> }
}

export function literal<T>(id: string, header: string, width: number, text: (row: T) => string | null): Column<T> {
  return {
    id,
    header,
    width,
    text: (row) => text(row) ?? '',
    cell: (row) => (
      <span className="num" title={text(row) ?? ''}>
        {text(row) === null ? <span className="faint">–</span> : oneLine(text(row) ?? '')}
      </span>
    ),
  }
}

export function skippedOf(row: CountedTable): number {
  return Object.values(row.skipped).reduce((sum, count) => sum + count, 0)
}

/** The shares of a table's rows, drawn; the numbers stand beside it. */
function Shares({ row }: { readonly row: CountedTable }): ReactNode {
  if (row.source === 0) return null
  const width = (count: number): string => `${(count / row.source) * ALL}%`
  return (
    <span className="shares" aria-hidden="true">
      <span data-part="imported" style={{ width: width(row.imported) }} />
      <span data-part="parked" style={{ width: width(row.parked) }} />
      <span data-part="skipped" style={{ width: width(skippedOf(row)) }} />
    </span>
  )
}

export function countedColumns(t: TFunction, numbers: Numbers): readonly Column<CountedTable>[] {
  const rules = (row: CountedTable): string =>
    Object.entries(row.skipped)
      .map(([rule, count]) => `${rule} ${numbers.count(count)}`)
      .join(', ')
  return [
    { id: 'name', header: t('import.column.table'), width: 140, grow: 1.2, text: (row) => row.name },
    { id: 'shares', header: t('import.column.shares'), width: 140, grow: 1.4, text: () => '', cell: (row) => <Shares row={row} /> },
    countColumn('source', t('import.column.source'), (row) => row.source, numbers),
    countColumn('imported', t('import.column.imported'), (row) => row.imported, numbers),
    countColumn('parked', t('import.column.parked'), (row) => row.parked, numbers),
    countColumn('skipped', t('import.column.skipped'), skippedOf, numbers),
    plain('rules', t('import.column.rules'), [150, 1.6], rules),
  ]
}

export function parkedColumns(t: TFunction): readonly Column<ParkedRowView>[] {
  return [
    { id: 'table', header: t('import.column.table'), width: 120, grow: 0.5, text: (row) => row.table },
    literal('key', t('import.column.key'), 120, (row) => row.key),
    plain('reason', t('import.column.reason'), [320, 4], (row) => row.reason),
  ]
}

function CheckState({ status, label }: { readonly status: CheckRow['status']; readonly label: string }): ReactNode {
  const state = status === 'passed' ? 'good' : status === 'failed' ? 'bad' : 'off'
  return (
    <span className="tag" data-state={state}>
      <span className="dot" data-state={state} aria-hidden="true" />
      {label}
    </span>
  )
}

/** Whether a check passed, failed or was not run. */
export function statusColumn<T extends { readonly status: CheckRow['status'] }>(t: TFunction): Column<T> {
  return {
    id: 'status',
    header: t('import.column.status'),
    width: 128,
    grow: 0.2,
    text: (row) => t(`import.check.${row.status}`),
    cell: (row) => <CheckState status={row.status} label={t(`import.check.${row.status}`)} />,
  }
}

export function checkColumns(t: TFunction): readonly Column<CheckRow>[] {
  return [
    statusColumn(t),
    plain('name', t('import.column.check'), [190, 1], (row) => row.name),
    literal('expected', t('import.column.expected'), 110, (row) => row.expected),
    literal('found', t('import.column.found'), 110, (row) => row.found),
    plain('detail', t('import.column.detail'), [260, 3], (row) => row.detail),
  ]
}

export function differenceColumns(t: TFunction): readonly Column<ImportDifferenceView>[] {
  return [
    { id: 'check', header: t('import.column.check'), width: 70, grow: 0.2, text: (row) => row.check },
    { id: 'table', header: t('import.column.table'), width: 120, grow: 0.5, text: (row) => row.table },
    literal('key', t('import.column.key'), 120, (row) => row.key),
    plain('column', t('import.column.column'), [110, 0.6], (row) => row.column ?? t('import.whole_row')),
    literal('expected', t('import.column.expected'), 150, (row) => row.expected),
    literal('found', t('import.column.found'), 150, (row) => row.found),
  ]
}

export function settingColumns(t: TFunction): readonly Column<SettingRow>[] {
  return [
    plain('key', t('import.column.setting'), [240, 1.5], (row) => row.key),
    {
      id: 'outcome',
      header: t('import.column.outcome'),
      width: 110,
      grow: 0.3,
      text: (row) => t(`import.outcome.${row.outcome}`),
      cell: (row) => (
        <span className="tag" data-state={row.outcome === 'parked' ? 'look' : row.outcome === 'ignored' ? 'off' : undefined}>
          {t(`import.outcome.${row.outcome}`)}
        </span>
      ),
    },
    plain('to', t('import.column.to'), [260, 2], (row) => row.to ?? ''),
  ]
}

export function modelColumns(t: TFunction): readonly Column<ModelRow>[] {
  return [
    plain('file', t('import.column.file'), [240, 1.5], (row) => row.file),
    plain('status', t('import.column.status'), [200, 1.5], (row) => row.status),
    {
      id: 'max_abs_diff',
      header: t('import.column.difference'),
      width: 150,
      grow: 0.5,
      align: 'end',
      text: (row) => (row.max_abs_diff === null ? '' : row.max_abs_diff.toExponential(1)),
      sort: (row) => row.max_abs_diff ?? -1,
      cell: (row) => <span className="num">{row.max_abs_diff === null ? '–' : row.max_abs_diff.toExponential(1)}</span>,
    },
  ]
}

export function strategyColumns(t: TFunction): readonly Column<StrategyRow>[] {
  return [
    plain('file', t('import.column.file'), [180, 1], (row) => row.file),
    plain('name', t('import.column.strategy'), [140, 0.8], (row) => row.name ?? row.class_name ?? ''),
    {
      id: 'status',
      header: t('import.column.status'),
      width: 110,
      grow: 0.3,
      text: (row) => t(`import.strategy.${row.status}`),
      cell: (row) => (
        <span className="tag" data-state={row.status === 'ready' ? undefined : row.status === 'refused' ? 'bad' : 'look'}>
          {t(`import.strategy.${row.status}`)}
        </span>
      ),
    },
    plain('reason', t('import.column.reason'), [260, 3], (row) => row.reason),
  ]
}
