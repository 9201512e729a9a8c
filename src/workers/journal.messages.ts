import type { MessagePort } from 'node:worker_threads'
import type { NewPage } from '#storage/journal/journal-page.ts'

/** Main thread → journal thread, once. */
export interface InitJournal {
  readonly type: 'Init'
  /** The engine's line; see `ToJournal`. */
  readonly port: MessagePort
}

/** Engine thread → journal thread. Carried out in this order; after the first failure nothing but `Close` is. */
export type ToJournal =
  /** The engine has read what there is; from now on this thread is the only writer. */
  | { readonly type: 'Open'; readonly path: string; readonly purpose: string }
  /** One transaction, one sync. */
  | { readonly type: 'Append'; readonly pages: readonly NewPage[] }
  /** The state after record `seq`, and the SHA-256 of its text in hex. */
  | { readonly type: 'SaveSnapshot'; readonly seq: number; readonly body: string; readonly sha256: string }
  | { readonly type: 'Close' }

/** Journal thread → engine thread. */
export type FromJournal =
  | { readonly type: 'Opened'; readonly head: number }
  /** All up to `head` is on the disk; one for each `Append`. */
  | { readonly type: 'Written'; readonly head: number }
  | { readonly type: 'Failed'; readonly code: string; readonly message: string }
  | { readonly type: 'Closed' }
