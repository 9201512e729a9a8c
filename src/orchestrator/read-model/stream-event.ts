import type { Channel } from '#contract/stream.ts'

/** Something that happened: every follower gets each one. */
export interface StreamFact {
  readonly channel: Channel
  readonly ts: number
  readonly data: unknown
}

/** Something that changed: only how it stands now matters, so followers get the latest at most ten times a second per key. */
export interface StreamState {
  readonly channel: Channel
  readonly ts: number
  readonly key: string
  /** Read when it is sent, so a held-back state is never an old one. Undefined: nothing to send any more. */
  readonly latest: () => unknown
}

export type StreamEvent = StreamFact | StreamState
