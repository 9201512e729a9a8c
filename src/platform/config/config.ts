import { existsSync, readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { isTimeframe } from '#domain/candle.ts'
import { AppError } from '#domain/errors.ts'
import { UNPROTECTED_POLICIES, DEFAULT_RISK_LIMITS } from '#domain/risk.ts'
import { rollBackSettings } from './roll-back-settings.ts'

const decimal = z.string().regex(/^\d{1,20}(\.\d{1,12})?$/, 'positive decimal text in quotes, e.g. "250.5"')
const port = z.number().int().min(0).max(65_535)

const liveSymbol = z.string().regex(/^[A-Z0-9]{1,15}\/USDT:USDT$/, 'a perpetual settled in USDT, e.g. "BTC/USDT:USDT"')

/** `paper` trades against the demo market. `live` trades a real account; its keys come from the environment or the store of secrets, never from here. */
const exchange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('paper') }),
  z.strictObject({
    kind: z.literal('live'),
    venue: z.enum(['bybit']),
    /** Names the account among several at one venue; the journal belongs to it. */
    account: z
      .string()
      .regex(/^[a-z0-9-]{1,20}$/)
      .default('main'),
    symbols: z.array(liveSymbol).min(1).max(20),
    timeframes: z.array(z.string().refine(isTimeframe, 'a timeframe such as 1m, 5m, 1h')).min(1).max(6).default(['1m']),
    /** Only an address of this machine: no venue on the internet is certified in this build. */
    base_url: z.string().max(200).optional(),
    /** How often orders and fills are asked for, milliseconds. */
    poll_ms: z.number().int().min(50).max(10_000).default(500),
    /** How long one request may take, milliseconds; twice that is waited before an order may be called absent. */
    request_timeout_ms: z.number().int().min(500).max(30_000).default(5_000),
  }),
])

/** Everything `config.yaml` may say. A key that is not here is an error: a misspelt limit must not pass as none. */
export const configSchema = z.strictObject({
  database: z
    .strictObject({
      mode: z.enum(['embedded', 'external', 'none']).default('embedded'),
      host: z.string().optional(),
      port: port.optional(),
      user: z.string().optional(),
      password: z.string().optional(),
      database: z.string().optional(),
      ssl: z.boolean().optional(),
      /** Live accounts are leased in this database too, so that machines which share it exclude each other. Trading then stops with the connection. */
      account_lease: z.boolean().default(false),
    })
    .prefault({}),
  api: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8080) }).prefault({}),
  exchange: exchange.prefault({ kind: 'paper' }),
  demo: z
    .strictObject({
      seed: z.string().min(1).max(80).default('demo'),
      /** Milliseconds of wall time for one market minute. */
      candle_every_ms: z.number().int().min(20).max(60_000).default(1_000),
    })
    .prefault({}),
  paper: z.strictObject({ seed: z.string().min(1).max(80).default('paper') }).prefault({}),
  risk: z
    .strictObject({
      max_order_notional: decimal.default(DEFAULT_RISK_LIMITS.maxOrderNotional),
      max_position_notional: decimal.default(DEFAULT_RISK_LIMITS.maxPositionNotional),
      max_open_positions: z.number().int().min(1).default(DEFAULT_RISK_LIMITS.maxOpenPositions),
      max_daily_loss: decimal.default(DEFAULT_RISK_LIMITS.maxDailyLoss),
      max_orders_per_second: z.number().int().min(1).default(DEFAULT_RISK_LIMITS.maxOrdersPerSecond),
      price_collar_bps: decimal.default(DEFAULT_RISK_LIMITS.priceCollarBps),
      reference_max_age_ms: z.number().int().min(1_000).default(DEFAULT_RISK_LIMITS.referenceMaxAgeMs),
      max_open_orders: z.number().int().min(1).default(DEFAULT_RISK_LIMITS.maxOpenOrders),
      unprotected_policy: z.enum(UNPROTECTED_POLICIES).default(DEFAULT_RISK_LIMITS.unprotectedPolicy),
    })
    .prefault({}),
  traders: z
    .strictObject({
      /** A strategy thread that gives no sign of life for this long is ended. Milliseconds. */
      silence_max_ms: z.number().int().min(500).max(600_000).default(5_000),
      max: z.number().int().min(1).max(500).default(50),
    })
    .prefault({}),
  roll_back: rollBackSettings,
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
})
export type Config = z.infer<typeof configSchema>

/** Reads the file if there is one. Throws `CONFIG_INVALID` with the path of each wrong key; nothing is started then. */
export function readConfig(file: string, required: boolean): Config {
  if (!existsSync(file)) {
    if (required)
      throw new AppError('CONFIG_INVALID', `There is no configuration file at ${file}. Nothing was started. Check the path after --config.`)
    return configSchema.parse({})
  }
  const document = parseDocument(readFileSync(file, 'utf8'))
  const problem = document.errors[0]
  if (problem !== undefined) throw new AppError('CONFIG_INVALID', `${file} is not valid YAML: ${problem.message}. Nothing was started.`)
  const parsed = configSchema.safeParse(document.toJS() ?? {})
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`)
  throw new AppError(
    'CONFIG_INVALID',
    `${file} cannot be used:\n  ${lines.join('\n  ')}\nNothing was started. Correct these lines and start again.`,
  )
}
