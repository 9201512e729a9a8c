import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OrderMemory } from './order-memory.ts'

const name = fc.tuple(fc.constantFrom('bybit', 'okx', ''), fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'ÿ', '7'), maxLength: 6 }))

it('has what it was given and nothing else, as a set of whole names does', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 2_000 }), fc.array(name, { maxLength: 200 }), (given, asked) => {
      const memory = new OrderMemory()
      const model = new Set(given.map((each) => JSON.stringify(each)))
      for (const [exchange, orderId] of given) memory.remember(exchange, orderId)
      expect(memory.isComplete).toBe(true)
      for (const each of [...given, ...asked]) expect(memory.has(...each)).toBe(model.has(JSON.stringify(each)))
    }),
    { numRuns: 50 },
  )
})

it('keeps a hundred thousand apart, of each exchange', () => {
  const memory = new OrderMemory()
  for (let number = 0; number < 100_000; number += 1) memory.remember(number % 2 === 0 ? 'bybit' : 'okx', `${number}`)
  let found = 0
  for (let number = 0; number < 100_000; number += 1) {
    if (memory.has(number % 2 === 0 ? 'bybit' : 'okx', `${number}`)) found += 1
    if (memory.has(number % 2 === 0 ? 'okx' : 'bybit', `${number}`) || memory.has('bybit', `${number}x`)) found -= 1
  }
  expect([found, memory.isComplete]).toEqual([100_000, true])
})

it('says when it could not take one: for want of room, for a letter or a length it cannot hold', () => {
  const full = new OrderMemory(1)
  const id = (number: number): string => `${number}`.padStart(1_000, '0')
  for (let number = 0; number < 2_000; number += 1) full.remember('bybit', id(number))
  expect(full.isComplete).toBe(false)
  const kept = Array.from({ length: 2_000 }, (_, number) => full.has('bybit', id(number))).filter(Boolean)
  expect(kept).toHaveLength(Math.floor(2 ** 20 / 1_003))
  for (const odd of ['заказ', 'x'.repeat(65_536)]) {
    const memory = new OrderMemory()
    memory.remember('bybit', 'one')
    memory.remember('bybit', odd)
    expect([memory.isComplete, memory.has('bybit', odd), memory.has('bybit', 'one')]).toEqual([false, false, true])
  }
})

it('does not take a letter for another that has the same low byte', () => {
  const memory = new OrderMemory()
  memory.remember('bybit', 'A')
  expect(memory.has('bybit', 'Ł')).toBe(false)
})
