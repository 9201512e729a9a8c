import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerFrame } from '#contract/stream.ts'
import { runGateway, StreamClient, TOKEN, type RunningGateway } from '../support/gateway.ts'
import { tick } from '../support/workstation-front.ts'

const bearer = { authorization: `Bearer ${TOKEN}` }
type Numbered = Extract<ServerFrame, { readonly type: 'event' }>

describe('the event stream over a WebSocket', () => {
  let running: RunningGateway
  const clients: StreamClient[] = []
  beforeEach(async () => {
    running = await runGateway()
    tick(running.front, '50000.00')
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await running.close()
  })

  async function client(headers: Record<string, string> = bearer): Promise<StreamClient> {
    const opened = await new StreamClient(running.gateway.url, headers).open()
    clients.push(opened)
    return opened
  }
  const buy = (): Promise<Response> =>
    running.post('/api/v1/signals', { symbol: 'BTC/USDT', action: 'BUY', quantity: '0.001', strategy: 's' })
  const eventsOf = (follower: StreamClient, channel: string): Numbered[] =>
    follower.frames.filter((frame): frame is Numbered => frame.type === 'event' && frame.channel === channel)

  it('confirms, shows the present, then counts without a gap', async () => {
    const follower = await client()
    follower.send({ action: 'subscribe', channel: 'signals' })
    const snapshot = await follower.until((frame) => frame.type === 'snapshot')
    expect(follower.frames.map((frame) => frame.type)).toEqual(['subscribed', 'snapshot'])
    expect(snapshot).toMatchObject({ channel: 'signals', data: [] })
    const start = (snapshot as { seq: number }).seq
    expect(follower.frames[0]).toMatchObject({ seq: start })
    for (let i = 0; i < 5; i += 1) await buy()
    await follower.until((frame) => frame.type === 'event' && frame.seq === start + 5)
    expect(eventsOf(follower, 'signals').map((event) => event.seq - start)).toEqual([1, 2, 3, 4, 5])
  })

  it('lets a follower who was away go on where it stopped', async () => {
    const first = await client()
    first.send({ action: 'subscribe', channel: 'signals' })
    await first.until((frame) => frame.type === 'snapshot')
    await buy()
    const seen = (await first.until((frame) => frame.type === 'event')) as Numbered
    first.close()
    for (let i = 0; i < 3; i += 1) await buy()

    const second = await client()
    second.send({ action: 'resume', channel: 'signals', seq: seen.seq })
    await second.until((frame) => frame.type === 'event' && frame.seq === seen.seq + 3)
    expect(second.frames[0]).toEqual({ type: 'subscribed', channel: 'signals', seq: seen.seq })
    expect(eventsOf(second, 'signals').map((event) => event.seq - seen.seq)).toEqual([1, 2, 3])
    expect(second.frames.some((frame) => frame.type === 'snapshot')).toBe(false)
  })

  it('answers a number it no longer has, or never had, with a snapshot', async () => {
    const follower = await client()
    follower.send({ action: 'resume', channel: 'signals', seq: 5 })
    await follower.until((frame) => frame.type === 'snapshot' && frame.channel === 'signals')
    follower.send({ action: 'resume', channel: 'orders', seq: Number.MAX_SAFE_INTEGER })
    await follower.until((frame) => frame.type === 'snapshot' && frame.channel === 'orders')
  })

  it('hears only the symbol it asked for, and nothing after it left', async () => {
    const follower = await client()
    follower.send({ action: 'subscribe', channel: 'signals', symbol: 'ETH/USDT' })
    await follower.until((frame) => frame.type === 'snapshot')
    await buy()
    await running.post('/api/v1/signals', { symbol: 'ETH/USDT', action: 'BUY', quantity: '0.1', strategy: 's' })
    await follower.until((frame) => frame.type === 'event')
    expect(eventsOf(follower, 'signals').map((event) => (event.data as { symbol: string }).symbol)).toEqual(['ETH/USDT'])
    follower.send({ action: 'unsubscribe', channel: 'signals' })
    await follower.until((frame) => frame.type === 'unsubscribed')
    await running.post('/api/v1/signals', { symbol: 'ETH/USDT', action: 'BUY', quantity: '0.1', strategy: 's' })
    follower.send({ action: 'ping' })
    await follower.until((frame) => frame.type === 'pong')
    expect(eventsOf(follower, 'signals')).toHaveLength(1)
  })

  it.each([
    ['an unknown channel', { action: 'subscribe', channel: 'secrets' }, 'UNKNOWN_CHANNEL'],
    ['an unknown action', { action: 'shout' }, 'BAD_FRAME'],
    ['an unknown key', { action: 'ping', loud: true }, 'BAD_FRAME'],
    ['no JSON', '{"action":', 'BAD_FRAME'],
    ['nothing at all', 'null', 'BAD_FRAME'],
  ])('answers %s with an error and goes on', async (_what, frame, code) => {
    const follower = await client()
    follower.send(frame)
    expect(await follower.until((answer) => answer.type === 'error')).toMatchObject({ code })
    follower.send({ action: 'ping' })
    await follower.until((answer) => answer.type === 'pong')
  })

  it('takes the token as the first message', async () => {
    const follower = await client({})
    follower.send({ action: 'auth', token: TOKEN })
    await follower.until((frame) => frame.type === 'authenticated')
    follower.send({ action: 'subscribe', channel: 'positions' })
    await follower.until((frame) => frame.type === 'snapshot')
  })

  it.each([
    ['a wrong token', { action: 'auth', token: 'wrong-wrong-wrong-wrong' }],
    ['something else first', { action: 'subscribe', channel: 'positions' }],
  ])('closes after %s and tells nothing', async (_what, frame) => {
    const follower = await client({})
    follower.send(frame)
    expect(await follower.untilClosed()).toEqual({ code: 1008, reason: 'UNAUTHORIZED' })
    expect(follower.frames).toMatchObject([{ type: 'error', code: 'UNAUTHORIZED' }])
  })

  it('waits five seconds for a token, no longer', async () => {
    const follower = await client({})
    const started = performance.now()
    expect((await follower.untilClosed()).code).toBe(1008)
    expect(performance.now() - started).toBeGreaterThan(4_500)
    expect(performance.now() - started).toBeLessThan(6_500)
  })

  it('closes on a frame over 64 KiB, on binary, and on a flood', async () => {
    const big = await client()
    big.send(`{"action":"${'x'.repeat(70_000)}"}`)
    expect((await big.untilClosed()).code).toBe(1009)
    const binary = await client()
    binary.socket.send(Buffer.from([1, 2, 3]))
    expect((await binary.untilClosed()).code).toBe(1003)
    const flood = await client()
    for (let i = 0; i < 400; i += 1) flood.send({ action: 'ping' })
    expect((await flood.untilClosed()).code).toBe(1008)
  })

  it('opens at most 50', async () => {
    await Promise.all(Array.from({ length: 50 }, () => client()))
    const refused = new StreamClient(running.gateway.url, bearer)
    clients.push(refused)
    await refused.untilClosed()
    expect(refused.socket.readyState).toBe(refused.socket.CLOSED)
    clients.shift()?.close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await client()
  })

  it('drops a client that does not read, keeps the others, and holds no more than a bound for it', async () => {
    const slow = await client()
    slow.send({ action: 'subscribe', channel: 'alerts' })
    await slow.until((frame) => frame.type === 'snapshot')
    const good = await client()
    good.send({ action: 'subscribe', channel: 'alerts' })
    await good.until((frame) => frame.type === 'snapshot')
    slow.socket.pause()
    const before = running.front.stream.hub.sessionCount
    const message = 'x'.repeat(20_000)
    let published = 0
    const deadline = performance.now() + 10_000
    while (running.front.stream.hub.sessionCount === before && performance.now() < deadline) {
      for (let i = 0; i < 10; i += 1) running.front.stream.hub.publish('alerts', published, { message, n: (published += 1) })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(running.front.stream.hub.sessionCount).toBe(before - 1)
    running.front.stream.hub.publish('alerts', 0, { last: true })
    await good.until((frame) => frame.type === 'event' && (frame.data as { last?: boolean }).last === true)
    expect(eventsOf(good, 'alerts')).toHaveLength(published + 1)
    slow.socket.resume()
    expect([1006, 1013]).toContain((await slow.untilClosed()).code)
  })

  it('carries a burst of 10,000 events to a client that reads, without a gap', async () => {
    const follower = await client()
    follower.send({ action: 'subscribe', channel: 'alerts' })
    const { seq } = (await follower.until((frame) => frame.type === 'snapshot')) as { seq: number }
    for (let i = 1; i <= 10_000; i += 1) running.front.stream.hub.publish('alerts', i, { message: 'x'.repeat(200), i })
    await follower.until((frame) => frame.type === 'event' && frame.seq === seq + 10_000, 10_000)
    expect(eventsOf(follower, 'alerts').every((event, i) => event.seq === seq + i + 1)).toBe(true)
  })

  it('sends a price ten times a second at most, and always the latest', async () => {
    const follower = await client()
    follower.send({ action: 'subscribe', channel: 'prices' })
    await follower.until((frame) => frame.type === 'snapshot')
    for (let i = 1; i <= 50; i += 1) {
      tick(running.front, `50${String(i).padStart(3, '0')}.00`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await follower.until((frame) => frame.type === 'event' && (frame.data as { last: string }).last === '50050.00')
    expect(eventsOf(follower, 'prices').length).toBeLessThanOrEqual(9)
    expect(eventsOf(follower, 'prices').length).toBeGreaterThan(2)
  })
})
