import type { SourceFinding, SourceKind } from '../sources/import-source.ts'

/** What a source of an import is, before anything is done with it. Plain data, without any password. */
export interface SourceView {
  readonly identity: {
    readonly kind: SourceKind
    readonly description: string
    /** Path, or `user@host:port/database`. */
    readonly location: string
    /** Of a live database. */
    readonly host: string | undefined
    readonly port: number | undefined
    readonly database: string | undefined
    readonly serverVersion: string | undefined
    /** Of a dump, with its compression. */
    readonly format: string | undefined
    readonly archiveVersion: string | undefined
    readonly files: readonly { readonly path: string; readonly size: number; readonly modifiedMs: number }[]
    readonly facts: Readonly<Record<string, string>>
  }
  readonly tables: readonly { readonly key: string; readonly rowCount: number | undefined; readonly columns: number }[]
  /** What is wrong with it as a whole; such a source is not imported. */
  readonly damage: string | undefined
  readonly findings: readonly SourceFinding[]
  /** Undefined where no folder of version 2 is known. */
  readonly v2Directory: FolderView | undefined
}

/** Paths are below the folder of version 2. */
export interface FolderView {
  readonly path: string
  readonly settings: readonly string[]
  readonly models: readonly { readonly file: string; readonly bytes: number }[]
  readonly scalers: readonly { readonly file: string; readonly bytes: number }[]
  readonly strategies: readonly string[]
  /** Other sources of the history, the best first. */
  readonly dumps: readonly { readonly path: string; readonly description: string }[]
  /** What looks like a dump and cannot be read. */
  readonly refused: readonly { readonly path: string; readonly message: string }[]
}
