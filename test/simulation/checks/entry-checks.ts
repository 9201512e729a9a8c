import type { OrderSubmitted } from '#domain/facts.ts'
import { abs, dec, mul, ONE, show } from '../core/decimal.ts'
import { keyOf, openOf, type Books } from './books.ts'
import { demand } from './violation.ts'

/** What must be true when new exposure is recorded, counted by hand from the books before the order. */
export function checkEntry(books: Books, fact: OrderSubmitted): void {
  demand(books.halt === undefined, 'I10', () => `${fact.clientOrderId} was recorded while halted`)
  checkNoBlockingDifference(books, fact)
  checkNoUnknownInSymbol(books, fact)
  checkOrderNotional(books, fact)
  checkWorstCase(books, fact)
  checkOpenPositions(books, fact)
  checkOpenOrders(books)
  checkOrderRate(books, fact)
  checkDailyLoss(books, fact)
  checkBalance(books, fact)
  checkCollar(books, fact)
  checkFresh(books, fact)
  demand(
    fact.side === 'BUY' || fact.symbol.includes(':'),
    'spot-short',
    () => `${fact.clientOrderId} sells ${fact.symbol} without holding it`,
  )
}

/** T16: a difference that is open keeps entries shut. */
function checkNoBlockingDifference(books: Books, fact: OrderSubmitted): void {
  for (const difference of books.differences.values())
    demand(
      !difference.blocking || (difference.symbol !== undefined && difference.symbol !== fact.symbol),
      'difference-open',
      () => `${fact.clientOrderId} was recorded while ${difference.differenceId} is open`,
    )
}

/** 2.1: an order of unknown fate blocks new exposure in its instrument. */
function checkNoUnknownInSymbol(books: Books, fact: OrderSubmitted): void {
  for (const order of books.working())
    demand(
      order.status !== 'UNKNOWN' || order.submitted.symbol !== fact.symbol,
      'unknown-blocks',
      () => `${fact.clientOrderId} in ${fact.symbol} while ${order.submitted.clientOrderId} is UNKNOWN`,
    )
}

const valueOf = (fact: OrderSubmitted): bigint => mul(dec(fact.price ?? fact.referencePrice), dec(fact.quantity))

/** C2. */
function checkOrderNotional(books: Books, fact: OrderSubmitted): void {
  demand(
    valueOf(fact) <= dec(books.limits.maxOrderNotional),
    'I11',
    () => `order of ${show(valueOf(fact))} above ${books.limits.maxOrderNotional}`,
  )
}

/** C6, C7: the position if this order and every working entry of its side fill. */
function checkWorstCase(books: Books, fact: OrderSubmitted): void {
  let worst = dec(fact.quantity)
  for (const order of books.orders.values()) {
    const { submitted } = order
    if (submitted.reduceOnly || keyOf(submitted) !== keyOf(fact) || submitted.side !== fact.side) continue
    if (fact.ocoGroup !== undefined && submitted.ocoGroup === fact.ocoGroup) continue
    worst += openOf(order)
  }
  const held = books.positions.get(keyOf(fact))?.quantity ?? 0n
  const value = mul(abs(held + (fact.side === 'BUY' ? worst : -worst)), dec(fact.referencePrice))
  demand(
    value <= dec(books.limits.maxPositionNotional),
    'I11',
    () => `worst case of ${keyOf(fact)} is ${show(value)}, allowed ${books.limits.maxPositionNotional}`,
  )
}

function checkOpenPositions(books: Books, fact: OrderSubmitted): void {
  const keys = new Set([keyOf(fact)])
  for (const [key, position] of books.positions) if (position.quantity !== 0n) keys.add(key)
  for (const order of books.working()) if (!order.submitted.reduceOnly) keys.add(keyOf(order.submitted))
  demand(
    keys.size <= books.limits.maxOpenPositions,
    'I11',
    () => `${keys.size} positions open or about to open, allowed ${books.limits.maxOpenPositions}`,
  )
}

