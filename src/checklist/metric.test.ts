import { describe, expect, it } from 'vitest'
import { gapsOf } from './checks/web-socket.ts'
import { isMet, metricLine, percentile } from './metric.ts'

describe('a figure', () => {
  it.each([
    ['higher', 1_000, 1_000, true],
    ['higher', 999, 1_000, false],
    ['lower', 50, 50, true],
    ['lower', 51, 50, false],
    ['lower', 0, 50, true],
    ['lower', Number.NaN, 50, false],
    ['higher', Number.NaN, 0, false],
    ['higher', Number.POSITIVE_INFINITY, 1, false],
    ['lower', Number.POSITIVE_INFINITY, 50, false],
  ] as const)('%s is better: %d against %d is %s', (better, value, target, met) => {
    expect(isMet({ better, value, target })).toBe(met)
    const line = metricLine({ name: 'n', value, unit: 'u', target, better, detail: '' })
    expect(line).toMatchObject({ status: met ? 'passed' : 'failed' })
    expect(line.expectation).toContain(better === 'higher' ? 'at least' : 'at most')
  })

  it('takes percentiles by the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect([percentile(values, 0.99), percentile(values, 0.5), percentile([7], 0.99)]).toEqual([99, 50, 7])
    expect(percentile([], 0.99)).toBeNaN()
  })
})

it('finds every gap of a sequence, and the one behind the snapshot', () => {
  expect(gapsOf([5, 6, 7], 4)).toEqual([])
  expect(gapsOf([5, 6, 8, 8], 3)).toEqual(['5 after 3', '8 after 6', '8 after 8'])
  expect(gapsOf([5], undefined)).toEqual([])
})
