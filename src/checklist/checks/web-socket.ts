import type { Channel } from '#contract/stream.ts'
import { type Check, judged, type Measured, notRun } from '../check.ts'
import type { StreamProbe } from '../probe.ts'

const SNAPSHOT_DEADLINE_MS = 5_000
/** How long something is waited for to happen. */
const EVENTS_DEADLINE_MS = 5_000
const EVENTS_WANTED = 3
/** The channel with a snapshot at any time, and the ones where something happens while a market moves. */
const SNAPSHOT_CHANNEL: Channel = 'system'
const MOVING_CHANNELS: readonly Channel[] = ['prices', 'candles', 'positions', 'system']

/** Connects, takes a snapshot, and sees that the numbers of what follows have no gap. */
export const WEB_SOCKET: Check = {
  area: 'web_socket',
  name: 'the event stream',
  needsWorkstation: true,
  async measure({ probe }) {
    const stream = await probe.openStream()
    try {
      return [await snapshot(stream), await sequence(stream)]
    } finally {
      stream.close()
    }
  },
}

async function snapshot(stream: StreamProbe): Promise<Measured> {
  const began = performance.now()
  stream.send({ action: 'subscribe', channel: SNAPSHOT_CHANNEL })
  const isThere = await stream.until(() => stream.of('snapshot', SNAPSHOT_CHANNEL).length > 0, SNAPSHOT_DEADLINE_MS)
  const [said] = stream.of('subscribed', SNAPSHOT_CHANNEL)
  const [frame] = stream.of('snapshot', SNAPSHOT_CHANNEL)
  const isWhole = isThere && typeof frame?.data === 'object' && frame.data !== null && said !== undefined && frame.seq === said.seq
  return judged(isWhole, {
    name: `snapshot of channel ${SNAPSHOT_CHANNEL}`,
    value: frame === undefined ? 'none' : `seq ${frame.seq}, after ${Math.round(performance.now() - began)} ms`,
    expectation: `a snapshot with the number of its subscription within ${SNAPSHOT_DEADLINE_MS / 1_000} s`,
    detail: stream
      .of('error')
      .map(({ message }) => message)
      .join('; '),
  })
}

async function sequence(stream: StreamProbe): Promise<Measured> {
  const name = 'sequence of events'
  const expectation = 'each number one above the last, beginning at the snapshot'
  for (const channel of MOVING_CHANNELS) if (channel !== SNAPSHOT_CHANNEL) stream.send({ action: 'subscribe', channel })
  await stream.until(() => MOVING_CHANNELS.some((channel) => stream.of('event', channel).length >= EVENTS_WANTED), EVENTS_DEADLINE_MS)
  const counted = MOVING_CHANNELS.map((channel) => ({ channel, seqs: stream.of('event', channel).map(({ seq }) => seq) }))
  const total = counted.reduce((sum, { seqs }) => sum + seqs.length, 0)
  if (total === 0) return notRun(name, expectation, `nothing happened within ${EVENTS_DEADLINE_MS / 1_000} s`)
  const gaps = counted.flatMap(({ channel, seqs }) =>
    gapsOf(seqs, stream.of('snapshot', channel)[0]?.seq).map((gap) => `${channel}: ${gap}`),
  )
  return judged(gaps.length === 0, { name, value: `${total} events, ${gaps.length} gaps`, expectation, detail: gaps.join('; ') })
}

/** Where a number is not one above the one before it. */
export function gapsOf(seqs: readonly number[], start: number | undefined): readonly string[] {
  return seqs.flatMap((seq, index) => {
    const before = index === 0 ? start : seqs[index - 1]
    return before === undefined || seq === before + 1 ? [] : [`${seq} after ${before}`]
  })
}
