import { parseSignalId } from '#domain/ids.ts'
import { Price } from '#domain/money/price.ts'
import { Quantity } from '#domain/money/quantity.ts'
import type { ProtectionPlan } from '#domain/protection.ts'
import { SIGNAL_ACTIONS, type Signal } from '#domain/signal.ts'
import type { ProposedSignal, StepAnswer } from './ports.ts'
import { readPlan } from './protection/plan.ts'

/** A strategy's proposal as a signal; undefined when it cannot be read: strategies are strangers. */
export function readProposed(
  proposed: ProposedSignal,
  answer: StepAnswer,
  origin: { readonly strategy: string; readonly index: number; readonly ts: number },
): Signal | undefined {
  if (!SIGNAL_ACTIONS.includes(proposed.action)) return undefined
  try {
    return {
      signalId: parseSignalId(`${answer.traderId}:${answer.symbol}:${answer.stepTime}:${origin.index}`),
      traderId: answer.traderId,
      strategy: origin.strategy,
      symbol: answer.symbol,
      action: proposed.action,
      quantity: proposed.quantity === undefined ? undefined : Quantity.parse(proposed.quantity),
      confidence: proposed.confidence,
      stopLoss: proposed.stopLoss === undefined ? undefined : Price.parse(proposed.stopLoss),
      takeProfit: proposed.takeProfit === undefined ? undefined : Price.parse(proposed.takeProfit),
      protection: readable(proposed.protection),
      note: proposed.note,
      stepTime: answer.stepTime,
      ts: origin.ts,
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
}

function readable(plan: ProtectionPlan | undefined): ProtectionPlan | undefined {
  const read = plan === undefined ? undefined : readPlan(plan)
  if (read !== undefined && 'problem' in read) throw new RangeError(read.problem)
  return plan
}