function checkOpenOrders(books: Books): void {
  const open = books.working().length + 1
  demand(open <= books.limits.maxOpenOrders, 'I11', () => `${open} orders open, allowed ${books.limits.maxOpenOrders}`)
}

/** C4: any window of one second, in the engine's time. */
function checkOrderRate(books: Books, fact: OrderSubmitted): void {
  if (fact.execution === 'EMULATED') return
  let recent = 1
  for (let i = books.sendTimes.length - 1; i >= 0; i -= 1) {
    if ((books.sendTimes[i] ?? 0) <= fact.ts - 1_000) break
    recent += 1
  }
  demand(
    recent <= books.limits.maxOrdersPerSecond,
    'I11',
    () => `${recent} orders within a second, allowed ${books.limits.maxOrdersPerSecond}`,
  )
}

/** Cash and positions at the last prices; undefined while a position has no price. */
function worthOf(books: Books): { readonly equity: bigint; readonly exposure: bigint } | undefined {
  let [equity, exposure] = [books.start + books.flow - books.fees - books.assigned, 0n]
  for (const position of books.positions.values()) {
    if (position.quantity === 0n) continue
    const mark = books.markOf(position.symbol)
    if (mark === undefined) return undefined
    equity += mul(mark, position.quantity)
    exposure += mul(mark, abs(position.quantity))
  }
  return { equity, exposure }
}

/** Leverage is one: an entry and its fee fit into what positions and working entries leave of the equity. */
function checkBalance(books: Books, fact: OrderSubmitted): void {
  const worth = worthOf(books)
  if (worth === undefined) return
  let reserved = 0n
  for (const { submitted, price, ...order } of books.working()) {
    if (submitted.reduceOnly || submitted.ocoGroup !== undefined || order.status === 'EMULATED' || order.trigger !== undefined) continue
    reserved += mul(price ?? dec(submitted.referencePrice), openOf({ submitted, price, ...order }))
  }
  const value = valueOf(fact)
  const cost = value + (value * (books.taker.get(fact.symbol) ?? 0n)) / ONE
  const available = worth.equity - worth.exposure - reserved
  demand(cost <= available, 'I11', () => `${fact.clientOrderId} costs ${show(cost)}, available is at most ${show(available)}`)
}

/** C3: a limit price lies within the collar around its reference. */
function checkCollar(books: Books, fact: OrderSubmitted): void {
  if (fact.price === undefined || fact.orderType !== 'LIMIT' || fact.replaces !== undefined) return
  const reference = dec(fact.referencePrice)
  const away = abs(dec(fact.price) - reference) * 10_000n
  demand(
    away <= mul(reference, dec(books.limits.priceCollarBps)),
    'I11',
    () => `${fact.clientOrderId} at ${fact.price}, the reference is ${fact.referencePrice}, allowed ${books.limits.priceCollarBps} bps`,
  )
}

/** C14: no entry on a price that is out of date. */
function checkFresh(books: Books, fact: OrderSubmitted): void {
  const ts = books.markTimes.get(fact.symbol)
  if (fact.replaces !== undefined || ts === undefined) return
  const ageMs = fact.ts - ts
  demand(
    ageMs <= books.limits.referenceMaxAgeMs,
    'I11',
    () => `${fact.clientOrderId} goes by a price ${ageMs} ms old, allowed ${books.limits.referenceMaxAgeMs}`,
  )
}

/** C10, T4: realised, unrealised and fees since 00:00 UTC. */
function checkDailyLoss(books: Books, fact: OrderSubmitted): void {
  const equity = worthOf(books)?.equity
  if (equity === undefined) return
  const isNewDay = Math.floor(fact.ts / 86_400_000) > books.day
  const dayStart = isNewDay ? (books.equity ?? books.start) : books.dayStart
  demand(
    dayStart - equity < dec(books.limits.maxDailyLoss),
    'I11',
    () => `loss today ${show(dayStart - equity)}, allowed ${books.limits.maxDailyLoss}`,
  )
}
