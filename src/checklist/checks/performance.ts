import { z } from 'zod'
import { CHECKLIST_STRATEGY } from '#contract/checklist.ts'
import { signalAnswer } from '#contract/requests.ts'
import { type Check, type ChecklistPlace, type Measured, notRun } from '../check.ts'
import { metricLine, percentile } from '../metric.ts'
import { type Probe, shownBody } from '../probe.ts'

/** Targets of the migration: answers of the interface within 50 ms, a thousand signals a second. */
const ANSWER_TARGET_MS = 50
const SIGNALS_TARGET_PER_SECOND = 1_000
const SAMPLES = 100
const WARM_UP = 10
const SHARE = 0.99
const SIGNALS = 1_000
const PONG_DEADLINE_MS = 5_000
const THROUGHPUT = 'signals decided and written to the journal'

export const PERFORMANCE: Check = {
  area: 'performance',
  name: 'latency and throughput',
  needsWorkstation: true,
  async measure(place) {
    return [await answers(place.probe), await pongs(place.probe), await signals(place)]
  },
}

async function answers(probe: Probe): Promise<Measured> {
  const times: number[] = []
  for (let sample = 0; sample < SAMPLES + WARM_UP; sample += 1) {
    const { status, ms } = await probe.ask('/system/status')
    // An answer that is a failure is no answer, however quick it is.
    if (sample >= WARM_UP) times.push(status === 200 ? ms : Number.POSITIVE_INFINITY)
  }
  return metricLine({
    name: 'GET /system/status, 99th percentile',
    value: percentile(times, SHARE),
    unit: 'ms',
    target: ANSWER_TARGET_MS,
    better: 'lower',
    detail: `${times.length} requests, one after the other`,
  })
}

async function pongs(probe: Probe): Promise<Measured> {
  const stream = await probe.openStream()
  try {
    const times: number[] = []
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const began = performance.now()
      stream.send({ action: 'ping' })
      const isThere = await stream.until(() => stream.of('pong').length > sample, PONG_DEADLINE_MS)
      times.push(isThere ? performance.now() - began : Number.POSITIVE_INFINITY)
      if (!isThere) break
    }
    return metricLine({
      name: 'event stream there and back, 99th percentile',
      value: percentile(times, SHARE),
      unit: 'ms',
      target: ANSWER_TARGET_MS,
      better: 'lower',
      detail: `${times.length} pings, looked at each 5 ms`,
    })
  } finally {
    stream.close()
  }
}

/** Signals that have expired already: the engine decides and records each, and no order can come of it. */
async function signals({ probe, clock, isLoadAllowed }: ChecklistPlace): Promise<Measured> {
  const expectation = `at least ${SIGNALS_TARGET_PER_SECOND} signals/s (higher is better)`
  if (!isLoadAllowed) return notRun(THROUGHPUT, expectation, 'it writes signals into the record: only with --load')
  const now = clock.now()
  const body = Array.from({ length: SIGNALS }, (_, index) => ({
    signal_id: `checklist-${now}-${index}`,
    symbol: 'BTC/USDT',
    action: 'BUY',
    quantity: '0.01',
    strategy: CHECKLIST_STRATEGY,
    expires_at: 1,
    note: 'throughput of bot-trading verify; it had expired before it was sent',
  }))
  const began = performance.now()
  const answer = await probe.ask('/signals', { body })
  const ms = performance.now() - began
  const decided = z.array(signalAnswer).safeParse(answer.body)
  if (answer.status !== 200 || !decided.success)
    return { name: THROUGHPUT, status: 'failed', value: `HTTP ${answer.status}`, expectation, detail: shownBody(answer.body) }
  const expired = decided.data.filter(({ outcome }) => outcome === 'EXPIRED').length
  return metricLine({
    name: THROUGHPUT,
    value: expired === SIGNALS ? (SIGNALS / ms) * 1_000 : Number.NaN,
    unit: 'signals/s',
    target: SIGNALS_TARGET_PER_SECOND,
    better: 'higher',
    detail: `one request of ${SIGNALS}, ${expired} of them EXPIRED as they should, over HTTP`,
  })
}
