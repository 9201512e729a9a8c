import type { MessagePort } from 'node:worker_threads'
import type { ErrorCode } from '#domain/errors.ts'
import type { HistoryPage, HistoryQuery } from '#storage/postgres/history.ts'
import type { PgConnection } from '#storage/postgres/connection.ts'
import type { ReplicaStatus } from '#storage/replica/replica.ts'

/** What main and the replica thread say to each other, over the worker's own port. */
export type ToReplica =
  /** First of all. Answered by a `ReplicaStatus`, or by `Failed` when the journal cannot be read. */
  | {
      readonly type: 'Init'
      readonly journalPath: string
      /** The folder `migrations/postgres`. */
      readonly migrationsDirectory: string
      /** Absent: the server is not up yet, `Connect` follows. `none`: there is no Postgres, the replica stays disabled. */
      readonly connection?: PgConnection | 'none' | undefined
      /** Last fact of the journal before this start of the program; 0 at the first. */
      readonly pastSeq?: number | undefined
    }
  /** The server is up, or is another one now. */
  | { readonly type: 'Connect'; readonly connection: PgConnection }
  /** Another port on which `Head` notices come, from the engine's thread say. Must be in the transfer list. */
  | { readonly type: 'AttachHeads'; readonly port: MessagePort }
  | HeadNotice
  | { readonly type: 'History'; readonly requestId: number; readonly query: HistoryQuery }
  | { readonly type: 'Ping'; readonly id: number }
  /** Ships what is left, for at most `deadlineMs`, answers `Stopped` and ends. */
  | { readonly type: 'Stop'; readonly deadlineMs: number }

/** The journal has grown to `seq`. Notices may be skipped: the newest counts. */
export interface HeadNotice {
  readonly type: 'Head'
  readonly seq: number
}

export type FromReplica =
  /** On each change of state at once, while facts flow at most four a second. */
  | ({ readonly type: 'ReplicaStatus' } & ReplicaStatus)
  | { readonly type: 'HistoryAnswer'; readonly requestId: number; readonly ok: true; readonly page: HistoryPage }
  | { readonly type: 'HistoryAnswer'; readonly requestId: number; readonly ok: false; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'Pong'; readonly id: number }
  | {
      readonly type: 'Log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly component: string
      readonly fields: object
      readonly message: string
    }
  | { readonly type: 'Failed'; readonly code: string; readonly message: string }
  /** The last word, with how far Postgres got. */
  | { readonly type: 'Stopped'; readonly seq: number; readonly lag: number }
