import type { AnyRouter } from '@orpc/server'
import type { ClientFrame, ServerFrame } from '#contract/stream.ts'
import type { StatusView } from '#contract/views.ts'

/** One follower of the event stream. `receive` takes what the client says; answers and events leave through `send`. */
export interface StreamSession {
  receive(frame: ClientFrame): void
  close(): void
}

/** Gives a frame to the client. False means the client is too slow: the session is closed, never waited for. */
export type SendFrame = (frame: ServerFrame) => boolean

/** What the fronts (Electron window, REST and WebSocket gateway, CLI) get of a running workstation. */
export interface Workstation {
  /** Handlers of `contract`, to be served by an oRPC handler with an `ApiContext`. */
  readonly router: AnyRouter
  openStream(send: SendFrame): StreamSession
  status(): StatusView
  /** Prometheus text. */
  metrics(): Promise<string>
  /** Where Postgres was reached, `host:port`, or null when it is off or not there yet. */
  postgresAddress(): string | null
  /** Called once when a replay has ended. */
  onReplayDone(listener: () => void): void
  /** Stops the parts in reverse order; what does not stop in time is ended. */
  stop(): Promise<void>
}
