import type { ComponentView, StatusView, StopReceipt } from '#contract/views.ts'

/** The status for a person: the verdict first, then what is not as it should be, then the rest. */
export function statusText(status: StatusView): string {
  const { halted, journal, replica, replay } = status
  const lines = [
    `${status.state.toUpperCase()}  mode ${status.mode}, version ${status.version}, up ${duration(status.uptime_ms)}`,
    ...(halted === null ? [] : [`halted ${new Date(halted.since).toISOString()} by ${halted.by}: ${halted.reason}`]),
    ...(replay === null ? [] : [`replay ${replay.file}: ${replay.processed} of ${replay.total} candles${replay.done ? ', done' : ''}`]),
    '',
    ...[...status.components].sort(byConcern).map(componentLine),
    '',
    `journal  ${journal.seq} facts`,
    `replica  ${replica.seq} facts in Postgres, ${replica.lag_events} behind (${replica.state})${replica.reason === null ? '' : `: ${replica.reason}`}`,
    ...status.traders.map(({ id, state }) => `trader   ${id}: ${state}`),
  ]
  return `${lines.join('\n')}\n`
}

export function receiptText(receipt: StopReceipt): string {
  const left = receipt.remaining.map(({ kind, id, detail }) => `  ${kind} ${id}: ${detail}`)
  const lines = [
    `HALTED ${new Date(receipt.halted_at).toISOString()} by ${receipt.by}: ${receipt.reason}`,
    `${receipt.canceled} orders canceled, ${receipt.flattened} positions flattened, in ${Math.round(receipt.duration_ms)} ms`,
    ...(receipt.confirmed && left.length === 0
      ? ['The exchange shows nothing more in scope. Trading stays halted until `bot-trading resume`.']
      : ['NOT CONFIRMED. Still there; cancel it on the exchange itself:', ...left]),
  ]
  return `${lines.join('\n')}\n`
}

const CONCERN: Readonly<Record<ComponentView['state'], number>> = { down: 0, degraded: 1, starting: 2, stopped: 3, running: 4, disabled: 5 }
const byConcern = (a: ComponentView, b: ComponentView): number => CONCERN[a.state] - CONCERN[b.state]

function componentLine({ name, state, evidence }: ComponentView): string {
  return `${state.padEnd(8)} ${name}: ${evidence}`
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const parts = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  const units = ['d', 'h', 'min', 's']
  const first = parts.findIndex((part) => part > 0)
  return first === -1
    ? '0 s'
    : parts
        .slice(first, first + 2)
        .map((part, index) => `${part} ${units[first + index] ?? ''}`)
        .join(' ')
}
