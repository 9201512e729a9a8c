import type { JournalEntry } from '#domain/facts.ts'
import * as fixed from '#domain/money/fixed.ts'
import type { EngineInput } from '#engine/engine.ts'
import type { ExchangeCommand, OrderRequest } from '#engine/ports.ts'
import type { EngineState } from '#engine/state.ts'
import { decOf } from '../core/decimal.ts'
import type { Done } from '../shell/shell.ts'
import type { FakeVenue } from '../venue/fake-venue.ts'
import type { OrderAtVenue } from '../venue/venue-order.ts'
import { Books, isOpen } from './books.ts'
import { checkEntry } from './entry-checks.ts'
import { checkExit } from './exit-checks.ts'
import { checkFact } from './fact-checks.ts'
import { checkAmendedIsTrue, checkCoinsAreThere, checkEntryLeaves, checkExitLeaves } from './leaving-checks.ts'
import { checkNoFlip } from './venue-checks.ts'
import { checkRecovery } from './recovery-check.ts'
import { checkState, checkVenueOrdersAreKnown } from './state-checks.ts'
import { demand } from './violation.ts'

const STATE_CHECK_EVERY = 4

/** Watches one seed from outside: the disk, the wire and the venue. Throws a `Violation` at the first broken promise. */
export class Watch {
  readonly books = new Books()
  readonly #venue: () => FakeVenue
  readonly #acceptedIds = new Set<string>()
  /** Orders the venue must be heard about before anything new may be opened. */
  #unheard: Set<string> | undefined
  #connected = false
  #settles = 0
  #now = 0

  constructor(venue: () => FakeVenue) {
    this.#venue = venue
  }

  /** Our machine was started: what must be learnt anew. */
  restarted(entries: Iterable<JournalEntry>, state: EngineState, all: Iterable<JournalEntry>): void {
    checkRecovery(state, all)
    for (const { seq, fact } of entries) {
      // What was seen before the power went is not known; that the page is whole is.
      if (fact.type === 'OrderStatusChanged') this.books.assumeTriggerMet(fact.clientOrderId)
      demand(seq === this.books.seq + 1, 'I13', () => `fact ${seq} after ${this.books.seq}`)
      checkFact(this.books, fact)
      this.books.apply(fact)
    }
    this.books.marks.clear()
    this.books.markTimes.clear()
    this.books.isCompared = false
    this.#connected = false
    this.#unheard = undefined
    this.#now = 0
    checkState(this.books, state)
    demand(!state.reconciled && !state.connected, 'I10', () => 'open for trading right after a start')
  }

