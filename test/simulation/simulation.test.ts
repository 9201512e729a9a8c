import { describe, expect, it } from 'vitest'
import { runSim } from './run/command.ts'

/** The short form. The long one is `npm run sim`. */

const TIMEOUT_MS = 240_000

async function sim(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = []
  const code = await runSim(args, (line) => lines.push(line))
  return { code, output: lines.join('\n') }
}

describe('simulation', () => {
  it('keeps every promise in 300 seeds', { timeout: TIMEOUT_MS }, async () => {
    const { code, output } = await sim('--seeds', '1..300')
    expect(code, output).toBe(0)
    expect(output).toContain(' 0 violations')
  })

  it('gives the same trace for the same seed, in this process and in another', { timeout: TIMEOUT_MS }, async () => {
    const { code, output } = await sim('--seeds', '1..10', '--twice')
    expect(code, output).toBe(0)
    expect(output).toContain('10 with one hash, 0 with more')
  })

  it.each([
    'send before the journal has it',
    'a fill counts twice',
    'no answer is taken for a refusal',
    'orders leave while halted',
    'an unknown order gives its exposure back',
  ])('finds the planted fault: %s', { timeout: TIMEOUT_MS }, async (plant) => {
    const { code, output } = await sim('--seeds', '1..40', '--plant', plant)
    expect(code, output).toBe(1)
    expect(output).not.toMatch(/stale plant|never loaded/)
  })

  it('admits nothing beyond the limits and refuses nothing within them', { timeout: TIMEOUT_MS }, async () => {
    const { code, output } = await sim('--mode', 'limits', '--seeds', '1..200')
    expect(code, output).toBe(0)
  })
})
