import { afterEach, describe, expect, it } from 'vitest'
import { RequestLanes } from './request-lanes.ts'

let now = 0
const clock = { now: () => now, elapsed: () => now }
let lanes: RequestLanes
const make = (requestsPerSecond: number, inFlightMax = 1_000) => {
  now = 0
  lanes = new RequestLanes(clock, { requestsPerSecond, inFlightMax })
  return lanes
}
afterEach(() => lanes.close())
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('RequestLanes', () => {
  it('lets cancels go first, then exits, entries, questions and data', async () => {
    make(1)
    const order: string[] = []
    const ask = (lane: Parameters<RequestLanes['run']>[0]) =>
      lanes.run(lane, lane, async () => void order.push(lane)).catch(() => undefined)
    await ask('CANCEL')
    const all = (['DATA', 'QUERY', 'ENTRY', 'EXIT', 'CANCEL'] as const).map(ask)
    await settle()
    expect(order).toEqual(['CANCEL'])
    now += 1_000
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    expect(order).toEqual(['CANCEL', 'CANCEL'])
    lanes.close()
    await Promise.all(all)
  })

  it('keeps a share of the budget for cancels when questions would take it all', async () => {
    make(10)
    let questions = 0
    let cancels = 0
    const asked = Array.from({ length: 30 }, () => lanes.run('DATA', 'x', async () => void (questions += 1)).catch(() => undefined))
    await settle()
    expect(questions).toBeLessThanOrEqual(5)
    const canceled = Array.from({ length: 5 }, () => lanes.run('CANCEL', 'x', async () => void (cancels += 1)))
    await settle()
    expect(cancels).toBe(5)
    lanes.close()
    await Promise.all([...asked, ...canceled])
  })

  it('never has more on their way than allowed', async () => {
    make(1_000, 4)
    let running = 0
    let most = 0
    const gate = Promise.withResolvers<void>()
    const all = Array.from({ length: 20 }, () =>
      lanes.run('CANCEL', 'x', async () => {
        running += 1
        most = Math.max(most, running)
        await gate.promise
        running -= 1
      }),
    )
    await settle()
    expect(running).toBe(4)
    gate.resolve()
    now += 60
    await Promise.all(all)
    expect(most).toBe(4)
  })

  it('is quiet after a refusal for too many requests, but for cancels', async () => {
    make(100)
    lanes.brake(5_000)
    expect(lanes.waitMs).toBe(5_000)
    let asked = 0
    const entry = lanes.run('ENTRY', 'x', async () => void (asked += 1)).catch((error: unknown) => String(error))
    await lanes.run('CANCEL', 'x', async () => undefined)
    expect(asked).toBe(0)
    now += 4_000
    await lanes.run('CANCEL', 'x', async () => undefined)
    expect(await entry).toContain('was not sent')
    expect(asked).toBe(0)
  })

  it('refuses what cannot wait any more, and everything when it is closed', async () => {
    make(1)
    await lanes.run('CANCEL', 'x', async () => undefined)
    const waiting = Array.from({ length: 200 }, () =>
      lanes.run('DATA', 'x', async () => undefined).catch((error: unknown) => String(error)),
    )
    await expect(lanes.run('DATA', 'one more', async () => undefined)).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    lanes.close()
    expect((await Promise.all(waiting)).every((text) => String(text).includes('was not sent'))).toBe(true)
    await expect(lanes.run('CANCEL', 'late', async () => undefined)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })
})
