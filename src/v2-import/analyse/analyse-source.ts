import { AppError } from '#domain/errors.ts'
import { type ImportPlan, planOf } from '../mapping/import-plan.ts'
import { KNOWN_TABLES } from '../mapping/known-tables.ts'
import type { ImportSource, TableInfo } from '../sources/import-source.ts'
import { FindingList } from './finding-list.ts'
import { LinkChecker } from './links.ts'
import type { AnalysisProgress, SourceAnalysis, TableAnalysis } from './source-analysis.ts'
import { TableAnalyst } from './table-analyst.ts'

export interface AnalyseOptions {
  readonly signal?: AbortSignal | undefined
  /** After each batch of rows. */
  readonly onProgress?: ((progress: AnalysisProgress) => void) | undefined
  /** By which an import would read the rows; else times without a zone are read as UTC. */
  readonly plan?: ImportPlan | undefined
  /** UTC milliseconds: with it, times that lie in the future are found. */
  readonly nowMs?: number | undefined
}

/**
 * Reads every table of a source once and says what is in it. Nothing is written and nothing of it stays in memory but counts, few
 * words and hashes. A table that cannot be read to its end says so, and the others are read. Throws what `signal` was aborted with.
 */
export async function analyseSource(source: ImportSource, options: AnalyseOptions = {}): Promise<SourceAnalysis> {
  const analysis = new Analysis(source, options)
  const analysed = new Map<string, TableAnalysis>()
  for (const table of LinkChecker.inOrder(source.tables())) analysed.set(table.key, await analysis.table(table))
  const tables = source.tables().flatMap(({ key }) => analysed.get(key) ?? [])
  const { kind, description, location, encoding, facts } = source.identity
  return {
    source: { kind, description, location, encoding, facts },
    damage: source.damage?.message ?? null,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    tables,
    missingTables: KNOWN_TABLES.filter((name) => !analysed.has(name)),
    findings: analysis.findings.all(),
    reader: source.findings(),
    limits: analysis.limits(),
  }
}

class Analysis {
  readonly findings = new FindingList()
  readonly #source: ImportSource
  readonly #options: AnalyseOptions
  readonly #plan: ImportPlan
  readonly #links = new LinkChecker()
  readonly #total: number | undefined
  #rows = 0

  constructor(source: ImportSource, options: AnalyseOptions) {
    this.#source = source
    this.#options = options
    this.#plan = options.plan ?? planOf()
    const counts = source.tables().map(({ rowCount }) => rowCount)
    this.#total = counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  }

  async table(table: TableInfo): Promise<TableAnalysis> {
    const { signal, onProgress, nowMs } = this.#options
    signal?.throwIfAborted()
    const analyst = new TableAnalyst({ table, plan: this.#plan, links: this.#links, findings: this.findings, nowMs })
    try {
      for await (const batch of this.#source.rows(table, { signal })) {
        analyst.add(batch)
        this.#rows += batch.length
        onProgress?.({ table: table.key, rows: this.#rows, total: this.#total })
      }
      return analyst.end(null)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      return analyst.end(error.message)
    }
  }

  limits(): readonly string[] {
    const { leftOut } = this.findings
    return [...this.#links.limits(), ...(leftOut === 0 ? [] : [`${leftOut} further findings are not listed`])]
  }
}
