import { describe, expect, it } from 'vitest'
import { createStepQueue } from './step-queue.ts'

const elapsed = () => performance.now()

describe('step queue', () => {
  it('works strictly one after another and in order', async () => {
    const log: string[] = []
    const done = Promise.withResolvers<void>()
    const queue = createStepQueue<number>({
      limit: 10,
      elapsed,
      onFull: () => undefined,
      async process(n) {
        log.push(`begin ${n}`)
        await new Promise((resolve) => setTimeout(resolve, 5 - n))
        log.push(`end ${n}`)
        if (n === 3) done.resolve()
      },
    })
    for (const n of [1, 2, 3]) queue.push(n)
    await done.promise
    expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'])
  })

  it('stops for good when more comes than it may hold', async () => {
    const worked: number[] = []
    let full = 0
    const gate = Promise.withResolvers<void>()
    const queue = createStepQueue<number>({
      limit: 2,
      elapsed,
      onFull: () => (full += 1),
      async process(n) {
        await gate.promise
        worked.push(n)
      },
    })
    for (const n of [1, 2, 3, 4, 5]) queue.push(n)
    gate.resolve()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect({ full, worked, size: queue.size() }).toEqual({ full: 1, worked: [1], size: 0 })
  })

  it('lets timers and messages through while it is busy', async () => {
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 1)
    const done = Promise.withResolvers<void>()
    const queue = createStepQueue<number>({
      limit: 1_000,
      elapsed,
      onFull: () => undefined,
      async process(n) {
        const until = elapsed() + 1
        while (elapsed() < until);
        if (n === 149) done.resolve()
      },
    })
    for (let n = 0; n < 150; n += 1) queue.push(n)
    await done.promise
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(3)
  })
})
