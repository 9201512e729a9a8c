import type { Fact, JournalEntry } from '#domain/facts.ts'
import { parseClientOrderId, parseSymbol, parseTraderId, type ClientOrderId } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { EngineAnswer, EngineCommand, ManualOrder } from '#engine/ports.ts'
import { startFront, START_TS } from './workstation-front.ts'

export const SYMBOL = parseSymbol('BTC/USDT')
export const MANUAL = parseTraderId('manual')

type OrderPart = Partial<Extract<Fact, { readonly type: 'OrderSubmitted' }>>
/** Any fact without its time. */
export type Happening = Fact extends infer F ? (F extends Fact ? Omit<F, 'ts'> : never) : never

/**
 * Handlers and stream over facts that a test writes itself and an engine that answers as it is told: for what stands in
 * front of the engine. Every command it was given is kept.
 */
export class ScriptedFront {
  readonly commands: EngineCommand[] = []
  now = START_TS
  readonly front
  #orders = 0

  constructor() {
    this.front = startFront({ engine: { request: async (command) => this.#answer(command) } })
  }

  get readModel() {
    return this.front.readModel
  }

  /** Time passes and something happens, in this order. */
  happens(...facts: readonly Happening[]): void {
    this.feed(facts.map((fact) => ({ ...fact, ts: this.now }) as Fact))
  }

  feed(facts: readonly Fact[]): void {
    const first = this.readModel.lastSeq + 1
    this.front.stream.onEntries(facts.map((fact, i): JournalEntry => ({ seq: first + i, fact })))
  }

  later(ms: number): void {
    this.now += ms
  }

  price(close: string): void {
    this.now += 60_000 - (this.now % 60_000)
    this.happens({
      type: 'CandleClosed',
      symbol: SYMBOL,
      timeframe: '1m',
      openTime: this.now - 60_000,
      open: close,
      high: close,
      low: close,
      close,
      volume: '1',
    })
  }

  equity(equity: string, unrealized = '0'): void {
    this.happens({
      type: 'EquityMarked',
      exchange: 'paper',
      currency: 'USDT',
      start: '10000',
      realized: '0',
      unrealized,
      fees: '0',
      equity,
      exposure: '0',
      reserved: '0',
    })
  }

  submit(part: OrderPart = {}): ClientOrderId {
    this.#orders += 1
    const clientOrderId = parseClientOrderId(`test${this.#orders.toString(36).padStart(22, '0')}`)
    this.happens({
      type: 'OrderSubmitted',
      clientOrderId,
      traderId: MANUAL,
      strategy: 'manual',
      exchange: 'paper',
      symbol: SYMBOL,
      side: 'BUY',
      orderType: 'LIMIT',
      purpose: 'ENTRY',
      quantity: '0.01',
      price: '99000',
      referencePrice: '99000',
      reduceOnly: false,
      ...part,
    })
    return clientOrderId
  }

  status(clientOrderId: ClientOrderId, status: Extract<Fact, { readonly type: 'OrderStatusChanged' }>['status'], reason?: string): void {
    this.happens({ type: 'OrderStatusChanged', clientOrderId, symbol: SYMBOL, traderId: MANUAL, status, reason })
  }

  /** Fills the whole order; `quantity` of the position after it, signed. */
  fill(
    clientOrderId: ClientOrderId,
    fill: { readonly price: string; readonly quantity: string; readonly after: string; readonly realized?: string },
  ): void {
    const order = this.readModel.order(clientOrderId)
    const cost = fixed.format(fixed.multiply(fixed.parse(fill.price), fixed.parse(fill.after)))
    this.happens({
      type: 'OrderFilled',
      tradeId: `t-${clientOrderId}` as never,
      clientOrderId,
      traderId: MANUAL,
      strategy: 'manual',
      exchange: 'paper',
      symbol: SYMBOL,
      side: order?.side ?? 'BUY',
      price: fill.price,
      quantity: fill.quantity,
      fee: '0.1',
      feeCurrency: 'USDT',
      liquidity: 'TAKER',
      realizedPnl: fill.realized ?? '0',
      orderStatus: 'FILLED',
      orderFilledQuantity: fill.quantity,
      orderFilledNotional: fixed.format(fixed.multiply(fixed.parse(fill.price), fixed.parse(fill.quantity))),
      position: { quantity: fill.after, entryCost: cost, realizedPnl: fill.realized ?? '0', fees: '0.1', openedAt: this.now },
      cash: '10000',
    })
  }

  difference(part: Partial<Extract<Fact, { readonly type: 'DifferenceFound' }>['difference']> & { readonly differenceId: string }): void {
    this.happens({
      type: 'DifferenceFound',
      difference: {
        kind: 'POSITION',
        exchange: 'paper',
        symbol: SYMBOL,
        ours: '0.01',
        theirs: '0.02',
        cause: 'traded elsewhere',
        suggestion: 'ADOPT',
        blocking: true,
        ...part,
      },
    })
  }

  compared(trigger: Extract<Fact, { readonly type: 'ReconciliationDone' }>['trigger'], openDifferences = 0, recoveredFills = 0): void {
    this.happens({
      type: 'ReconciliationDone',
      exchange: 'paper',
      trigger,
      orders: 3,
      positions: 1,
      fills: 12,
      recoveredFills,
      openDifferences,
    })
  }

  #answer(command: EngineCommand): EngineAnswer {
    this.commands.push(command)
    switch (command.type) {
      case 'SubmitOrder':
        return { type: 'Decisions', decisions: [this.#accept(command.order)] }
      case 'SubmitOcoOrders':
        return { type: 'Decisions', decisions: command.orders.map((order) => this.#accept(order, `oco-${this.#orders}`)) }
      case 'SubmitSignals':
        return {
          type: 'Decisions',
          decisions: command.signals.map(({ signalId }) => ({ signalId, outcome: 'ACCEPTED', reason: 'ACCEPTED' })),
        }
      case 'AmendOrder':
        return this.#amend(command)
      case 'SetProtection':
        this.happens({ type: 'ProtectionSet', traderId: command.traderId, symbol: command.symbol, plan: command.plan, by: command.by })
        this.#audit(command.by, 'set-protection', `${command.traderId} ${command.symbol}`)
        return this.#done()
      case 'DecideDifference':
        this.happens({ ...command, type: 'DifferenceClosed' })
        this.#audit(command.by, 'decide-difference', command.differenceId, command.reason)
        return this.#done()
      case 'Reconcile':
        this.compared('PERSON', this.readModel.reconcile.open)
        return this.#done()
      case 'Record':
        this.feed(command.facts.map((fact) => ({ ...fact, ts: this.now })))
        return this.#done()
      case 'CancelOrder':
        this.status(command.clientOrderId, 'CANCELED')
        return this.#done()
      case 'ClosePosition':
      case 'Halt':
      case 'Resume':
        return { type: 'Refused', code: 'REFUSED', message: 'not scripted' }
    }
  }

  #accept(order: ManualOrder, ocoGroup?: string) {
    const conditional = order.type !== 'MARKET' && order.type !== 'LIMIT'
    const clientOrderId = this.submit({
      symbol: order.symbol,
      side: order.side,
      orderType: order.type,
      quantity: fixed.format(order.quantity),
      price: order.price && fixed.format(order.price),
      triggerPrice: order.triggerPrice && fixed.format(order.triggerPrice),
      trailing: order.trailing,
      timeInForce: order.timeInForce,
      postOnly: order.postOnly,
      reduceOnly: order.reduceOnly,
      protection: order.protection,
      stopLoss: order.stopLoss && fixed.format(order.stopLoss),
      takeProfit: order.takeProfit && fixed.format(order.takeProfit),
      execution: conditional ? 'EMULATED' : 'NATIVE',
      ocoGroup,
    })
    if (!conditional) this.status(clientOrderId, 'ACCEPTED')
    return { signalId: order.signalId, outcome: 'ACCEPTED', reason: 'ACCEPTED', clientOrderId } as const
  }

  #amend(command: Extract<EngineCommand, { readonly type: 'AmendOrder' }>): EngineAnswer {
    const order = this.readModel.order(command.clientOrderId)
    const text = (value: fixed.Fixed<string> | undefined): string | undefined => value && fixed.format(value)
    this.happens(
      {
        type: 'OrderAmended',
        clientOrderId: command.clientOrderId,
        symbol: SYMBOL,
        traderId: MANUAL,
        quantity: text(command.quantity) ?? order?.quantity ?? '0',
        price: text(command.price),
        triggerPrice: text(command.triggerPrice),
      },
      { type: 'ActionAudited', actor: command.by, action: 'amend-order', target: command.clientOrderId },
    )
    return this.#done()
  }

  #audit(actor: string, action: string, target: string, reason?: string): void {
    this.happens({ type: 'ActionAudited', actor, action, target, reason })
  }

  #done(): EngineAnswer {
    return { type: 'Done', seq: this.readModel.lastSeq }
  }
}
