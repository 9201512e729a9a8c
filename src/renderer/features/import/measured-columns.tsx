import type { TFunction } from 'i18next'
import type { CheckLine } from '#contract/checklist.ts'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { literal, plain, statusColumn } from './report-columns.tsx'

export function measuredColumns(t: TFunction): readonly Column<CheckLine>[] {
  return [
    statusColumn(t),
    { id: 'area', header: t('import.measure.area'), width: 110, grow: 0.3, text: (row) => t(`import.measure.areas.${row.area}`) },
    plain('name', t('import.column.check'), [220, 1.2], (row) => row.name),
    literal('value', t('import.measure.value'), 200, (row) => row.value),
    plain('expectation', t('import.column.expected'), [180, 1], (row) => row.expectation),
    plain('detail', t('import.column.detail'), [200, 2], (row) => row.detail),
  ]
}
