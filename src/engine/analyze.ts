import { timeframeMs, type Candle } from '#domain/candle.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { Position } from '#domain/position.ts'
import type { TraderId } from '#domain/ids.ts'
import type { AnalyzeStep, TraderView } from './ports.ts'
import { positionKey, type EngineState } from './state.ts'
import type { AnalyzeDispatch } from './transaction.ts'

const AVERAGE_PRICE_SCALE = 10

/** A closed candle for each running or paused trader that follows it, in order of trader id. */
export function analyzeSteps(state: EngineState, candle: Candle, step: number): AnalyzeDispatch[] {
  const followers: TraderId[] = []
  for (const [traderId, { config, state: traderState }] of state.traders) {
    if (config.kind === 'manual' || (traderState !== 'running' && traderState !== 'paused')) continue
    if (config.timeframe === candle.timeframe && config.symbols.includes(candle.symbol)) followers.push(traderId)
  }
  return followers.sort().map((traderId) => ({ traderId, step: analyzeStep(state, traderId, candle, step) }))
}

function analyzeStep(state: EngineState, traderId: TraderId, candle: Candle, step: number): AnalyzeStep {
  return {
    type: 'AnalyzeStep',
    step,
    symbol: candle.symbol,
    timeframe: candle.timeframe,
    bar: {
      openTime: candle.openTime,
      open: Price.toNumber(candle.open),
      high: Price.toNumber(candle.high),
      low: Price.toNumber(candle.low),
      close: Price.toNumber(candle.close),
      volume: Quantity.toNumber(candle.volume),
    },
    view: traderView(state, traderId, candle),
    ts: candle.openTime + timeframeMs(candle.timeframe),
  }
}

function traderView(state: EngineState, traderId: TraderId, candle: Candle): TraderView {
  const key = positionKey(traderId, candle.symbol)
  const openOrders = state.workingByKey.get(key)?.size ?? 0
  const position = state.positions.get(key)
  if (position === undefined) return { positionQuantity: 0, unrealizedPnl: 0, openOrders }
  const average = Position.averagePrice(position, AVERAGE_PRICE_SCALE)
  return {
    positionQuantity: SignedQuantity.toNumber(position.quantity),
    averagePrice: average === undefined ? undefined : Price.toNumber(average),
    unrealizedPnl: Money.toNumber(Position.unrealizedPnl(position, candle.close)),
    openOrders,
  }
}
