import type { Fact } from '#domain/facts.ts'
import { parseExchangeOrderId, parseTradeId, type ClientOrderId, type ExchangeOrderId, type InstrumentSymbol } from '#domain/ids.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Money } from '#domain/money/money.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import type { OrderSide } from '#domain/order.ts'
import type {
  AccountSnapshot,
  ExchangeCapabilities,
  ExchangeCommand,
  ExchangeReport,
  OrderRequest,
  VenueFill,
  VenueOrder,
} from '#engine/ports.ts'
import { BTC, ETH_PERP, EngineDriver, instrumentOf, OTHER_TRADER } from './engine-driver.ts'

export const LIVE: ExchangeCapabilities = {
  orderTypes: ['MARKET', 'LIMIT'],
  timesInForce: ['GTC'],
  postOnly: false,
  amend: false,
  accountQuery: true,
  acceptanceWindowMs: 5_000,
}

interface Held {
  readonly request: Omit<OrderRequest, 'clientOrderId'> & { readonly clientOrderId?: string | undefined }
  readonly exchangeOrderId: ExchangeOrderId
  filled: Quantity
  state: 'OPEN' | 'FILLED' | 'CANCELED'
}

export interface External {
  readonly symbol?: InstrumentSymbol
  readonly side?: OrderSide
  readonly quantity: string
  readonly price?: string
}

/**
 * What an exchange holds, by hand: it answers commands truthfully unless a test says which to swallow, and tells nothing by itself, so that
 * a test decides what is lost. It matches nothing: a test fills.
 */
export class ScriptedAccount {
  readonly orders = new Map<string, Held>()
  readonly positions = new Map<InstrumentSymbol, SignedQuantity>()
  readonly fills: VenueFill[] = []
  /** Of commands whose answers are lost. */
  readonly swallowed: ExchangeCommand[] = []
  /** Orders the venue's questions do not show yet, though it has them. */
  readonly hidden = new Set<string>()
  /** Which commands it hears at all; which answers arrive. */
  hears: (command: ExchangeCommand) => boolean = () => true
  says: (command: ExchangeCommand) => boolean = () => true
  authoritative = false
  /** Changes the account before it is shown. */
  garble: (snapshot: AccountSnapshot) => AccountSnapshot = (snapshot) => snapshot
  asked = { orders: 0, accounts: 0 }
  driver: EngineDriver
  #ids = 0

  constructor(driver: EngineDriver = new EngineDriver()) {
    this.driver = driver
  }

  /** A connected engine with a trader, limits and prices. */
  static ready(capabilities: ExchangeCapabilities = LIVE): ScriptedAccount {
    const account = new ScriptedAccount()
    account.connect(capabilities)
    const { driver } = account
    driver.trader()
    driver.trader({ traderId: OTHER_TRADER })
    driver.limits({})
    driver.quote(BTC, '100')
    driver.quote(ETH_PERP, '100')
    return account
  }

  connect(capabilities: ExchangeCapabilities = LIVE): void {
    const { driver } = this
    driver.takeCommands()
    driver.process({
      type: 'Exchange',
      status: {
        type: 'ExchangeStatus',
        exchange: 'scripted',
        connected: true,
        ts: driver.now,
        instruments: [instrumentOf(BTC), instrumentOf(ETH_PERP)],
        openingBalances: [{ currency: 'USDT', balance: '10000' }],
        capabilities,
      },
    })
    this.answer()
  }

  /** The engine dies and is built again from its facts; the account goes on. */
  restart(capabilities: ExchangeCapabilities = LIVE): Fact[] {
    const before = this.driver
    this.driver = before.restarted()
    this.driver.facts.push(...before.facts)
    const from = this.driver.facts.length
    this.connect(capabilities)
    this.driver.quote(BTC, '100')
    this.driver.quote(ETH_PERP, '100')
    this.answer()
    return this.driver.facts.slice(from)
  }

  /** Answers everything the engine has asked for, until it asks no more. What the engine recorded meanwhile. */
  answer(): Fact[] {
    const { driver } = this
    const from = driver.facts.length
    for (let commands = driver.takeCommands(); commands.length > 0; commands = driver.takeCommands()) {
      for (const command of commands) {
        const isHeard = this.hears(command)
        const says = isHeard && this.says(command)
        if (!says) this.swallowed.push(command)
        if (command.type === 'QueryAccount') {
          this.asked.accounts += 1
          if (says) driver.process({ type: 'Account', snapshot: this.snapshot(command.queryId, command.since) })
          continue
        }
        const reports = isHeard ? this.#handle(command) : []
        for (const report of says ? reports : []) driver.report(report)
      }
    }
    return driver.facts.slice(from)
  }

  tick(ms: number): Fact[] {
    this.driver.tick(ms)
    return this.answer()
  }

  /** Time passes a second at a time. */
  pass(seconds: number): Fact[] {
    return Array.from({ length: seconds }, () => this.tick(1_000)).flat()
  }

