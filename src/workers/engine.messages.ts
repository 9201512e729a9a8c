import type { MessagePort, ResourceLimits } from 'node:worker_threads'
import type { TraderId } from '#domain/ids.ts'
import type { TraderConfig } from '#domain/trader.ts'
import type { EngineAnswer, EngineCommand } from '#engine/ports.ts'

/** Main thread → engine thread. */
export type ToEngine =
  | {
      readonly type: 'Init'
      readonly journalPath: string
      /** Four base-36 digits for order ids; a replay gives its own so that two runs name their orders alike. */
      readonly instance?: string | undefined
      /** What the journal is for; another one's is refused. */
      readonly purpose: string
      /** Replay: time is the market's, and a step waits for every trader. */
      readonly lockStep: boolean
      readonly exchangePort: MessagePort
      /** To the thread that writes the journal. */
      readonly journalPort: MessagePort
      /** Number of the account's lease, part of order ids; absent where no account is leased (demo, paper, replay). */
      readonly fence?: number | undefined
      /** Why nothing may be sent: somebody else holds the account. */
      readonly shadow?: string | undefined
    }
  /** The account's lease was lost: from now on nothing but questions is sent. */
  | { readonly type: 'LeaseLost'; readonly why: string }
  | { readonly type: 'AttachTrader'; readonly traderId: TraderId; readonly port: MessagePort }
  | { readonly type: 'DetachTrader'; readonly traderId: TraderId }
  /** Traders are up: recover with the exchange, then let the market in. */
  | { readonly type: 'OpenMarket' }
  | { readonly type: 'Request'; readonly id: number; readonly command: EngineCommand }
  | { readonly type: 'Ping'; readonly n: number }
  | { readonly type: 'Stop' }

export interface EngineCounters {
  readonly inputs: number
  readonly commits: number
  readonly waiting: number
  readonly head: number
  readonly connected: boolean
  readonly reconciled: boolean
  /** When the account was last compared with the exchange, UTC milliseconds; undefined: not since the connection came back. */
  readonly comparedAt: number | undefined
  readonly workingOrders: number
  readonly shadow: boolean
}

/** Engine thread → main thread. */
export type FromEngine =
  | {
      readonly type: 'Ready'
      readonly journalId: string
      readonly head: number
      readonly traders: readonly TraderConfig[]
      readonly recoveredFacts: number
      readonly recoveryMs: number
    }
  /** Instruments and accounts are known; the market is still closed. */
  | { readonly type: 'ExchangeReady' }
  | { readonly type: 'MarketOpen' }
  /** The journal has grown to here. At most about a hundred a second. */
  | { readonly type: 'Head'; readonly seq: number; readonly ts: number }
  | { readonly type: 'Answer'; readonly id: number; readonly answer: EngineAnswer }
  | { readonly type: 'ReplayDone' }
  | { readonly type: 'Pong'; readonly n: number; readonly counters: EngineCounters }
  | { readonly type: 'Failed'; readonly code: string; readonly message: string }
  | { readonly type: 'Stopped' }

/**
 * Young generation of the engine's heap. With V8's own choice a collection of it stops the engine for 4 to 7 ms; with a
 * quarter of that more often, but for 2.
 */
export const ENGINE_RESOURCE_LIMITS: ResourceLimits = Object.freeze({ maxYoungGenerationSizeMb: 24 })
