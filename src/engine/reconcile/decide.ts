import type { Difference, DifferenceDecision } from '#domain/difference.ts'
import type { ClientOrderId, TraderId } from '#domain/ids.ts'
import { checkInstrumentRules, type Instrument } from '#domain/instrument.ts'
import * as fixed from '#domain/money/fixed.ts'
import { Quantity, SignedQuantity } from '#domain/money/quantity.ts'
import { isWorking } from '#domain/order.ts'
import { submit } from '../orders/submit.ts'
import { requestCancel, transition } from '../orders/transition.ts'
import type { EngineAnswer, EngineCommand } from '../ports.ts'
import type { EngineState } from '../state.ts'
import { netPosition } from '../symbol-book.ts'
import type { Transaction } from '../transaction.ts'
import { adoptChange } from './adopt-change.ts'
import { assignPosition, EXTERNAL_TRADER, priceOfExternal } from './assign.ts'
import { distance } from './differences.ts'
import { wantAccount } from './questions.ts'

type Command = Extract<EngineCommand, { readonly type: 'DecideDifference' }>
/** Why a decision cannot be carried out; undefined when it was. */
type Problem = string | undefined

/** A person decides about a difference: carried out, closed and audited, or refused with nothing changed. */
export function decideDifference(tx: Transaction, command: Command): EngineAnswer {
  const { differenceId, decision, by, reason } = command
  const open = tx.state.differences.get(differenceId)
  const difference = open ?? tx.state.settledDifferences.get(differenceId)?.difference
  if (difference === undefined)
    return { type: 'Refused', code: 'NOT_FOUND', message: `There is no difference ${differenceId}, or it is gone. Nothing was changed.` }
  const before = open === undefined ? `decided before: ${tx.state.settledDifferences.get(differenceId)?.decision}` : 'open'
  const outcome = carryOut(tx, difference, command)
  if (typeof outcome === 'string') return { type: 'Refused', code: 'CONFLICT', message: `${outcome} Nothing was changed.` }
  const { traderId } = outcome
  tx.record({ type: 'DifferenceClosed', ts: tx.ts, differenceId, decision, by, reason, traderId })
  tx.record({
    type: 'ActionAudited',
    ts: tx.ts,
    actor: by,
    action: 'decide-difference',
    target: differenceId,
    reason,
    before: `${before}; ours: ${difference.ours}; theirs: ${difference.theirs}`,
    after: traderId === undefined ? decision : `${decision} (${traderId})`,
  })
  wantAccount(tx, { trigger: 'CLOCK' })
  return { type: 'Done', seq: 0 }
}

interface CarriedOut {
  readonly traderId?: TraderId | undefined
}

function carryOut(tx: Transaction, difference: Difference, command: Command): CarriedOut | string {
  const { decision } = command
  switch (difference.kind) {
    case 'ORDER_EXTERNAL':
      return decideExternal(tx, difference, decision) ?? {}
    case 'ORDER_MISSING':
      return decideMissing(tx, difference, decision) ?? {}
    case 'ORDER_CHANGED':
      return decideChanged(tx, difference, decision) ?? {}
    case 'POSITION':
      return decidePosition(tx, difference, command)
    case 'BALANCE':
      return decision === 'IGNORE'
        ? {}
        : `Cash is booked from fills alone and cannot be set (${decision}). A transfer or funding can only be left as it is (IGNORE).`
  }
}

function decideExternal(tx: Transaction, { exchangeOrderId, symbol }: Difference, decision: DifferenceDecision): Problem {
  if (decision === 'ASSIGN') return 'An order of somebody else cannot be given to a trader. Adopt it to watch it, or close it to cancel it.'
  if (decision !== 'CLOSE') return undefined
  if (exchangeOrderId === undefined || symbol === undefined) return 'The exchange gave the order no id to cancel it by.'
  if (!tx.state.connected) return 'The exchange is not connected.'
  tx.send({ type: 'CancelExternalOrder', exchangeOrderId, symbol, ts: tx.ts })
  return undefined
}

function workingOrder(state: EngineState, { clientOrderId }: Difference) {
  const order = state.orders.get((clientOrderId ?? '') as ClientOrderId)
  return order !== undefined && isWorking(order.status) ? order : undefined
}

function decideMissing(tx: Transaction, difference: Difference, decision: DifferenceDecision): Problem {
  if (decision === 'IGNORE' || decision === 'ASSIGN')
    return 'An order nobody can find keeps its exposure reserved; that cannot be ignored. Adopt: it ends here as canceled; a fill of it that comes later is still booked.'
  const order = workingOrder(tx.state, difference)
  if (order === undefined) return undefined
  if (decision === 'CLOSE') tx.send({ type: 'CancelOrder', clientOrderId: order.clientOrderId, symbol: order.symbol, ts: tx.ts })
  transition(tx, order, 'CANCEL', {
    ts: tx.ts,
    reason: 'the exchange shows neither the order nor its end; a person decided that it is gone',
  })
  return undefined
}

