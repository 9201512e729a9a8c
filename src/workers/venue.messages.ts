import type { MessagePort } from 'node:worker_threads'
import type { LiveSessionConfig } from '#exchanges/ccxt/open-live-session.ts'

/** Main → venue thread, once. Everything else is said in the words of the exchange thread (`exchange.messages.ts`). */
export interface InitVenue {
  readonly type: 'Init'
  /** Messages `FromExchange` and `ToExchange`. Must be in the transfer list. */
  readonly enginePort: MessagePort
  readonly session: LiveSessionConfig
  /** Never written anywhere, never logged, never sent back. */
  readonly credentials: { readonly apiKey: string; readonly secret: string }
  /** SQLite file of the candle cache. */
  readonly candleCachePath: string
}
