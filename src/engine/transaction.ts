import type { Fact } from '#domain/facts.ts'
import { applyFact } from './apply.ts'
import { noteTouched } from './reconcile/touched.ts'
import { mayLeave } from './shadow.ts'
import type { AnalyzeStep, ExchangeCommand } from './ports.ts'
import type { EngineState } from './state.ts'
import type { TraderId } from '#domain/ids.ts'

export interface AnalyzeDispatch {
  readonly traderId: TraderId
  readonly step: AnalyzeStep
}

/**
 * What one input leads to. A fact is applied the moment it is recorded, so the next rule sees it; commands and steps wait
 * here until the journal has synced the facts.
 */
export class Transaction {
  readonly state: EngineState
  /** Time of the input; facts of this transaction carry it unless they say otherwise. */
  readonly ts: number
  readonly facts: Fact[] = []
  readonly commands: ExchangeCommand[] = []
  readonly analyze: AnalyzeDispatch[] = []
  /** How many of the facts have been followed up (see `follow-up`). */
  followed = 0

  constructor(state: EngineState, ts: number) {
    this.state = state
    this.ts = ts
  }

  record(fact: Fact): void {
    this.facts.push(fact)
    applyFact(this.state, fact)
    noteTouched(this.state, fact)
  }

  /** Every command to the exchange passes here. In shadow mode only questions do, whatever a rule before it has overlooked. */
  send(command: ExchangeCommand): void {
    if (mayLeave(this.state, command)) this.commands.push(command)
  }
}
