import { expect, it } from 'vitest'
import { temporaryDirectory } from '#test/support/engine/temporary-directory.ts'
import { Journal } from './journal.ts'
import { openJournalReader } from './journal-reader.ts'

const TIMES = 200

/** The fastest of several runs, milliseconds: what the machine does besides does not count. */
function fastest(act: () => void): number {
  const took = Array.from({ length: 5 }, () => {
    const began = performance.now()
    for (let n = 0; n < TIMES; n += 1) act()
    return performance.now() - began
  })
  return Math.min(...took)
}

it('knows the head of a long journal as soon as that of a short one', () => {
  using directory = temporaryDirectory()
  const path = directory.join('journal.db')
  const journal = new Journal({ path })
  const append = (count: number): void =>
    void journal.append(
      Array.from({ length: count }, () => ({ type: 'ActionAudited', ts: 1, actor: 'test', action: 'write', target: 'x' }) as const),
    )
  append(10)
  const reader = openJournalReader(path)
  const short = fastest(() => reader.head())
  append(100_000)
  expect(reader.head()).toBe(100_010)
  const long = fastest(() => reader.head())
  expect(long).toBeLessThan(short * 10)
  reader.close()
  journal.close()
})
