import { AppError } from '#domain/errors.ts'
import type { StatusView } from '#contract/views.ts'
import type { Config } from '#platform/config/config.ts'
import type { ExchangeKeys } from '#platform/secrets/exchange-keys.ts'
import { PASSPHRASE_VARIABLE } from '#platform/secrets/secret-vault.ts'
import type { ExchangeStart } from './core/exchange-thread.ts'
import { identifyReplay, type ReplayOptions } from './replay.ts'

/** Which account a run trades: the demo's, a replay's, or one at a venue. */
export interface Account {
  /** As the exchange calls itself in facts and on screens. */
  readonly exchange: string
  readonly kind: 'paper' | 'live'
  readonly mode: StatusView['mode']
  /** What the journal is for: invented and real money never meet in one. */
  readonly purpose: string
  readonly lockStep: boolean
  readonly instance: string | undefined
  readonly start: ExchangeStart
}

export interface AccountOptions {
  readonly config: Config
  readonly env: Readonly<Record<string, string | undefined>>
  readonly replay?: ReplayOptions | undefined
  /** From the store of secrets; those of the environment go before. */
  readonly storedKeys?: ExchangeKeys | undefined
}

const PAPER = 'paper'

/** Throws `CONFIG_INVALID` when a live account lacks its keys. A replay is never live, whatever the configuration says. */
export function accountOf({ config, env, replay, storedKeys }: AccountOptions): Account {
  if (replay !== undefined) return replayAccount(config, replay)
  const { exchange } = config
  if (exchange.kind === 'live') return liveAccount(exchange, keysOf(env, storedKeys))
  const market = { kind: 'demo', candleEveryMs: config.demo.candle_every_ms } as const
  return {
    exchange: PAPER,
    kind: 'paper',
    mode: 'demo',
    purpose: 'demo',
    lockStep: false,
    instance: undefined,
    start: { worker: 'exchange', session: { seed: config.demo.seed, market } },
  }
}

function replayAccount(config: Config, replay: ReplayOptions): Account {
  const identity = identifyReplay(replay)
  const files = replay.files.map((path) => ({ path, symbol: replay.symbol, timeframe: replay.timeframe }))
  return {
    exchange: PAPER,
    kind: 'paper',
    mode: 'paper',
    purpose: `replay:${identity.id}`,
    lockStep: true,
    instance: identity.instance,
    start: { worker: 'exchange', session: { seed: config.paper.seed, market: { kind: 'replay', speed: replay.speed, files } } },
  }
}

function liveAccount(exchange: Extract<Config['exchange'], { readonly kind: 'live' }>, credentials: ExchangeKeys): Account {
  const { venue, account, base_url: baseUrl } = exchange
  return {
    exchange: venue,
    kind: 'live',
    mode: 'live',
    // A venue on this machine plays with invented money: its journal is another one.
    purpose: `live:${venue}:${account}${baseUrl === undefined ? '' : ':loopback'}`,
    lockStep: false,
    instance: undefined,
    start: {
      worker: 'venue',
      session: {
        venue,
        baseUrl,
        symbols: exchange.symbols,
        timeframes: exchange.timeframes,
        pollEveryMs: exchange.poll_ms,
        requestTimeoutMs: exchange.request_timeout_ms,
      },
      credentials,
    },
  }
}

/** Whether the environment names any key of an exchange: then it has to name both, and what is stored is not looked at. */
export function namesKeys(env: AccountOptions['env']): boolean {
  return [env['EXCHANGE_API_KEY'], env['EXCHANGE_API_SECRET']].some((value) => value !== undefined && value !== '')
}

function keysOf(env: AccountOptions['env'], stored: ExchangeKeys | undefined): ExchangeKeys {
  if (stored !== undefined && !namesKeys(env)) return stored
  return { apiKey: key(env, 'EXCHANGE_API_KEY'), secret: key(env, 'EXCHANGE_API_SECRET') }
}

function key(env: AccountOptions['env'], name: string): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  throw new AppError(
    'CONFIG_INVALID',
    `exchange.kind is live, and ${name} is not set in the environment, nor are keys of this account in the store of secrets that ${PASSPHRASE_VARIABLE} opens. Nothing was started. Keys are never taken from the configuration file.`,
  )
}
