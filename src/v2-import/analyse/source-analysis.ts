import type { SourceFinding, SourceIdentity } from '../sources/import-source.ts'

/** What a source holds and how well, before anything is imported. Plain data: it crosses threads and JSON. */

/** What the cells of a column look like, whatever type the source declares. */
export const CELL_SHAPES = ['integer', 'decimal', 'time', 'boolean', 'json', 'text'] as const
export type CellShape = (typeof CELL_SHAPES)[number]

export interface ColumnAnalysis {
  readonly name: string
  /** As the source declares it; null where it says nothing. */
  readonly type: string | null
  /** `mapped`: the import reads it. `kept`: no rule does, it stays word for word with its row. */
  readonly use: 'mapped' | 'kept'
  readonly nulls: number
  readonly empties: number
  /** The one shape of all cells that are not empty; `mixed` where they differ, `none` where there are none. */
  readonly shape: CellShape | 'mixed' | 'none'
  readonly shapes: Partial<Readonly<Record<CellShape, number>>>
  /** Different texts. `isMore`: there are more than `count`, which is where counting ends. */
  readonly distinct: { readonly count: number; readonly isMore: boolean }
  /** By number, time or alphabet, as the shape is; as the source spells them, cut where long. Null for what has no order, and for secrets. */
  readonly least: string | null
  readonly most: string | null
  /** Characters of the longest cell. */
  readonly longest: number
  /** How often each text occurs, most frequent first, where there are few; null else, and for secrets. */
  readonly words: readonly WordCount[] | null
}

export interface WordCount {
  readonly word: string
  readonly count: number
}

/** What the import would do with the rows of a table, found by its own rules. */
export interface TableOutlook {
  /** Mapped into records. */
  readonly mapped: number
  /** Kept word for word only. */
  readonly kept: number
  readonly parked: readonly OutlookCount[]
  readonly skipped: readonly OutlookCount[]
}

export interface OutlookCount {
  readonly rule: string
  readonly column: string | null
  readonly count: number
  /** Of the first such row, in words. */
  readonly reason: string
}

export interface TableAnalysis {
  readonly key: string
  readonly origin: string
  /** `known`: of version 2, with a rule. `reference`: a copy of what the exchange said. `unknown`: kept word for word. */
  readonly kind: 'known' | 'reference' | 'unknown'
  readonly keyColumns: readonly string[]
  readonly rows: number
  readonly damagedRows: number
  readonly columns: readonly ColumnAnalysis[]
  /** Columns the rules of this table look for and do not find. `isNeeded`: no row can be mapped without. */
  readonly missingColumns: readonly { readonly name: string; readonly isNeeded: boolean }[]
  readonly outlook: TableOutlook
  /** Why it could not be read to its end; null if it was. */
  readonly problem: string | null
}

export const QUALITY_RULES = [
  'closed-before-opened',
  'processed-before-created',
  'open-but-closed',
  'stop-on-wrong-side',
  'target-on-wrong-side',
  'zero-quantity',
  'zero-price',
  'overfilled',
  'pnl-differs',
  'balance-parts-differ',
  'balances-at-different-times',
  'naive-time',
  'mixed-zones',
  'mixed-time-formats',
  'impossible-time',
  'future-time',
  'negative-amount',
  'not-a-number',
  'decimal-comma',
  'mixed-scale',
  'mixed-spellings',
  'blank-around',
  'empty-and-null',
  'not-json',
  'no-key',
  'repeated-key',
  'repeated-id',
  'orphan-link',
  'damaged-row',
] as const
export type QualityRule = (typeof QUALITY_RULES)[number]

export interface QualityFinding {
  readonly rule: QualityRule
  /** `warning`: somebody should look at it. `info`: the import deals with it, and says how. */
  readonly severity: 'warning' | 'info'
  readonly table: string
  readonly column: string | null
  /** Rows, or cells. */
  readonly count: number
  readonly detail: string
  /** Keys of the first rows, or the texts themselves. */
  readonly examples: readonly string[]
}

export interface SourceAnalysis {
  readonly source: Pick<SourceIdentity, 'kind' | 'description' | 'location' | 'encoding' | 'facts'>
  /** The source is cut off or damaged; null if nothing says so. */
  readonly damage: string | null
  readonly rows: number
  readonly tables: readonly TableAnalysis[]
  /** Tables of version 2 that are not there. */
  readonly missingTables: readonly string[]
  /** Warnings first, then by table. */
  readonly findings: readonly QualityFinding[]
  /** What the reader passed over. */
  readonly reader: readonly SourceFinding[]
  /** A check that was cut short says so: what of it is not known. */
  readonly limits: readonly string[]
}

export interface AnalysisProgress {
  readonly table: string
  /** Of all tables so far. */
  readonly rows: number
  /** Undefined where the source does not say. */
  readonly total: number | undefined
}
