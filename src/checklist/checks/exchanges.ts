import { z } from 'zod'
import { reconcileView } from '#contract/reconcile.ts'
import { statusView } from '#contract/views.ts'
import { type Check, judged, type Measured, notRun } from '../check.ts'

const exchanges = z.object({ items: z.array(z.object({ name: z.string(), connected: z.boolean(), instruments: z.array(z.unknown()) })) })

/** The account is compared each 30 s; three of them. */
const COMPARED_AGE_MAX_MS = 90_000
/** What was last seen of the exchange. */
const EVIDENCE_AGE_MAX_MS = 30_000

export const EXCHANGES: Check = {
  area: 'exchanges',
  name: 'exchanges are connected and compared',
  needsWorkstation: true,
  async measure({ probe }) {
    const { items } = await probe.read('/exchanges', exchanges)
    const status = await probe.read('/system/status', statusView)
    const { state } = await probe.read('/reconcile?limit=1', reconcileView)
    const seen = status.components.find(({ name }) => name === 'exchange')
    const ageMs = seen === undefined ? Number.NaN : status.now - seen.evidence_ts
    return [
      ...items.map(({ name, connected, instruments }) =>
        judged(connected && instruments.length > 0, {
          name: `${name} is connected`,
          value: `${connected ? 'connected' : 'not connected'}, ${instruments.length} instruments`,
          expectation: 'connected, with instruments',
        }),
      ),
      judged(ageMs <= EVIDENCE_AGE_MAX_MS, {
        name: 'age of the last sign of the exchange',
        value: seen === undefined ? null : `${(ageMs / 1_000).toFixed(1)} s`,
        expectation: `at most ${EVIDENCE_AGE_MAX_MS / 1_000} s`,
        detail: seen?.evidence ?? 'the status names no exchange',
      }),
      comparison(status, state.compared_at),
      judged(state.blocking === 0, {
        name: 'differences that shut entries',
        value: `${state.blocking} of ${state.open} open`,
        expectation: '0',
        detail: state.entries_shut ?? '',
      }),
    ]
  },
}

function comparison({ replay, now }: z.infer<typeof statusView>, comparedAt: number | null): Measured {
  const name = 'age of the last comparison of the account'
  const expectation = `at most ${COMPARED_AGE_MAX_MS / 1_000} s`
  if (replay !== null) return notRun(name, expectation, 'in a replay the account is compared at the start only')
  // It is told in the engine's time. The market of a demo runs faster than the clock, and ahead of it: there it has no age.
  const age = comparedAt === null ? undefined : Math.max(0, now - comparedAt)
  return judged(age !== undefined && age <= COMPARED_AGE_MAX_MS, {
    name,
    value: age === undefined ? 'never compared' : `${(age / 1_000).toFixed(1)} s`,
    expectation,
  })
}
