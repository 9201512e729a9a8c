import type { TFunction } from 'i18next'
import type { ColumnAnalysisView, QualityFindingView, TableAnalysisView } from '#contract/import.ts'
import type { Numbers } from '#renderer/format/use-numbers.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'

/** A count, right-aligned and sorted as a number; nothing stands pale. */
export function countColumn<T>(id: string, header: string, pick: (row: T) => number, numbers: Numbers): Column<T> {
  return {
    id,
    header,
    width: 76,
    grow: 0.5,
    align: 'end',
    text: (row) => numbers.count(pick(row)),
    sort: pick,
    cell: (row) => <span className={pick(row) === 0 ? 'num faint' : 'num'}>{numbers.count(pick(row))}</span>,
  }
}

export function analysedTables(t: TFunction, numbers: Numbers): readonly Column<TableAnalysisView>[] {
  return [
    { id: 'name', header: t('import.column.table'), width: 120, grow: 1.5, text: (row) => row.name },
    {
      id: 'kind',
      header: t('import.column.kind'),
      width: 104,
      text: (row) => t(`import.table_kind.${row.kind}`),
      cell: (row) => (
        <span className="tag" data-state={row.kind === 'missing' ? 'off' : row.kind === 'unknown' ? 'look' : undefined}>
          {t(`import.table_kind.${row.kind}`)}
        </span>
      ),
    },
    countColumn('rows', t('import.column.rows'), (row) => row.rows, numbers),
    countColumn('columns', t('import.column.columns'), (row) => row.columns.length, numbers),
  ]
}

/** Text that may be longer than its cell: whole on the pointer, and in what is copied. */
export function longColumn<T>(id: string, header: string, text: (row: T) => string, look = ''): Column<T> {
  return {
    id,
    header,
    width: 100,
    text,
    cell: (row) => (
      <span className={look} title={text(row)}>
        {oneLine(text(row))}
      </span>
    ),
  }
}

/** A cell has one line; where the text goes on in another is marked. */
export function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, '↵')
}

export function analysedColumns(t: TFunction, numbers: Numbers): readonly Column<ColumnAnalysisView>[] {
  const words = (row: ColumnAnalysisView): string =>
    (row.words ?? []).map(({ word, count }) => `${word === '' ? '""' : word} ${numbers.count(count)}`).join(', ')
  const distinct = (row: ColumnAnalysisView): string => `${row.distinct.is_more ? '> ' : ''}${numbers.count(row.distinct.count)}`
  return [
    { id: 'name', header: t('import.column.column'), width: 120, grow: 1.2, text: (row) => row.name },
    longColumn('type', t('import.column.type'), (row) => row.type ?? row.shape, 'dim'),
    {
      id: 'use',
      header: t('import.column.use'),
      width: 84,
      grow: 0.4,
      text: (row) => t(`import.use_of.${row.use}`),
      cell: (row) => <span className={row.use === 'kept' ? 'faint' : ''}>{t(`import.use_of.${row.use}`)}</span>,
    },
    countColumn('nulls', t('import.column.nulls'), (row) => row.nulls, numbers),
    { ...countColumn('distinct', t('import.column.distinct'), (row) => row.distinct.count, numbers), text: distinct, cell: distinct },
    longColumn('least', t('import.column.least'), (row) => row.least ?? '', 'num'),
    longColumn('most', t('import.column.most'), (row) => row.most ?? '', 'num'),
    { ...longColumn('words', t('import.column.words'), words, 'dim'), width: 120, grow: 2 },
  ]
}

export function findingColumns(t: TFunction, numbers: Numbers): readonly Column<QualityFindingView>[] {
  return [
    {
      id: 'severity',
      header: t('import.column.severity'),
      width: 92,
      grow: 0.2,
      text: (row) => t(`import.severity.${row.severity}`),
      cell: (row) => (
        <span className="tag" data-state={row.severity === 'warning' ? 'look' : 'off'}>
          <span className="dot" data-state={row.severity === 'warning' ? 'look' : 'off'} aria-hidden="true" />
          {t(`import.severity.${row.severity}`)}
        </span>
      ),
    },
    {
      id: 'where',
      header: t('import.column.where'),
      width: 150,
      grow: 0.8,
      text: (row) => (row.column === null ? row.table : `${row.table}.${row.column}`),
    },
    countColumn('count', t('import.column.count'), (row) => row.count, numbers),
    { ...longColumn('detail', t('import.column.detail'), (row) => row.detail), width: 260, grow: 3 },
    { ...longColumn('examples', t('import.column.examples'), (row) => row.examples.join(', '), 'num dim'), width: 140, grow: 1.5 },
  ]
}
