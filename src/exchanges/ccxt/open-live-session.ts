import { isTimeframe, type Candle } from '#domain/candle.ts'
import { parseSymbol } from '#domain/ids.ts'
import { AppError } from '#domain/errors.ts'
import type { FromExchange, Quote } from '#engine/ports.ts'
import type { Clock } from '#platform/clock.ts'
import type { Logger } from '#platform/log/logger.ts'
import { BybitAdapter } from './bybit/bybit-adapter.ts'
import { CcxtClient, type Credentials } from './ccxt-client.ts'
import { LiveSession } from './live-session.ts'
import { RequestLanes } from './request-lanes.ts'
import { certifiedAddress } from './venue-address.ts'

/** Venues whose connector is written. */
export const LIVE_VENUES = ['bybit'] as const
export type LiveVenue = (typeof LIVE_VENUES)[number]

export interface LiveSessionConfig {
  readonly venue: LiveVenue
  /** Only an address of this machine; without one the venue on the internet is meant, which is refused. */
  readonly baseUrl?: string | undefined
  readonly symbols: readonly string[]
  readonly timeframes: readonly string[]
  readonly pollEveryMs: number
  /** How long one request may take; the venue refuses it when it arrives later. */
  readonly requestTimeoutMs: number
}

export interface LiveSessionPorts {
  readonly clock: Clock
  readonly log: Logger
  readonly keepCandles: (candles: readonly Candle[]) => void
  readonly toEngine: (message: FromExchange) => void
  readonly showMarket: (news: { readonly quotes: readonly Quote[]; readonly forming: readonly Candle[] }) => void
}

/** The venue allows 120 requests a second from one address; a quarter is left for other programs of the same person. */
const REQUESTS_PER_SECOND = 90
const IN_FLIGHT_MAX = 32
/** The venue takes a request until its timeout; what it has taken shows within as long again. */
const ACCEPTANCE_TIMEOUTS = 2
const SWEEP_POLLS = 5
const SWEEP_MIN_MS = 1_000
const QUOTES_MIN_MS = 250
const HISTORY_BARS = 500
const SILENCE_MIN_MS = 3_000

/** Builds the connector of a live account. Throws `REFUSED` for a venue that is not on this machine. */
export async function openLiveSession(config: LiveSessionConfig, credentials: Credentials, ports: LiveSessionPorts): Promise<LiveSession> {
  const baseUrl = certifiedAddress(config.venue, config.baseUrl)
  const { clock, log, keepCandles, toEngine, showMarket } = ports
  const client = await CcxtClient.open({ baseUrl, credentials, clock, timeoutMs: config.requestTimeoutMs })
  const lanes = new RequestLanes(clock, { requestsPerSecond: REQUESTS_PER_SECOND, inFlightMax: IN_FLIGHT_MAX })
  const adapter = new BybitAdapter({ client, lanes, clock, acceptanceWindowMs: config.requestTimeoutMs * ACCEPTANCE_TIMEOUTS })
  const { pollEveryMs } = config
  return new LiveSession({
    adapter,
    symbols: config.symbols.map(parseSymbol),
    timeframes: config.timeframes.map((text) => {
      if (!isTimeframe(text)) throw new AppError('CONFIG_INVALID', `${text} is not a timeframe. Nothing was started.`)
      return text
    }),
    pollEveryMs,
    sweepEveryMs: Math.max(SWEEP_MIN_MS, pollEveryMs * SWEEP_POLLS),
    quotesEveryMs: Math.max(QUOTES_MIN_MS, pollEveryMs),
    historyBars: HISTORY_BARS,
    silenceMaxMs: Math.max(SILENCE_MIN_MS, pollEveryMs * 3),
    keepCandles,
    toEngine,
    showMarket,
    clock,
    log,
  })
}