  durable(batch: readonly Done[]): void {
    for (const { input, transaction } of batch) {
      this.#hear(input)
      this.#notePrices(input)
      for (const fact of transaction.facts) {
        checkFact(this.books, fact)
        if (fact.type === 'OrderAmended') checkAmendedIsTrue(this.books, this.#venue(), fact)
        if (fact.type === 'OrderStatusChanged') checkCoinsAreThere(this.books, this.#venue(), fact)
        if (fact.type === 'OrderSubmitted' && !fact.reduceOnly) this.#checkEntry(fact)
        if (fact.type === 'OrderSubmitted' && fact.reduceOnly) checkExit(this.books, fact)
        const isReleased = fact.type === 'OrderStatusChanged' && this.books.orders.get(fact.clientOrderId)?.status === 'EMULATED'
        this.books.apply(fact)
        if (fact.type === 'OrderSubmitted' || isReleased) this.#checkLeaves(fact.clientOrderId)
      }
      this.#takeMarks(input)
      for (const command of transaction.commands) this.#checkCommand(command)
      this.#checkTimeRises(transaction.ts)
    }
  }

  settled(state: EngineState): void {
    this.#settles += 1
    if (this.#settles % STATE_CHECK_EVERY === 0) this.checkNow(state)
    else checkVenueOrdersAreKnown(state, this.#venue())
  }

  checkNow(state: EngineState): void {
    checkState(this.books, state)
    checkVenueOrdersAreKnown(state, this.#venue())
  }

  #hear(input: EngineInput): void {
    if (input.type === 'Exchange') {
      if (input.status.connected && !this.#connected)
        this.#unheard = new Set(
          [...this.books.working()].filter(({ status }) => status !== 'EMULATED').map(({ submitted }) => submitted.clientOrderId),
        )
      if (input.status.connected !== this.#connected) this.books.isCompared = false
      this.#connected = input.status.connected
    } else if (input.type === 'Market') for (const report of input.step.reports) this.#unheard?.delete(report.clientOrderId)
    else if ((input as { readonly type: string }).type === 'Account') this.#unheard?.clear()
  }

  #notePrices(input: EngineInput): void {
    if (input.type !== 'Market') return
    const { books } = this
    for (const { symbol, last } of input.step.quotes) if (last.units > 0n) books.notePrices(symbol, decOf(last), decOf(last))
    for (const { symbol, low, high } of input.step.candles) books.notePrices(symbol, decOf(low), decOf(high))
  }

  /** After the facts of an input: an order is judged by the prices before it. */
  #takeMarks(input: EngineInput): void {
    if (input.type !== 'Market') return
    for (const quote of input.step.quotes) {
      if (quote.last.units <= 0n) continue
      this.books.marks.set(quote.symbol, decOf(quote.last))
      this.books.markTimes.set(quote.symbol, quote.ts)
    }
    for (const candle of input.step.candles) {
      this.books.marks.set(candle.symbol, decOf(candle.close))
      this.books.markTimes.set(candle.symbol, candle.openTime + 60_000)
    }
  }

  #checkLeaves(clientOrderId: string): void {
    const order = this.books.orders.get(clientOrderId)
    if (order?.status === 'SUBMITTED') (order.submitted.reduceOnly ? checkExitLeaves : checkEntryLeaves)(this.books, order)
  }

  /** I10, C21: nothing new before every open order was heard of. */
  #checkEntry(fact: Parameters<typeof checkEntry>[1]): void {
    demand(this.#connected || fact.execution === 'EMULATED', 'I10', () => `${fact.clientOrderId} was recorded while disconnected`)
    // An order that somebody has decided to be gone is not heard of any more.
    for (const id of this.#unheard ?? []) if (!isOpen(this.books.orders.get(id)?.status ?? 'CANCELED')) this.#unheard?.delete(id)
    demand(
      this.#unheard !== undefined && this.#unheard.size === 0,
      'I10',
      () => `${fact.clientOrderId} was recorded with ${this.#unheard?.size ?? 'all'} orders not heard of since the connection`,
    )
    checkEntry(this.books, fact)
  }

  #checkCommand(command: ExchangeCommand): void {
    if (command.type !== 'SubmitOrder') return
    this.#checkIntent(command.order)
    const order = this.books.orders.get(command.order.clientOrderId)
    demand(this.#connected, 'I10', () => `${command.order.clientOrderId} left while disconnected`)
    if (this.books.halt === undefined || order === undefined) return
    const { purpose, ts } = order.submitted
    // Sent again after proof that it never arrived: a stop of before the halt guards a position that stays.
    const isStop = purpose === 'STOP_LOSS' && !this.books.halt.flatten && ts < this.books.halt.since
    demand(
      purpose === 'FLATTEN' || purpose === 'EXIT' || isStop,
      'I10',
      () => `${purpose} ${command.order.clientOrderId} left while halted`,
    )
  }

  /** I2, I12: what leaves is a durable intent, word for word. */
  #checkIntent(order: OrderRequest): void {
    const booked = this.books.orders.get(order.clientOrderId)
    demand(booked !== undefined, 'I2', () => `${order.clientOrderId} leaves without a durable intent`)
    const { submitted } = booked
    const price = order.price === undefined ? undefined : decOf(order.price)
    const same =
      submitted.symbol === order.symbol &&
      submitted.side === order.side &&
      decOf(order.quantity) === booked.quantity &&
      price === booked.price
    demand(
      same,
      'I2',
      () =>
        `${order.clientOrderId} leaves as ${order.side} ${fixed.format(order.quantity)} at ${order.price === undefined ? 'market' : fixed.format(order.price)}, recorded was ${submitted.side} ${submitted.quantity} at ${submitted.price}`,
    )
    if (!submitted.reduceOnly) demand(!order.reduceOnly, 'I2', () => `${order.clientOrderId} became reduce-only`)
  }

  /** The last moment before the wire. */
  onWire(order: OrderRequest): void {
    demand(this.books.orders.has(order.clientOrderId), 'I12', () => `${order.clientOrderId} is on the wire and not on the disk`)
  }

  /** I1, I2, C19: one order at the venue for one intent of ours. */
  acceptedAtVenue(order: OrderAtVenue): void {
    const id = order.clientOrderId
    if (id === undefined) {
      this.books.touchedByHand.add(order.market.symbol)
      return
    }
    demand(!this.#acceptedIds.has(id), 'I1', () => `the venue has a second order under ${id}`)
    this.#acceptedIds.add(id)
    demand(this.books.orders.has(id), 'I2', () => `the venue has ${id}, the journal does not`)
  }

  /** C9, as the venue sees it: fills reach us in any order. */
  filledAtVenue(order: OrderAtVenue, lots: number): void {
    checkNoFlip(this.books, this.#venue(), order, lots)
  }

  /** Somebody traded on the exchange's own page. */
  tradedByHand(symbol: string, ts: number): void {
    this.books.handTradedAt.set(symbol, ts)
  }

  /** I17: decisions never see time going back. */
  #checkTimeRises(ts: number): void {
    demand(ts >= this.#now, 'I17', () => `time went from ${this.#now} to ${ts}`)
    this.#now = ts
  }
}
