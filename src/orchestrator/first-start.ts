import type { RiskLimitsSet } from '#domain/facts.ts'
import { parseTraderId, type InstrumentSymbol } from '#domain/ids.ts'
import type { Timeframe } from '#domain/candle.ts'
import type { TraderConfig } from '#domain/trader.ts'
import type { Config } from '#platform/config/config.ts'
import { AppError } from '#domain/errors.ts'
import { MANUAL_TRADER_ID } from './handlers/default-trader.ts'

/** The perpetual: its trader may go short as well, so it has something to do in the first half minute. */
const DEMO_SYMBOL = 'BTC/USDT:USDT'

/**
 * Traders of a fresh journal: one that trades on the demo's perpetual or, in a replay, on its first file, and the books of
 * people and programs. On a live account only the latter: nothing trades real money before a person said so.
 */
export function firstTraders(
  series: readonly { readonly symbol: InstrumentSymbol; readonly timeframe: Timeframe }[],
  kind: 'paper' | 'live',
): TraderConfig[] {
  const first = series.find(({ symbol }) => symbol === DEMO_SYMBOL) ?? series[0]
  if (first === undefined)
    throw new AppError('CONFIG_INVALID', 'The market gives no candles, so there is nothing to trade on. Nothing was started.')
  const { symbol, timeframe } = first
  const symbols = [symbol]
  const shared = { symbols, timeframe, params: {}, orderNotional: '1000', desired: 'running' } as const
  const manual = { ...shared, traderId: MANUAL_TRADER_ID, kind: 'manual', strategy: 'manual' } as const
  if (kind === 'live') return [manual]
  return [manual, { ...shared, traderId: parseTraderId('demo'), kind: 'strategy', strategy: 'ema-cross' }]
}

/** Limits of a fresh journal, from the configuration; later ones come from people, through the gate's own command. */
export function firstLimits(risk: Config['risk']): RiskLimitsSet {
  return {
    type: 'RiskLimitsSet',
    ts: 0,
    by: 'configuration',
    limits: {
      maxOrderNotional: risk.max_order_notional,
      maxPositionNotional: risk.max_position_notional,
      maxOpenPositions: risk.max_open_positions,
      maxDailyLoss: risk.max_daily_loss,
      maxOrdersPerSecond: risk.max_orders_per_second,
      priceCollarBps: risk.price_collar_bps,
      referenceMaxAgeMs: risk.reference_max_age_ms,
      maxOpenOrders: risk.max_open_orders,
      unprotectedPolicy: risk.unprotected_policy,
    },
  }
}
