import type { Fact, JournalEntry, PositionRecord } from '#domain/facts.ts'

/** A cell as Postgres writes it as text; JSON columns as JSON values. */
type Cell = string | number | boolean | null | object | undefined
type Cells = Record<string, Cell>
type Place = Readonly<Record<'seq' | 'ts_ms', number>>

/** Every table as it should be after these facts: table → key → columns. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, Readonly<Cells>>>

const ENDED: ReadonlySet<Cell> = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'])

/** The fields of a fact whose names are the columns'. */
function fields({ type: _type, ts: _ts, ...cells }: Fact): Cells {
  return cells
}

/**
 * The journal folded a second time, by other code than the replica's: one fact after the other on plain maps, no batches, no
 * patches. What the two agree on is not a mistake they share.
 */
export class ExpectedTables {
  readonly #tables = new Map<string, Map<string, Cells>>()

  add(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.#apply(entry)
  }

  get tables(): Tables {
    return this.#tables
  }

  #table(name: string): Map<string, Cells> {
    let table = this.#tables.get(name)
    if (table === undefined) this.#tables.set(name, (table = new Map()))
    return table
  }

  #apply({ seq, fact }: JournalEntry): void {
    const at: Place = { seq, ts_ms: fact.ts }
    this.#table('events').set(String(seq), { ...at, type: fact.type, payload: fact })
    if ('strategy' in fact || fact.type === 'TraderChanged') this.#strategy('strategy' in fact ? fact.strategy : fact.config.strategy, at)
    const handler = this.#handlers[fact.type] as (fact: Fact, at: Place) => void
    handler(fact, at)
  }

  #strategy(name: string, at: Place): void {
    const before = this.#table('strategies').get(name)
    const first = { first_seq: before?.['first_seq'] ?? at.seq, first_ts_ms: before?.['first_ts_ms'] ?? at.ts_ms }
    this.#table('strategies').set(name, { name, ...first, ...at })
  }

  /** A row for each fact, its fields renamed. */
  #plain(table: string, at: Place, cells: Cells): void {
    this.#table(table).set(String(at.seq), { ...cells, ...at })
  }

  #order(id: string, at: Place, change: (order: Cells) => void): void {
    const order = this.#table('orders').get(id)
    if (order === undefined) throw new Error(`fact ${at.seq} speaks of order ${id}, which was never submitted`)
    change(order)
    order['updated_seq'] = at.seq
    order['updated_ts_ms'] = at.ts_ms
    if (ENDED.has(order['status'])) order['amending'] = undefined
  }

  #holds(who: { readonly traderId: string; readonly symbol: string; readonly exchange: string }, record: PositionRecord, at: Place): void {
    const key = `${who.traderId} ${who.symbol}`
    const guard = this.#table('protection').get(key)
    const isFlat = Number(record.quantity) === 0
    if (isFlat && guard !== undefined) this.#table('protection').set(key, { trader_id: who.traderId, symbol: who.symbol, ...at })
    this.#table('positions').set(key, {
      trader_id: who.traderId,
      symbol: who.symbol,
      exchange: who.exchange,
      quantity: record.quantity,
      entry_cost: record.entryCost,
      realized_pnl: record.realizedPnl,
      fees: record.fees,
      opened_at_ms: record.openedAt,
      stop_loss: record.stopLoss,
      take_profit: record.takeProfit,
      stop_in_force: isFlat ? undefined : guard?.['plan'] ? guard['stop_in_force'] : record.stopLoss,
      ...at,
    })
  }

  #stopIs(key: string, stop: Cell): void {
    const position = this.#table('positions').get(key)
    if (position !== undefined && Number(position['quantity']) !== 0) position['stop_in_force'] = stop
  }

  readonly #handlers: { readonly [Type in Fact['type']]: (fact: Extract<Fact, { readonly type: Type }>, at: Place) => void } = {
    InstrumentListed: (fact, at) =>
      this.#table('instruments').set(`${fact.exchange} ${fact.symbol}`, {
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
        ...at,
      }),
    AccountOpened: ({ exchange, currency, balance }, at) =>
      this.#plain('balances', at, {
        exchange,
        currency,
        opening: true,
        start: balance,
        equity: balance,
        realized: '0',
        unrealized: '0',
        fees: '0',
        exposure: '0',
        reserved: '0',
      }),
    EquityMarked: (fact, at) => this.#plain('balances', at, { ...fields(fact), opening: false }),
    TraderChanged: ({ traderId, config, state, reason }, at) =>
      this.#table('traders').set(traderId, {
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
        ...at,
      }),
    TraderRemoved: ({ traderId }, at) => {
      const trader = this.#table('traders').get(traderId)
      if (trader !== undefined) Object.assign(trader, { removed: true, ...at })
    },
    SignalDecided: (fact, at) =>
      this.#plain('signals', at, {
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
      }),
    OrderSubmitted: (fact, at) =>
      this.#table('orders').set(fact.clientOrderId, {
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
        protection: fact.protection,
        time_in_force: fact.timeInForce ?? 'GTC',
        post_only: fact.postOnly === true,
        trigger_price: fact.triggerPrice,
        trail: fact.trailing,
        high_water: fact.highWater,
        execution: fact.execution ?? 'NATIVE',
        triggered: false,
        oco_group: fact.ocoGroup,
        ladder_level: fact.ladderLevel,
        replaces: fact.replaces,
        status: fact.execution === 'EMULATED' ? 'EMULATED' : 'SUBMITTED',
        filled_quantity: '0',
        filled_notional: '0',
        ...at,
        updated_seq: at.seq,
        updated_ts_ms: at.ts_ms,
      }),
    OrderStatusChanged: (fact, at) =>
      this.#order(fact.clientOrderId, at, (order) => {
        order['status'] = fact.status
        order['reason'] = fact.reason
        order['exchange_order_id'] = fact.exchangeOrderId ?? order['exchange_order_id']
      }),
    OrderAmendRequested: ({ clientOrderId, quantity, price, triggerPrice, replace }, at) =>
      this.#order(clientOrderId, at, (order) => {
        order['amending'] = { quantity, price, triggerPrice, replace }
      }),
    OrderAmended: (fact, at) =>
      this.#order(fact.clientOrderId, at, (order) => {
        order['quantity'] = fact.quantity
        order['price'] = fact.price ?? order['price']
        order['trigger_price'] = fact.triggerPrice ?? order['trigger_price']
        order['high_water'] = fact.highWater ?? order['high_water']
        order['triggered'] = fact.triggered ?? order['triggered']
        order['reason'] = fact.reason ?? order['reason']
        order['amending'] = undefined
        order['amended_seq'] = at.seq
      }),
    OrderFilled: (fact, at) => {
      this.#plain('trades', at, {
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
      })
      this.#order(fact.clientOrderId, at, (order) => {
        order['status'] = fact.orderStatus
        order['exchange_order_id'] = fact.exchangeOrderId ?? order['exchange_order_id']
        order['filled_quantity'] = fact.orderFilledQuantity
        order['filled_notional'] = fact.orderFilledNotional
      })
      this.#holds(fact, fact.position, at)
    },
    PositionAssigned: (fact, at) => this.#holds(fact, fact.position, at),
    ProtectionSet: ({ traderId, symbol, plan, by }, at) => {
      const key = `${traderId} ${symbol}`
      const stop = plan?.stopLoss
      this.#table('protection').set(key, {
        trader_id: traderId,
        symbol,
        plan: plan ?? undefined,
        set_by: by,
        stop_in_force: stop,
        stop_cause: stop === undefined ? undefined : 'SET',
        ...at,
      })
      this.#stopIs(key, stop)
    },
    ProtectionMoved: ({ traderId, symbol, stopLoss, highWater, closing, cause }, at) => {
      const key = `${traderId} ${symbol}`
      const guard = this.#table('protection').get(key)
      if (guard === undefined) return
      Object.assign(guard, at)
      if (stopLoss !== undefined) Object.assign(guard, { stop_in_force: stopLoss, stop_cause: cause })
      if (highWater !== undefined) guard['high_water'] = highWater
      if (closing !== undefined) guard['closing'] = closing
      // Nothing guards: what moved is remembered, but it is no stop in force.
      this.#stopIs(key, guard['plan'] === undefined ? undefined : guard['stop_in_force'])
    },
    DifferenceFound: ({ difference }, at) => {
      const before = this.#table('differences').get(difference.differenceId)
      const isOpen = before?.['state'] === 'OPEN'
      this.#table('differences').set(difference.differenceId, {
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
        found_seq: isOpen ? before['found_seq'] : at.seq,
        found_ts_ms: isOpen ? before['found_ts_ms'] : at.ts_ms,
        ...at,
      })
    },
    DifferenceClosed: ({ differenceId, decision, by, reason, traderId }, at) => {
      const row = this.#table('differences').get(differenceId)
      if (row === undefined) return
      Object.assign(row, { state: decision === 'GONE' ? 'GONE' : 'DECIDED', decision, decided_by: by, reason, trader_id: traderId, ...at })
    },
    ReconciliationDone: (fact, at) =>
      this.#plain('reconciliations', at, {
        exchange: fact.exchange,
        trigger: fact.trigger,
        orders: fact.orders,
        positions: fact.positions,
        fills: fact.fills,
        recovered_fills: fact.recoveredFills,
        open_differences: fact.openDifferences,
      }),
    CandleClosed: ({ symbol, timeframe, openTime, open, high, low, close, volume }, { seq }) =>
      this.#table('candles').set(`${symbol} ${timeframe} ${openTime}`, {
        symbol,
        timeframe,
        open_time_ms: openTime,
        open,
        high,
        low,
        close,
        volume,
        seq,
      }),
    TradingHalted: ({ by, reason, flatten }, at) => this.#plain('halts', at, { action: 'HALTED', done_by: by, reason, flatten }),
    TradingResumed: ({ by, reason }, at) => this.#plain('halts', at, { action: 'RESUMED', done_by: by, reason }),
    RiskLimitsSet: ({ by, limits }, at) => this.#plain('risk_limits', at, { set_by: by, limits }),
    AlertRaised: ({ severity, code, message, traderId, symbol }, at) =>
      this.#plain('alerts', at, { severity, code, message, trader_id: traderId, symbol }),
    ActionAudited: (fact, at) => this.#plain('audit', at, fields(fact)),
  }
}
