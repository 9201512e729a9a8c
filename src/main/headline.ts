import type { StatusView } from '#contract/views.ts'
import type { StopOutcome } from './emergency-stop.ts'
import type { HotkeyState } from './stop-hotkey.ts'

/** The state of the whole in one line, for the tray. */
export function headline(status: StatusView | null): string {
  if (status === null) return 'Starting'
  const mode = status.mode.toUpperCase()
  if (status.halted !== null) return `Halted since ${clockTime(status.halted.since)} by ${status.halted.by} (${mode})`
  if (status.state === 'running') return `Trading (${mode})`
  return `${status.state.charAt(0).toUpperCase()}${status.state.slice(1)} (${mode})`
}

function clockTime(ts: number): string {
  return `${new Date(ts).toISOString().slice(11, 16)} UTC`
}

/** What a person reads after a stop: done, with figures, or exactly what to do. */
export function describeStop(outcome: StopOutcome): { readonly title: string; readonly body: string; readonly urgent: boolean } {
  if (outcome.kind === 'noted') {
    return { title: 'Emergency stop noted', body: 'The workstation is still starting. It is stopped the moment it answers.', urgent: false }
  }
  if (outcome.kind === 'failed') {
    return { title: 'Emergency stop NOT confirmed', body: `${outcome.message}\n\nCancel open orders on the exchange itself.`, urgent: true }
  }
  const { receipt } = outcome
  const done = `${receipt.canceled} orders canceled, ${receipt.flattened} positions flattened in ${Math.round(receipt.duration_ms)} ms.`
  if (receipt.confirmed && receipt.remaining.length === 0) return { title: 'Stopped', body: `${done} Nothing is left.`, urgent: false }
  const left = receipt.remaining.map(({ kind, id, detail }) => `${kind} ${id}: ${detail}`).join('\n')
  return { title: 'Stopped, but not everything is gone', body: `${done}\nLeft:\n${left}`, urgent: true }
}

export function hotkeyWarning(state: HotkeyState): string | null {
  return state.registered ? null : `The stop hotkey ${state.accelerator} does not work: another program holds it`
}
