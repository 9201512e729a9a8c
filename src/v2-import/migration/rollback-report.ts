/** What a rollback took back, and what it left because a person changed it since. Plain data. */
export interface RollbackReport {
  readonly runId: string
  readonly history: {
    /** Rows taken away, by table of schema `imported`. */
    readonly removed: Readonly<Record<string, number>>
    /** Runs that came later over the same installation: rows they found already imported are gone now. */
    readonly laterRuns: readonly string[]
  }
  /** Files that are byte by byte as before the run; those it had made are gone. */
  readonly restored: readonly string[]
  /** Names of the secrets that are out of the store again. */
  readonly secretsRemoved: readonly string[]
  readonly kept: readonly { readonly what: string; readonly reason: string; readonly copy?: string | undefined }[]
}
