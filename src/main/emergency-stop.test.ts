import { expect, test } from 'vitest'
import type { StopReceipt } from '#contract/views.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { createEmergencyStop, type StopOutcome, type StopSource } from './emergency-stop.ts'
import { describeStop, headline, hotkeyWarning } from './headline.ts'
import { createPressTwice } from './press-twice.ts'

const receipt: StopReceipt = {
  halted_at: 0,
  by: 'tray',
  reason: 'r',
  canceled: 3,
  flattened: 0,
  remaining: [],
  confirmed: true,
  duration_ms: 41.6,
}

function stand() {
  const told: StopOutcome[] = []
  const calls: StopSource[] = []
  const answers: PromiseWithResolvers<StopReceipt>[] = []
  const stop = createEmergencyStop((outcome) => told.push(outcome), silentLogger)
  const call = (source: StopSource) => {
    calls.push(source)
    const answer = Promise.withResolvers<StopReceipt>()
    answers.push(answer)
    return answer.promise
  }
  return { stop, call, told, calls, answers }
}

test('a press goes to the workstation and its receipt is told', async () => {
  const { stop, call, told, calls, answers } = stand()
  stop.ready(call)
  stop.press('hotkey')
  answers[0]?.resolve(receipt)
  await expect.poll(() => told).toEqual([{ kind: 'stopped', receipt }])
  expect(calls).toEqual(['hotkey'])
})

test('ten presses at once are one stop; one after it is another', async () => {
  const { stop, call, calls, answers, told } = stand()
  stop.ready(call)
  for (let press = 0; press < 10; press += 1) stop.press('tray')
  expect(calls).toEqual(['tray'])
  answers[0]?.resolve(receipt)
  await expect.poll(() => told.length).toBe(1)
  stop.press('menu')
  expect(calls).toEqual(['tray', 'menu'])
})

test('a press during the start is noted and carried out once the workstation runs', () => {
  const { stop, call, calls, told } = stand()
  stop.press('tray')
  stop.press('hotkey')
  expect(told).toEqual([{ kind: 'noted' }, { kind: 'noted' }])
  stop.ready(call)
  expect(calls).toEqual(['hotkey'])
})

test('a failure is told, and the next press tries again', async () => {
  const { stop, call, calls, answers, told } = stand()
  stop.ready(call)
  stop.press('tray')
  answers[0]?.reject(new Error('the engine did not answer'))
  await expect.poll(() => told).toEqual([{ kind: 'failed', message: 'the engine did not answer' }])
  stop.press('tray')
  expect(calls).toHaveLength(2)
})

test('what a person reads says what is left', () => {
  expect(describeStop({ kind: 'stopped', receipt })).toEqual({
    title: 'Stopped',
    body: '3 orders canceled, 0 positions flattened in 42 ms. Nothing is left.',
    urgent: false,
  })
  const rest = { ...receipt, confirmed: false, remaining: [{ kind: 'order' as const, id: 'A1', detail: 'BTC/USDT buy 1' }] }
  const partly = describeStop({ kind: 'stopped', receipt: rest })
  expect(partly.urgent).toBe(true)
  expect(partly.body).toContain('order A1: BTC/USDT buy 1')
  expect(describeStop({ kind: 'failed', message: 'm' }).urgent).toBe(true)
  expect(headline(null)).toBe('Starting')
  expect(hotkeyWarning({ accelerator: 'X', registered: true })).toBeNull()
})

test('two presses within two seconds fire, later ones arm anew', () => {
  let now = 0
  const press = createPressTwice({ elapsed: () => now })
  const at = (time: number) => {
    now = time
    return press()
  }
  expect([at(0), at(2_000)]).toEqual(['armed', 'fired'])
  expect([at(3_000), at(5_001), at(5_002)]).toEqual(['armed', 'armed', 'fired'])
  expect(at(5_003)).toBe('armed')
})
