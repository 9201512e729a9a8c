import { assertNever } from '#domain/errors.ts'
import type { EngineAnswer, EngineCommand, ExchangeCommand } from './ports.ts'
import type { EngineState } from './state.ts'

// Shadow mode: somebody else holds the account. The engine decides and records as ever, and sends nothing but questions.

/** What passes in shadow mode: questions. Everything else would touch what belongs to the other instance. */
export function mayLeave(state: EngineState, command: ExchangeCommand): boolean {
  if (state.shadow === undefined) return true
  switch (command.type) {
    case 'QueryOrder':
    case 'QueryAccount':
      return true
    case 'SubmitOrder':
    case 'CancelOrder':
    case 'CancelExternalOrder':
    case 'AmendOrder':
      return false
    default:
      return assertNever(command)
  }
}

/**
 * A person's or program's command that would act at the exchange is refused before anything of it is recorded. Signals and
 * orders pass: they are decided and denied one by one. A halt passes too, see `haltInShadow`.
 */
export function refuseInShadow({ shadow }: EngineState, { type }: EngineCommand): EngineAnswer | undefined {
  if (shadow === undefined) return undefined
  if (type !== 'CancelOrder' && type !== 'AmendOrder' && type !== 'SetProtection' && type !== 'DecideDifference') return undefined
  return {
    type: 'Refused',
    code: 'REFUSED',
    message: `Shadow mode: ${shadow} Nothing was changed. Do it there, or stop that instance and start this one again.`,
  }
}

/** A stop that cancels nothing must not look like one that did: the receipt of an account without orders of ours would be clean. */
export function haltInShadow(shadow: string): EngineAnswer {
  return {
    type: 'Refused',
    code: 'REFUSED',
    message: `Shadow mode: ${shadow} Trading is halted here, but NOTHING was canceled or closed at the exchange: its orders are not this instance's to cancel. Stop there, or on the exchange itself.`,
  }
}
