import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { refuseStrayFailpoint } from './failpoint.ts'

const module = new URL('./failpoint.ts', import.meta.url).href

function run(code: string, env: Record<string, string>) {
  const script = `const { failpoint } = await import(${JSON.stringify(module)}); ${code}`
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' })
}

describe('failpoint', () => {
  const thrice = "for (const n of [1, 2, 3]) { failpoint('P4'); process.stdout.write(String(n)) }"
  it('ends the process at the named point, at the hit asked for', () => {
    const first = run(thrice, { NODE_ENV: 'test', FAILPOINT: 'P4' })
    expect([first.signal, first.stdout]).toEqual(['SIGKILL', ''])
    expect(run(thrice, { NODE_ENV: 'test', FAILPOINT: 'P4:3' })).toMatchObject({ signal: 'SIGKILL', stdout: '12' })
  })

  it('does nothing at other points, outside of tests, and where its condition does not hold', () => {
    expect(run(thrice, { NODE_ENV: 'test', FAILPOINT: 'P5' })).toMatchObject({ signal: null, stdout: '123' })
    expect(run(thrice, { FAILPOINT: 'P4' })).toMatchObject({ signal: null, stdout: '123' })
    expect(run("failpoint('P4', () => false); process.stdout.write('on')", { NODE_ENV: 'test', FAILPOINT: 'P4' }).stdout).toBe('on')
  })
})

describe('refuseStrayFailpoint', () => {
  it('refuses it outside of tests and when it names nothing', () => {
    expect(() => refuseStrayFailpoint({ FAILPOINT: 'P4' })).toThrow(/Nothing was started/)
    expect(() => refuseStrayFailpoint({ NODE_ENV: 'test', FAILPOINT: 'P99' })).toThrow(/Nothing was started/)
    expect(() => refuseStrayFailpoint({ NODE_ENV: 'test', FAILPOINT: 'P4' })).not.toThrow()
    expect(() => refuseStrayFailpoint({})).not.toThrow()
  })
})
