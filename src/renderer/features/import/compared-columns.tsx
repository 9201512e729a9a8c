import type { TFunction } from 'i18next'
import type { ComparisonView } from '#contract/parallel-run.ts'
import { dateTime } from '#renderer/format/time.ts'
import { type Numbers, NOTHING } from '#renderer/format/use-numbers.tsx'
import type { Column } from '#renderer/ui/data-table/column.ts'
import { literal, plain } from './report-columns.tsx'

const MS_PER_S = 1_000

export type ComparedRow = ComparisonView & { readonly at: string }

export function comparedColumns(t: TFunction, numbers: Numbers): readonly Column<ComparedRow>[] {
  const one = ({ v2, v3 }: ComparedRow) => v2 ?? v3
  const lag = ({ lag_ms: lagMs }: ComparedRow): string =>
    lagMs === null ? NOTHING : t('age.s', { n: numbers.decimal((lagMs / MS_PER_S).toFixed(1)) })
  return [
    {
      id: 'verdict',
      header: t('import.parallel.what'),
      width: 140,
      grow: 0.2,
      text: (row) => t(`import.parallel.verdict.${row.verdict}`),
      cell: (row) => (
        <span className="tag" data-state={row.verdict === 'same' ? 'good' : 'look'}>
          {t(`import.parallel.verdict.${row.verdict}`)}
        </span>
      ),
    },
    {
      id: 'time',
      header: t('import.parallel.time'),
      width: 160,
      text: (row) => dateTime(one(row)?.ts ?? 0),
      sort: (row) => one(row)?.ts ?? 0,
    },
    { id: 'symbol', header: t('import.hand.symbol'), width: 120, grow: 0.3, text: (row) => one(row)?.symbol ?? '' },
    { id: 'direction', header: t('import.parallel.direction'), width: 80, text: (row) => one(row)?.direction ?? '' },
    literal('v2', t('import.parallel.v2_size'), 120, (row) => (row.v2 === null ? null : (row.v2.quantity ?? t('import.parallel.unsaid')))),
    literal('v3', t('import.parallel.v3_size'), 120, (row) => (row.v3 === null ? null : (row.v3.quantity ?? t('import.parallel.unsaid')))),
    {
      id: 'lag',
      header: t('import.parallel.lag'),
      width: 90,
      align: 'end',
      text: lag,
      sort: (row) => row.lag_ms ?? 0,
      cell: (row) => <span className="num">{lag(row)}</span>,
    },
    plain('cause', t('import.column.reason'), [240, 3], (row) => row.cause),
  ]
}
