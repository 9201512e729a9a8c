import type {
  AccountOpened,
  CandleClosed,
  DifferenceFound,
  EquityMarked,
  InstrumentListed,
  OrderAmended,
  OrderAmendRequested,
  OrderFilled,
  OrderStatusChanged,
  OrderSubmitted,
  PositionAssigned,
  ProtectionMoved,
  ProtectionSet,
  ReconciliationDone,
  SignalDecided,
  TraderChanged,
} from '#domain/facts.ts'
import { isWorking } from '#domain/order.ts'
import type { Row } from './tables.ts'

/** What one fact says, in columns. Where it comes from (`seq`, `ts_ms`) is added by the fold. */
export function instrumentRow(fact: InstrumentListed): Row {
  return {
    exchange: fact.exchange,
    symbol: fact.symbol,
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

export function openingRow({ exchange, currency, balance }: AccountOpened): Row {
  return {
    exchange,
    currency,
    opening: true,
    start: balance,
    realized: '0',
    unrealized: '0',
    fees: '0',
    equity: balance,
    exposure: '0',
    reserved: '0',
  }
}

export function equityRow(fact: EquityMarked): Row {
  const { exchange, currency, start, realized, unrealized, fees, equity, exposure, reserved } = fact
  return { exchange, currency, opening: false, start, realized, unrealized, fees, equity, exposure, reserved }
}

export function signalRow(fact: SignalDecided): Row {
  return {
    signal_id: fact.signalId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    symbol: fact.symbol,
    action: fact.action,
    quantity: fact.quantity,
    confidence: fact.confidence,
    stop_loss: fact.stopLoss,
    take_profit: fact.takeProfit,
    expires_at_ms: fact.expiresAt,
    note: fact.note,
    step_time_ms: fact.stepTime,
    outcome: fact.outcome,
    reason: fact.reason,
    value: fact.value,
    limit_value: fact.limit,
    client_order_id: fact.clientOrderId,
  }
}

export function orderRow(fact: OrderSubmitted): Row {
  return {
    client_order_id: fact.clientOrderId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    signal_id: fact.signalId,
    exchange: fact.exchange,
    symbol: fact.symbol,
    side: fact.side,
    order_type: fact.orderType,
    purpose: fact.purpose,
    quantity: fact.quantity,
    price: fact.price,
    reference_price: fact.referencePrice,
    reduce_only: fact.reduceOnly,
    stop_loss: fact.stopLoss,
    take_profit: fact.takeProfit,
    status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
    filled_quantity: '0',
    filled_notional: '0',
    time_in_force: fact.timeInForce ?? 'GTC',
    post_only: fact.postOnly ?? false,
    trigger_price: fact.triggerPrice,
    trail: fact.trailing,
    high_water: fact.highWater,
    execution: fact.execution ?? 'NATIVE',
    triggered: false,
    oco_group: fact.ocoGroup,
    ladder_level: fact.ladderLevel,
    replaces: fact.replaces,
    protection: fact.protection,
  }
}

export function statusPatch(fact: OrderStatusChanged): Row {
  return {
    status: fact.status,
    reason: fact.reason ?? null,
    ...present({ exchange_order_id: fact.exchangeOrderId }),
    ...(isWorking(fact.status) ? {} : { amending: null }),
  }
}

export function fillPatch(fact: OrderFilled): Row {
  return {
    status: fact.orderStatus,
    ...present({ exchange_order_id: fact.exchangeOrderId }),
    filled_quantity: fact.orderFilledQuantity,
    filled_notional: fact.orderFilledNotional,
    ...(isWorking(fact.orderStatus) ? {} : { amending: null }),
  }
}

export function amendRequestPatch({ quantity, price, triggerPrice, replace }: OrderAmendRequested): Row {
  return { amending: present({ quantity, price, triggerPrice, replace }) }
}

export function amendedPatch(fact: OrderAmended): Row {
  const { quantity, price, triggerPrice, highWater, triggered, reason } = fact
  return { quantity, ...present({ price, trigger_price: triggerPrice, high_water: highWater, triggered, reason }), amending: null }
}

/** Facts are JSON: what is absent has no key, and a patch leaves it as it is. */
function present(columns: Row): Row {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

export function tradeRow(fact: OrderFilled): Row {
  return {
    exchange: fact.exchange,
    symbol: fact.symbol,
    trade_id: fact.tradeId,
    client_order_id: fact.clientOrderId,
    exchange_order_id: fact.exchangeOrderId,
    trader_id: fact.traderId,
    strategy: fact.strategy,
    side: fact.side,
    price: fact.price,
    quantity: fact.quantity,
    fee: fact.fee,
    fee_currency: fact.feeCurrency,
    liquidity: fact.liquidity,
    realized_pnl: fact.realizedPnl,
    cash_after: fact.cash,
  }
}

export function positionRow({ traderId, symbol, exchange, position }: OrderFilled | PositionAssigned): Row {
  return {
    trader_id: traderId,
    symbol,
    exchange,
    quantity: position.quantity,
    entry_cost: position.entryCost,
    realized_pnl: position.realizedPnl,
    fees: position.fees,
    opened_at_ms: position.openedAt,
    stop_loss: position.stopLoss,
    take_profit: position.takeProfit,
  }
}

export function candleRow(fact: CandleClosed): Row {
  const { symbol, timeframe, openTime, open, high, low, close, volume } = fact
  return { symbol, timeframe, open_time_ms: openTime, open, high, low, close, volume }
}

export function traderRow({ traderId, config, state, reason }: TraderChanged): Row {
  return {
    trader_id: traderId,
    strategy: config.strategy,
    kind: config.kind,
    state,
    desired: config.desired,
    timeframe: config.timeframe,
    symbols: config.symbols,
    order_notional: config.orderNotional,
    params: config.params,
    reason,
    removed: false,
  }
}

export function protectionRow({ traderId, symbol, plan, by }: ProtectionSet): Row {
  return {
    trader_id: traderId,
    symbol,
    plan,
    set_by: by,
    stop_in_force: plan?.stopLoss,
    stop_cause: plan?.stopLoss === undefined ? undefined : 'SET',
  }
}

export function protectionPatch({ stopLoss, highWater, closing, cause }: ProtectionMoved): Row {
  return {
    ...(stopLoss === undefined ? {} : { stop_in_force: stopLoss, stop_cause: cause }),
    ...present({ high_water: highWater, closing }),
  }
}

/** Nothing guards a position that is closed. */
export const PROTECTION_ENDED: Row = {
  plan: null,
  set_by: null,
  stop_in_force: null,
  stop_cause: null,
  high_water: null,
  closing: null,
}

export function differenceRow({ difference }: DifferenceFound): Row {
  return {
    difference_id: difference.differenceId,
    kind: difference.kind,
    exchange: difference.exchange,
    symbol: difference.symbol,
    currency: difference.currency,
    client_order_id: difference.clientOrderId,
    exchange_order_id: difference.exchangeOrderId,
    ours: difference.ours,
    theirs: difference.theirs,
    cause: difference.cause,
    suggestion: difference.suggestion,
    blocking: difference.blocking,
    state: 'OPEN',
  }
}

export function reconciliationRow(fact: ReconciliationDone): Row {
  const { exchange, trigger, orders, positions, fills, recoveredFills, openDifferences } = fact
  return { exchange, trigger, orders, positions, fills, recovered_fills: recoveredFills, open_differences: openDifferences }
}
