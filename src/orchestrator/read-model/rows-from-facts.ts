import type { AlertView, AuditView, CandleEvent, InstrumentView, RiskLimitsView, SignalView, TradeView } from '#contract/views.ts'
import type { ActionAudited, AlertRaised, CandleClosed, InstrumentListed, OrderFilled, SignalDecided } from '#domain/facts.ts'
import type { RiskLimits } from '#domain/risk.ts'

/** Facts that become a row as they are. */
export function signalView(fact: SignalDecided, seq: number): SignalView {
  return {
    id: fact.signalId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    symbol: fact.symbol,
    action: fact.action,
    quantity: fact.quantity ?? null,
    confidence: fact.confidence ?? null,
    stop_loss: fact.stopLoss ?? null,
    take_profit: fact.takeProfit ?? null,
    note: fact.note ?? null,
    outcome: fact.outcome,
    reason: fact.reason,
    value: fact.value ?? null,
    limit: fact.limit ?? null,
    order_id: fact.clientOrderId ?? null,
    ts: fact.ts,
    seq,
  }
}

export function tradeView(fact: OrderFilled, seq: number): TradeView {
  return {
    id: fact.tradeId,
    order_id: fact.clientOrderId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    exchange: fact.exchange,
    symbol: fact.symbol,
    side: fact.side,
    price: fact.price,
    quantity: fact.quantity,
    fee: fact.fee,
    fee_currency: fact.feeCurrency,
    liquidity: fact.liquidity,
    realized_pnl: fact.realizedPnl,
    ts: fact.ts,
    seq,
  }
}

export function instrumentView(fact: InstrumentListed): InstrumentView {
  return {
    symbol: fact.symbol,
    exchange: fact.exchange,
    kind: fact.kind,
    base: fact.base,
    quote: fact.quote,
    settle: fact.settle,
    tick_size: fact.tickSize,
    lot_size: fact.lotSize,
    min_quantity: fact.minQuantity,
    min_notional: fact.minNotional,
    maker_fee_bps: fact.makerFeeBps,
    taker_fee_bps: fact.takerFeeBps,
  }
}

export function candleEvent(fact: CandleClosed): CandleEvent {
  const { symbol, timeframe, openTime, open, high, low, close, volume } = fact
  return { symbol, timeframe, closed: true, candle: { open_time: openTime, open, high, low, close, volume } }
}

export function alertView(fact: AlertRaised, seq: number): AlertView {
  return {
    severity: fact.severity,
    code: fact.code,
    message: fact.message,
    trader_id: fact.traderId ?? null,
    symbol: fact.symbol ?? null,
    ts: fact.ts,
    seq,
  }
}

export function auditView(fact: ActionAudited, seq: number): AuditView {
  return {
    actor: fact.actor,
    action: fact.action,
    target: fact.target,
    reason: fact.reason ?? null,
    before: fact.before ?? null,
    after: fact.after ?? null,
    ts: fact.ts,
    seq,
  }
}

export function riskLimitsView(limits: RiskLimits): RiskLimitsView {
  return {
    max_order_notional: limits.maxOrderNotional,
    max_position_notional: limits.maxPositionNotional,
    max_open_positions: limits.maxOpenPositions,
    max_daily_loss: limits.maxDailyLoss,
    max_orders_per_second: limits.maxOrdersPerSecond,
    price_collar_bps: limits.priceCollarBps,
    reference_max_age_ms: limits.referenceMaxAgeMs,
    max_open_orders: limits.maxOpenOrders,
    unprotected_policy: limits.unprotectedPolicy,
  }
}