function decideChanged(tx: Transaction, difference: Difference, decision: DifferenceDecision): Problem {
  if (decision === 'ASSIGN') return "The order is a trader's already."
  if (decision === 'IGNORE') return undefined
  const order = workingOrder(tx.state, difference)
  if (decision === 'ADOPT')
    return order === undefined ? 'It has ended in our books and stays so: it is being canceled at the exchange.' : adoptChange(tx, order)
  if (!tx.state.connected) return 'The exchange is not connected.'
  if (order !== undefined) requestCancel(tx, order.clientOrderId)
  else if (difference.clientOrderId !== undefined && difference.symbol !== undefined) {
    const clientOrderId = difference.clientOrderId as ClientOrderId
    tx.send({ type: 'CancelOrder', clientOrderId, symbol: difference.symbol, ts: tx.ts })
  }
  return undefined
}

function decidePosition(tx: Transaction, difference: Difference, { decision, traderId, by }: Command): CarriedOut | string {
  if (decision === 'IGNORE') return {}
  const { state } = tx
  const instrument = difference.symbol === undefined ? undefined : state.instruments.get(difference.symbol)
  if (instrument === undefined || !state.accounts.has(instrument.settle))
    return `${difference.symbol} is not listed here, so it cannot be booked or traded. It can only be ignored.`
  // A fill that came since was not part of what the person looked at; both sides may agree by now.
  if (fixed.compare(netPosition(state, instrument.symbol), SignedQuantity.parse(difference.ours)) !== 0) {
    wantAccount(tx, { trigger: 'CLOCK' })
    return `Our own position in ${instrument.symbol} has changed since it was compared; it is being compared again.`
  }
  const quantity = fixed.trim(distance(difference.ours, difference.theirs))
  const price = priceOfExternal(state, instrument.symbol)
  if (price === undefined) return `There is no price of ${instrument.symbol} yet to book it at.`
  const to = traderOf(state, instrument, { decision, traderId })
  if (to === undefined) return `Name the trader that gets ${instrument.symbol}; there is more than one, or none, that trades it.`
  const assignment = { differenceId: difference.differenceId, traderId: to, instrument, quantity, price, by }
  if (decision !== 'CLOSE') {
    assignPosition(tx, assignment)
    return { traderId: to }
  }
  const problem = whyNotClosed(state, instrument, quantity)
  if (problem !== undefined) return problem
  assignPosition(tx, assignment)
  const side = quantity.units > 0n ? 'SELL' : 'BUY'
  const result = submit(
    tx,
    instrument,
    {
      traderId: to,
      symbol: instrument.symbol,
      side,
      type: 'MARKET',
      purpose: 'EXIT',
      quantity: SignedQuantity.magnitude(quantity),
      referencePrice: state.marks.get(instrument.symbol)?.price ?? price,
      reduceOnly: true,
    },
    { strategy: 'reconcile' },
  )
  if ('reason' in result) sayNotClosed(tx, assignment, `${result.reason} ${result.value ?? ''} against ${result.limit ?? ''}`)
  return { traderId: to }
}

/** `CLOSE` uses a trader of its own, so that no trader's position is mixed with it. */
function traderOf(
  state: EngineState,
  { symbol }: Instrument,
  { decision, traderId }: Pick<Command, 'decision' | 'traderId'>,
): TraderId | undefined {
  if (decision === 'CLOSE') return EXTERNAL_TRADER
  if (traderId !== undefined) return state.traders.has(traderId) ? traderId : undefined
  if (decision !== 'ADOPT') return undefined
  const trading = [...state.traders.values()].filter(({ config }) => config.symbols.includes(symbol))
  return trading.length === 1 ? trading[0]?.config.traderId : undefined
}

function whyNotClosed(state: EngineState, instrument: Instrument, quantity: SignedQuantity): Problem {
  if (state.halt !== null) return 'Trading is halted; only the stop itself sends orders.'
  if (!state.connected) return 'The exchange is not connected.'
  const referencePrice = state.marks.get(instrument.symbol)?.price
  if (referencePrice === undefined) return `There is no price of ${instrument.symbol} yet.`
  const size = SignedQuantity.magnitude(quantity)
  const rule = checkInstrumentRules(instrument, { quantity: size, referencePrice, reduceOnly: true })
  if (rule === undefined) return undefined
  return `The exchange would not take an order for ${Quantity.format(size)} ${instrument.symbol}: ${rule.code} ${rule.value} against ${rule.limit}.`
}

function sayNotClosed(tx: Transaction, { traderId, instrument, quantity }: Parameters<typeof assignPosition>[1], why: string): void {
  tx.record({
    type: 'AlertRaised',
    ts: tx.ts,
    severity: 'critical',
    code: 'DIFFERENCE_NOT_CLOSED',
    symbol: instrument.symbol,
    traderId,
    message: `${SignedQuantity.format(quantity)} ${instrument.symbol} was taken over as ${traderId}'s, and closing it was refused: ${why}. Close that position by hand.`,
  })
}
