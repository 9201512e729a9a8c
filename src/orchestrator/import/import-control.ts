import type {
  AnalyseRequest,
  ImportJobView,
  ImportLookView,
  ImportRequest,
  ImportRunDetail,
  ImportRunsView,
  SourceIdentityView,
  SourceRequest,
} from '#contract/import.ts'

/** Imports of version 2 as handlers see them. All throw `AppError`. */
export interface ImportControl {
  runs(): Promise<ImportRunsView>
  get(id: string): Promise<ImportRunDetail>
  /** Markdown. */
  report(id: string): Promise<{ readonly runId: string; readonly markdown: string }>
  inspect(request: SourceRequest): Promise<SourceIdentityView>
  look(): ImportLookView
  analyse(request: AnalyseRequest): Promise<ImportJobView>
  /** Answers when the run has its id, or has failed without one. */
  start(request: ImportRequest): Promise<ImportJobView>
  verify(id: string, password: string | undefined): Promise<ImportJobView>
  rollback(id: string): Promise<ImportJobView>
  cancel(id: string): ImportJobView
}
