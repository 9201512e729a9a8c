import { EventEmitter } from 'node:events'
import type { MessagePortMain } from 'electron'
import { fc } from '#test/support/properties.ts'
import { expect, test } from 'vitest'
import type { ClientFrame, ServerFrame } from '#contract/stream.ts'
import type { SendFrame } from '#orchestrator/workstation-api.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { serveStream, UNACKNOWLEDGED_FRAMES_MAX } from './stream-port.ts'

/** The two ends a test needs: what the page says, and what reaches it. */
class PagePort extends EventEmitter {
  readonly sent: ServerFrame[] = []
  postMessage(frame: ServerFrame): void {
    this.sent.push(frame)
  }
  start(): void {
    this.emit('started')
  }
  close(): void {
    this.emit('close')
  }
  says(data: unknown): void {
    this.emit('message', { data, ports: [] })
  }
}

function stand() {
  const port = new PagePort()
  const sessions: { send: SendFrame; received: ClientFrame[]; closed: boolean }[] = []
  const openStream = (send: SendFrame) => {
    const session = { send, received: [] as ClientFrame[], closed: false }
    sessions.push(session)
    return { receive: (frame: ClientFrame) => void session.received.push(frame), close: () => void (session.closed = true) }
  }
  serveStream(port as unknown as MessagePortMain, { openStream }, silentLogger)
  return { port, sessions }
}

const event: ServerFrame = { type: 'event', channel: 'prices', seq: 1, ts: 0, data: {} }

test('frames go both ways', () => {
  const { port, sessions } = stand()
  port.says({ action: 'subscribe', channel: 'trades' })
  expect(sessions[0]?.received).toEqual([{ action: 'subscribe', channel: 'trades' }])
  expect(sessions[0]?.send(event)).toBe(true)
  expect(port.sent).toEqual([event])
})

test('a page that says nothing loses its session, hears no pong, and gets a fresh one when it subscribes again', async () => {
  const { port, sessions } = stand()
  port.says({ action: 'subscribe', channel: 'prices' })
  const [first] = sessions
  for (let sent = 0; sent < UNACKNOWLEDGED_FRAMES_MAX; sent += 1) expect(first?.send(event)).toBe(true)
  expect(first?.send(event)).toBe(false)
  await Promise.resolve()
  expect(first?.closed).toBe(true)
  expect(port.sent).toHaveLength(UNACKNOWLEDGED_FRAMES_MAX)
  port.says({ action: 'ping' })
  expect(sessions).toHaveLength(1)
  port.says({ action: 'resume', channel: 'prices', seq: 1 })
  port.says({ action: 'ping' })
  expect(sessions[1]?.received).toEqual([{ action: 'resume', channel: 'prices', seq: 1 }, { action: 'ping' }])
  expect(sessions[1]?.send(event)).toBe(true)
})

test('a page that pings keeps its session however much is sent', () => {
  const { port, sessions } = stand()
  port.says({ action: 'subscribe', channel: 'prices' })
  for (let sent = 0; sent < UNACKNOWLEDGED_FRAMES_MAX * 3; sent += 1) {
    if (sent % 10_000 === 0) port.says({ action: 'ping' })
    expect(sessions[0]?.send(event)).toBe(true)
  }
  expect(sessions).toHaveLength(1)
})

test('a closed port closes its session', () => {
  const { port, sessions } = stand()
  port.says({ action: 'ping' })
  port.close()
  expect(sessions[0]?.closed).toBe(true)
})

test('whatever else a page posts is answered with an error and never reaches the workstation', () => {
  const { port, sessions } = stand()
  const strict = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
  })
  const almost = fc.record({
    action: fc.constantFrom('subscribe', 'auth', 'resume', '__proto__', ''),
    channel: fc.anything(),
    extra: fc.anything(),
  })
  fc.assert(
    fc.property(fc.oneof(strict, almost), (data) => {
      port.says(data)
      expect(sessions).toEqual([])
      expect(port.sent.pop()).toMatchObject({ type: 'error', code: 'INVALID_FRAME' })
    }),
    { numRuns: 2_000 },
  )
})
