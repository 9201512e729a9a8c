import { describe, expect, it } from 'vitest'
import { IDEMPOTENCY_KEY_AGE_MAX_MS, IDEMPOTENCY_KEYS_MAX, IdempotencyCache } from './idempotency.ts'

function makeCache() {
  const time = { ms: 0 }
  const cache = new IdempotencyCache({ now: () => time.ms, elapsed: () => time.ms })
  let acts = 0
  const act = async (): Promise<number> => (acts += 1)
  return { cache, time, act, acts: () => acts }
}

describe('IdempotencyCache', () => {
  it('acts once for a request that comes twice, also at the same time', async () => {
    const { cache, act, acts } = makeCache()
    const both = await Promise.all([cache.once('k', [{ a: 1, b: 2 }], act), cache.once('k', [{ b: 2, a: 1 }], act)])
    expect(both).toEqual([1, 1])
    expect(await cache.once('k', [{ a: 1, b: 2 }], act)).toBe(1)
    expect(acts()).toBe(1)
  })

  it('refuses a key that comes with another request, in any place of it', async () => {
    const { cache, act } = makeCache()
    await cache.once('k', ['orders.create', { a: { b: [1, 2] } }], act)
    for (const other of [
      ['orders.create', { a: { b: [2, 1] } }],
      ['orders.cancel', { a: { b: [1, 2] } }],
      ['orders.create', undefined],
    ]) {
      await expect(cache.once('k', other, act)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
    }
  })

  it('lets a failure be tried again', async () => {
    const { cache, act } = makeCache()
    await expect(cache.once('k', [], async () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await cache.once('k', [], act)).toBe(1)
  })

  it('forgets after a day, and the oldest when it is full', async () => {
    const { cache, time, act, acts } = makeCache()
    await cache.once('old', [], act)
    time.ms = IDEMPOTENCY_KEY_AGE_MAX_MS + 1
    await cache.once('old', [], act)
    expect(acts()).toBe(2)
    for (let i = 0; i < IDEMPOTENCY_KEYS_MAX + 10; i += 1) await cache.once(`k${i}`, [], act)
    expect(cache.size).toBe(IDEMPOTENCY_KEYS_MAX)
    const before = acts()
    await cache.once(`k${IDEMPOTENCY_KEYS_MAX}`, [], act)
    expect(acts()).toBe(before)
    await cache.once('old', [], act)
    expect(acts()).toBe(before + 1)
  })
})
