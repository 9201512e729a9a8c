import { expect, test } from 'vitest'
import { missedModules } from './check.ts'
import { addCounts, closingLine, countTests } from './run-vitest.ts'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })
const report = (...testResults: ReturnType<typeof file>[]) => JSON.stringify({ testResults })

test('counts passed, failed and everything else as skipped', () => {
  expect(countTests(report(file('failed', 'passed', 'failed', 'pending', 'todo', 'skipped'), file('passed', 'passed')), 1)).toEqual({
    passed: 2,
    failed: 1,
    skipped: 3,
  })
})

test('a file that broke outside its tests is one failure', () => {
  expect(countTests(report(file('failed'), file('failed', 'passed', 'skipped')), 1)).toEqual({ passed: 1, failed: 2, skipped: 1 })
})

test('a runner that crashed, or failed without saying at what, is one failure', () => {
  expect(countTests(null, 139)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect(countTests(report(file('passed', 'passed')), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('the closing line has the three sums', () => {
  const sum = addCounts([
    { passed: 1, failed: 0, skipped: 2 },
    { passed: 10, failed: 3, skipped: 0 },
  ])
  expect(closingLine(sum)).toBe('11 passed, 3 failed, 2 skipped')
})

test('a boundary check that saw too little is no check', () => {
  const said = '✔ no dependency violations found (0 modules, 0 dependencies cruised)'
  expect(missedModules(said, 120)).toContain('only 0 modules')
  expect(missedModules('no dependency violations found (130 modules, 400 dependencies cruised)', 120)).toBeNull()
  expect(missedModules('something else', 1)).not.toBeNull()
})
