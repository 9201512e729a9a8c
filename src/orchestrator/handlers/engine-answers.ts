import type { SignalAnswer } from '#contract/requests.ts'
import type { EngineAnswer } from '#engine/ports.ts'
import { problem } from './problems.ts'

type Decisions = Extract<EngineAnswer, { readonly type: 'Decisions' }>

/** The decisions in an answer, one per signal, as callers see them. */
export function toSignalAnswers(answer: EngineAnswer): SignalAnswer[] {
  return expectAnswer(answer, 'Decisions').decisions.map((decision: Decisions['decisions'][number]) => ({
    signal_id: decision.signalId,
    outcome: decision.outcome,
    reason: decision.reason,
    ...(decision.value === undefined ? {} : { value: decision.value }),
    ...(decision.limit === undefined ? {} : { limit: decision.limit }),
    ...(decision.clientOrderId === undefined ? {} : { order_id: decision.clientOrderId }),
  }))
}

export function toSignalAnswer(answer: EngineAnswer): SignalAnswer {
  const [first] = toSignalAnswers(answer)
  if (first === undefined) throw new Error('the engine answered one signal with no decision')
  return first
}

/** That a change was taken. A refusal of the gate becomes `REFUSED` with its reason and numbers; `undone` says what stays as it was. */
export function expectTaken(answer: EngineAnswer, undone: string): void {
  if (answer.type !== 'Decisions') {
    expectAnswer(answer, 'Done')
    return
  }
  const denied = answer.decisions.find((decision) => decision.outcome !== 'ACCEPTED')
  if (denied === undefined) return
  const numbers = [denied.value === undefined ? '' : `asked ${denied.value}`, denied.limit === undefined ? '' : `allowed ${denied.limit}`]
  const why = [denied.reason, ...numbers].filter((part) => part !== '').join(', ')
  throw problem('REFUSED', `${undone}: ${why}. Correct it or wait, then ask again.`)
}

/** The answer as the type that was asked for; a refusal becomes the problem it names. */
export function expectAnswer<T extends EngineAnswer['type']>(answer: EngineAnswer, type: T): Extract<EngineAnswer, { readonly type: T }> {
  if (answer.type === type) return answer as Extract<EngineAnswer, { readonly type: T }>
  if (answer.type === 'Refused') throw problem(answer.code, answer.message)
  throw new Error(`the engine answered ${answer.type} where ${type} was due`)
}
