import { expect, it } from 'vitest'
import type { ImportProgressView } from '#contract/import.ts'
import { ProgressThrottle } from './progress-throttle.ts'

it('passes the first news of each step, at most five a second, and in the end the last', () => {
  const sent: [string, number][] = []
  let now = 0
  const throttle = new ProgressThrottle(
    ({ step, done }) => sent.push([step, done]),
    () => now,
  )
  const news = (step: ImportProgressView['step'], done: number): void => {
    throttle.take({ step, done, total: null, unit: 'rows', per_second: 0, remaining_ms: null })
    now += 10
  }
  for (let done = 1; done <= 30; done += 1) news('history', done)
  news('verify', 1)
  news('verify', 2)
  throttle.flush()
  expect(sent).toEqual([
    ['history', 1],
    ['history', 21],
    ['verify', 1],
    ['verify', 2],
  ])
})
