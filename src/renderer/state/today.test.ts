import { expect, it } from 'vitest'
import { changeToday } from './today.ts'

const DAY = 86_400_000

it('counts from the last equity before midnight UTC', () => {
  const curve = [
    { ts: DAY - 10, equity: '9000' },
    { ts: DAY - 1, equity: '10000' },
    { ts: DAY + 5, equity: '10100' },
  ]
  expect(changeToday(curve, { ts: DAY + 9, equity: '10080.50' })).toEqual({ amount: '80.5', percent: '0.80' })
})

it('counts from the first equity on the first day, and knows nothing without a curve', () => {
  expect(changeToday([{ ts: 1, equity: '200' }], { ts: 9, equity: '190' })).toEqual({ amount: '-10', percent: '-5.00' })
  expect(changeToday([{ ts: 1, equity: '0' }], { ts: 9, equity: '190' })?.percent).toBeUndefined()
  expect(changeToday([], { ts: 9, equity: '1' })).toBeUndefined()
})
