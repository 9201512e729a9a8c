import { SIGNAL_ACTIONS } from '#domain/signal.ts'
import type { SignalAction } from '#domain/signal.ts'
import { decimalText } from './decimal-text.ts'

/** Signals in one answer; more is a runaway strategy. */
export const SIGNALS_MAX = 16
/** Characters of a note that are kept. */
export const NOTE_LENGTH_MAX = 500

const DECIMAL = /^\d+(\.\d+)?$/
const DECIMAL_LENGTH_MAX = 80
const KEYS = ['action', 'quantity', 'confidence', 'stopLoss', 'takeProfit', 'note']

/** A signal as it leaves the strategy: checked, and with decimal text for money. */
export interface CheckedSignal {
  readonly action: SignalAction
  readonly quantity?: string
  readonly confidence?: number
  readonly stopLoss?: string
  readonly takeProfit?: string
  readonly note?: string
}

/**
 * What `analyze` returned, checked. Throws `TypeError` naming the first fault, misspelt properties included:
 * an answer is used whole or not at all.
 */
export function checkSignals(answer: unknown): CheckedSignal[] {
  if (!Array.isArray(answer)) throw new TypeError(`analyze must return a list of signals, [] for none, not ${describe(answer)}`)
  if (answer.length > SIGNALS_MAX) throw new TypeError(`analyze returned ${answer.length} signals; at most ${SIGNALS_MAX} are taken`)
  return answer.map((signal: unknown, i) => checkSignal(signal, `signal ${i + 1}`))
}

function checkSignal(signal: unknown, where: string): CheckedSignal {
  if (typeof signal !== 'object' || signal === null) throw new TypeError(`${where} must be an object, not ${describe(signal)}`)
  const { action, quantity, confidence, stopLoss, takeProfit, note, ...rest } = signal as Record<string, unknown>
  for (const key of Object.keys(rest))
    throw new TypeError(`${where} has '${key}', which is not a property of a signal (known are ${KEYS.join(', ')})`)
  if (!isAction(action)) throw new TypeError(`${where}: action must be one of ${SIGNAL_ACTIONS.join(', ')}, not ${describe(action)}`)
  if (confidence !== undefined && !(typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) {
    throw new TypeError(`${where}: confidence must be a number from 0 to 1, not ${describe(confidence)}`)
  }
  if (note !== undefined && typeof note !== 'string') throw new TypeError(`${where}: note must be text, not ${describe(note)}`)
  return {
    action,
    ...(quantity === undefined ? {} : { quantity: positive(quantity, `${where}: quantity`) }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(stopLoss === undefined ? {} : { stopLoss: positive(stopLoss, `${where}: stopLoss`) }),
    ...(takeProfit === undefined ? {} : { takeProfit: positive(takeProfit, `${where}: takeProfit`) }),
    ...(note === undefined ? {} : { note: note.slice(0, NOTE_LENGTH_MAX) }),
  }
}

function isAction(value: unknown): value is SignalAction {
  return (SIGNAL_ACTIONS as readonly unknown[]).includes(value)
}

function positive(value: unknown, where: string): string {
  const text = typeof value === 'number' && Number.isFinite(value) ? decimalText(value) : value
  if (typeof text !== 'string' || text.length > DECIMAL_LENGTH_MAX || !DECIMAL.test(text) || /^[0.]+$/.test(text)) {
    throw new TypeError(`${where} must be a positive number or plain decimal text, not ${describe(value)}`)
  }
  return text
}

function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value)
  return typeof value === 'string' ? `'${value.slice(0, 40)}'` : `a ${typeof value}`
}
