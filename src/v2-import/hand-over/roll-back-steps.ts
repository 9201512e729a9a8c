import type { CommandOrder } from '#platform/run-command.ts'
import type { HttpCheck } from './http-check.ts'

/** The way back to version 2, as a whole or a part of it, in steps that a person goes one by one. */

export const ROLL_BACK_COMPONENTS = ['engine', 'api', 'models', 'telegram'] as const
export type RollBackComponent = (typeof ROLL_BACK_COMPONENTS)[number]
export const ROLL_BACK_SCOPES = ['system', ...ROLL_BACK_COMPONENTS] as const
export type RollBackScope = (typeof ROLL_BACK_SCOPES)[number]

export type RollBackCommand = Omit<CommandOrder, 'env'>

/** What a person configured for a part; undefined is done by hand. */
export interface ComponentSettings {
  /** Of version 3. */
  readonly stop?: RollBackCommand | undefined
  /** Of version 2. */
  readonly start?: RollBackCommand | undefined
  /** Says by leaving with 0 that version 2's part works. */
  readonly verify?: RollBackCommand | undefined
  readonly check?: HttpCheck | undefined
}
export type RollBackSettings = Readonly<Record<RollBackComponent, ComponentSettings>>

export type RollBackAct =
  /** Halt, cancel every order, and see the exchange show none. */
  | { readonly kind: 'halt' }
  /** Compare with the exchange once more: no order of ours is left there. */
  | { readonly kind: 'confirm' }
  /** What version 2 takes over: it does not know of it. */
  | { readonly kind: 'positions' }
  /** From here on version 3 sends nothing, also after a restart. */
  | { readonly kind: 'release' }
  | { readonly kind: 'command'; readonly command: RollBackCommand }
  | { readonly kind: 'check'; readonly check: HttpCheck }
  /** Nothing is configured: a person does it and says so. */
  | { readonly kind: 'by-hand' }

export interface RollBackStep {
  readonly id: string
  /** What is done, in words. */
  readonly title: string
  readonly act: RollBackAct
}

/**
 * The steps in order. Whatever trades is given back in one order only: nothing of version 2 that trades is started before version 3 is
 * halted, its orders are gone from the exchange, its positions were shown, and its lease is given up.
 */
export function rollBackSteps(scope: RollBackScope, settings: RollBackSettings): readonly RollBackStep[] {
  if (scope === 'system') {
    const parts = ROLL_BACK_COMPONENTS.toReversed()
    const stops = parts.flatMap((part) => stopOf(part, settings[part]))
    return [...TRADING, ...stops, ...ROLL_BACK_COMPONENTS.flatMap((part) => startOf(part, settings[part]))]
  }
  const own = [...stopOf(scope, settings[scope]), ...startOf(scope, settings[scope])]
  return scope === 'engine' ? [...TRADING, ...own] : own
}

const TRADING: readonly RollBackStep[] = [
  { id: 'halt', title: 'Halt version 3 and cancel its orders', act: { kind: 'halt' } },
  { id: 'confirm', title: 'See that the exchange shows no order of version 3', act: { kind: 'confirm' } },
  { id: 'positions', title: 'Take over the positions that version 3 leaves', act: { kind: 'positions' } },
  { id: 'release', title: 'Give up the account: version 3 sends nothing from here on', act: { kind: 'release' } },
]

function stopOf(part: RollBackComponent, { stop }: ComponentSettings): readonly RollBackStep[] {
  return stop === undefined ? [] : [{ id: `stop-${part}`, title: `Stop version 3: ${part}`, act: { kind: 'command', command: stop } }]
}

function startOf(part: RollBackComponent, { start, verify, check }: ComponentSettings): readonly RollBackStep[] {
  const isVerified = verify !== undefined || check !== undefined
  return [
    {
      id: `start-${part}`,
      title: `Start version 2: ${part}`,
      act: start === undefined ? { kind: 'by-hand' } : { kind: 'command', command: start },
    },
    ...(verify === undefined
      ? []
      : [{ id: `verify-${part}`, title: `Verify version 2: ${part}`, act: { kind: 'command', command: verify } } as const]),
    ...(check === undefined ? [] : [{ id: `check-${part}`, title: `Ask version 2: ${part}`, act: { kind: 'check', check } } as const]),
    ...(isVerified ? [] : [{ id: `verify-${part}`, title: `Look whether version 2 works: ${part}`, act: { kind: 'by-hand' } } as const]),
  ]
}
