import type { ImportedOrder, ImportedPosition, ImportedRecord, ImportedSignal } from '../mapping/imported-records.ts'
import type { QualityRule } from './source-analysis.ts'

export interface RecordTrouble {
  readonly rule: QualityRule
  readonly detail: string
}

/** Relative, of the sum that was expected: version 2 calculated with floats. */
const TOLERANCE = 1e-6

/** What of a mapped row contradicts itself. Floats are enough: nothing is booked by this. */
export function recordTroubles(record: ImportedRecord): readonly RecordTrouble[] {
  switch (record.kind) {
    case 'position':
      return positionTroubles(record)
    case 'order':
      return orderTroubles(record)
    case 'signal':
      return signalTroubles(record)
    case 'balance':
      return isOff(sum(record.free, record.locked), record.total)
        ? [{ rule: 'balance-parts-differ', detail: 'free and locked do not add up to the total' }]
        : []
    case 'fill':
    case 'protection':
    case 'ladder_step':
    case 'session':
      return []
  }
}

function positionTroubles(position: ImportedPosition): readonly RecordTrouble[] {
  const { state, direction, stopLoss, takeProfit, exitPrice, closedMs, realizedPnl } = position
  const isHeld = state === 'OPEN' || state === 'PARTIAL' || state === 'CLOSED'
  const entry = Number(position.entryPrice)
  const sign = direction === 'LONG' ? 1 : -1
  const troubles: RecordTrouble[] = []
  const found = (rule: QualityRule, detail: string): void => void troubles.push({ rule, detail })
  if (isHeld && Number(position.quantity) === 0) found('zero-quantity', 'something is said to be held, but the quantity is zero')
  if (isHeld && entry === 0) found('zero-price', 'something is said to be held, but the entry price is zero')
  if ((state === 'OPEN' || state === 'PARTIAL') && (exitPrice !== undefined || closedMs !== undefined))
    found('open-but-closed', 'the status says open, and there is a price or a time of the exit')
  if (isHeld && entry > 0) {
    if (stopLoss !== undefined && Number(stopLoss) > 0 && (Number(stopLoss) - entry) * sign >= 0)
      found('stop-on-wrong-side', 'the stop lies where the position gains')
    if (takeProfit !== undefined && Number(takeProfit) > 0 && (Number(takeProfit) - entry) * sign <= 0)
      found('target-on-wrong-side', 'the target lies where the position loses')
  }
  const expected = String((Number(exitPrice) - entry) * sign * Number(position.quantity))
  if (state === 'CLOSED' && isOff(Number(expected), realizedPnl))
    found('pnl-differs', 'the profit is not the difference of the prices times the quantity: it may have fees or leverage in it')
  return troubles
}

function orderTroubles({ quantity, filledQuantity, status }: ImportedOrder): readonly RecordTrouble[] {
  const troubles: RecordTrouble[] = []
  if (Number(quantity) === 0 && status !== 'REJECTED') troubles.push({ rule: 'zero-quantity', detail: 'the quantity of the order is zero' })
  if (filledQuantity !== undefined && Number(filledQuantity) > Number(quantity))
    troubles.push({ rule: 'overfilled', detail: 'more is filled than was ordered' })
  return troubles
}

function signalTroubles({ createdMs, processedMs }: ImportedSignal): readonly RecordTrouble[] {
  // Some times are cut to the second.
  const isEarlier = processedMs !== undefined && processedMs < Math.floor(createdMs / 1_000) * 1_000
  return isEarlier
    ? [{ rule: 'processed-before-created', detail: 'it was processed before it was made: a time, or the zone it is read by, is wrong' }]
    : []
}

function sum(a: string | undefined, b: string | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Number(a) + Number(b)
}

function isOff(expected: number | undefined, found: string | undefined): boolean {
  if (expected === undefined || found === undefined || Number.isNaN(expected)) return false
  return Math.abs(expected - Number(found)) > TOLERANCE * Math.max(1, Math.abs(expected))
}
