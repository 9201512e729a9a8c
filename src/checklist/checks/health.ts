import { statusView } from '#contract/views.ts'
import { type Check, judged, type Measured } from '../check.ts'
import { shownBody } from '../probe.ts'

const UNWELL: ReadonlySet<string> = new Set(['down', 'degraded', 'stopped'])

/** HTTP status and body both: a proxy answers 200 for what is broken behind it, and curl leaves with 0 on a 500. */
export const HEALTH: Check = {
  area: 'health',
  name: 'the workstation answers',
  needsWorkstation: true,
  async measure({ probe }) {
    const health = await probe.ask('/health', { isOpen: true })
    const ready = await probe.ask('/ready')
    return [
      answer('GET /health', health, '{"status":"ok"}', (body) => body['status'] === 'ok'),
      answer('GET /ready', ready, '{"ready":true}', (body) => body['ready'] === true),
    ]
  },
}

export const COMPONENTS: Check = {
  area: 'health',
  name: 'components',
  needsWorkstation: true,
  async measure({ probe }) {
    const { components, halted } = await probe.read('/system/status', statusView)
    const unwell = components.filter(({ state }) => UNWELL.has(state))
    return [
      judged(unwell.length === 0, {
        name: 'components',
        value: `${components.length} components, ${unwell.length} unwell`,
        expectation: 'none is down, degraded or stopped',
        detail: unwell.map(({ name, state, evidence }) => `${name} is ${state}: ${evidence}`).join('; '),
      }),
      judged(halted === null, {
        name: 'trading is not halted',
        value: halted === null ? 'not halted' : `halted since ${new Date(halted.since).toISOString()}`,
        expectation: 'not halted',
        detail: halted === null ? '' : `by ${halted.by}: ${halted.reason}`,
      }),
    ]
  },
}

function answer(
  name: string,
  { status, body }: { readonly status: number; readonly body: unknown },
  expected: string,
  isFine: (body: Readonly<Record<string, unknown>>) => boolean,
): Measured {
  const isObject = typeof body === 'object' && body !== null
  const isMet = status === 200 && isObject && isFine(body as Readonly<Record<string, unknown>>)
  return judged(isMet, { name, value: `HTTP ${status} ${shownBody(body)}`, expectation: `HTTP 200 ${expected}` })
}