  snapshot(queryId: number, since: number): AccountSnapshot {
    return this.garble({
      type: 'AccountSnapshot',
      queryId,
      ts: this.driver.now,
      openOrders: [...this.orders.values()].filter((held) => held.state === 'OPEN' && !this.#isHidden(held)).map(venueOrder),
      positions: [...this.positions].filter(([, quantity]) => quantity.units !== 0n).map(([symbol, quantity]) => ({ symbol, quantity })),
      balances: [],
      fills: this.fills.filter(({ ts, clientOrderId }) => ts >= since && !this.hidden.has(clientOrderId ?? '')),
    })
  }

  /** The venue trades an order of ours; told only if the test wants it told. */
  fill(clientOrderId: ClientOrderId, quantity: string, options: { readonly told?: boolean; readonly price?: string } = {}): void {
    const held = this.orders.get(clientOrderId)
    if (held === undefined) throw new Error(`the venue has no ${clientOrderId}`)
    const fill = this.#trade(held, quantity, options.price ?? '100')
    if (options.told === true) this.tell(fill)
  }

  tell(fill: VenueFill): void {
    const { side: _, clientOrderId, ...rest } = fill
    this.driver.report({ type: 'OrderFill', clientOrderId: clientOrderId as ClientOrderId, ...rest })
  }

  /** Somebody else's order. */
  external({ symbol = ETH_PERP, side = 'BUY', quantity, price = '100' }: External): string {
    this.#ids += 1
    const id = `F-${this.#ids}`
    const request = {
      symbol,
      side,
      type: 'LIMIT',
      quantity: Quantity.parse(quantity),
      price: Price.parse(price),
      timeInForce: 'GTC',
      postOnly: false,
      reduceOnly: false,
      ts: this.driver.now,
    } as const
    this.orders.set(id, { request, exchangeOrderId: parseExchangeOrderId(id), filled: Quantity.ZERO, state: 'OPEN' })
    return id
  }

  fillExternal(id: string, quantity: string): void {
    const held = this.orders.get(id)
    if (held !== undefined) this.#trade(held, quantity, '100')
  }

  move(symbol: InstrumentSymbol, by: string): void {
    this.positions.set(symbol, fixed.trim(SignedQuantity.add(this.positions.get(symbol) ?? SignedQuantity.ZERO, SignedQuantity.parse(by))))
  }

  cancel(id: string): void {
    const held = this.orders.get(id)
    if (held !== undefined) held.state = 'CANCELED'
  }

  #isHidden(held: Held): boolean {
    return this.hidden.has(held.request.clientOrderId ?? '')
  }

  #trade(held: Held, quantity: string, price: string): VenueFill {
    const { request, exchangeOrderId } = held
    const size = Quantity.parse(quantity)
    held.filled = Quantity.add(held.filled, size)
    if (Quantity.compare(held.filled, request.quantity) >= 0) held.state = 'FILLED'
    this.move(request.symbol, SignedQuantity.format(SignedQuantity.of(size, request.side)))
    const fill: VenueFill = {
      tradeId: parseTradeId(`T-${this.fills.length + 1}`),
      clientOrderId: request.clientOrderId,
      exchangeOrderId,
      symbol: request.symbol,
      side: request.side,
      price: Price.parse(price),
      quantity: size,
      fee: Money.zero('USDT'),
      liquidity: 'TAKER',
      ts: this.driver.now,
    }
    this.fills.push(fill)
    return fill
  }

  #handle(command: Exclude<ExchangeCommand, { readonly type: 'QueryAccount' }>): readonly ExchangeReport[] {
    const ts = this.driver.now
    if (command.type === 'CancelExternalOrder') {
      this.cancel(command.exchangeOrderId)
      return []
    }
    const { clientOrderId, symbol } = command.type === 'SubmitOrder' ? command.order : command
    const base = { clientOrderId, symbol, ts }
    const held = this.orders.get(clientOrderId)
    switch (command.type) {
      case 'SubmitOrder': {
        if (held !== undefined) return [{ ...base, type: 'OrderRejected', code: 'DUPLICATE_CLIENT_ORDER_ID', message: 'used before' }]
        const exchangeOrderId = parseExchangeOrderId(`X-${clientOrderId}`)
        this.orders.set(clientOrderId, { request: command.order, exchangeOrderId, filled: Quantity.ZERO, state: 'OPEN' })
        return [{ ...base, type: 'OrderAccepted', exchangeOrderId }]
      }
      case 'CancelOrder':
        if (held?.state !== 'OPEN') return [{ ...base, type: 'CancelRejected', reason: 'not open' }]
        held.state = 'CANCELED'
        return [{ ...base, type: 'OrderCanceled', reason: 'on request' }]
      case 'QueryOrder':
        this.asked.orders += 1
        if (held === undefined || this.hidden.has(clientOrderId))
          return [{ ...base, type: 'OrderNotFound', authoritative: this.authoritative }]
        return [{ ...base, type: 'OrderFound', exchangeOrderId: held.exchangeOrderId, status: held.state, filledQuantity: held.filled }]
      case 'AmendOrder':
        return [{ ...base, type: 'AmendRejected', reason: 'not here' }]
    }
  }
}

function venueOrder({ request, exchangeOrderId, filled }: Held): VenueOrder {
  const { clientOrderId, symbol, side, type, quantity, price, reduceOnly } = request
  return { clientOrderId, exchangeOrderId, symbol, side, type, quantity, filledQuantity: filled, price, reduceOnly }
}

/** A person has the account compared; what was recorded until it is done. */
export function reconciled(account: ScriptedAccount): Fact[] {
  const from = account.driver.facts.length
  account.driver.command({ type: 'Reconcile', trigger: 'PERSON', by: 'person' })
  account.answer()
  account.pass(3)
  return account.driver.facts.slice(from)
}
