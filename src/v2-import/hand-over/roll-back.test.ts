import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runRollBack, type RollBackOrder, type RunningVersion3 } from './roll-back-run.ts'
import { ROLL_BACK_COMPONENTS, type RollBackSettings, rollBackSteps } from './roll-back-steps.ts'

const folder = mkdtempSync(join(tmpdir(), 'roll-back-'))
afterAll(() => rmSync(folder, { recursive: true }))
const started = join(folder, 'started')
const node = (code: string, deadlineMs = 10_000) => ({ argv: [process.execPath, '-e', code] as const, deadlineMs })
const NOTHING: RollBackSettings = { engine: {}, api: {}, models: {}, telegram: {} }
const start = node(`require('node:fs').writeFileSync(${JSON.stringify(started)}, 'v2'); console.log('up')`)

const fine: RunningVersion3 = {
  halt: async () => ({ isConfirmed: true, remaining: [] }),
  ordersLeft: async () => [],
  positions: async () => ['bybit BTC LONG 1'],
  release: async () => ({ isReleased: true, words: 'shadow' }),
}

async function run(settings: Partial<RollBackSettings>, change: Partial<RollBackOrder> = {}) {
  const steps = rollBackSteps('engine', { ...NOTHING, ...settings })
  const asked: string[] = []
  const results = await runRollBack({
    steps,
    version3: fine,
    reason: 'a test',
    env: {},
    goOn: async ({ id }) => {
      asked.push(id)
      return true
    },
    ...change,
  })
  return { asked, results, statuses: Object.fromEntries(results.map(({ id, status }) => [id, status])) }
}

describe('steps', () => {
  it('give the account back before anything of version 2 that trades is started', () => {
    for (const scope of ['system', 'engine'] as const) {
      const ids = rollBackSteps(scope, { ...NOTHING, engine: { start, stop: start } }).map(({ id }) => id)
      expect(ids.slice(0, 4)).toEqual(['halt', 'confirm', 'positions', 'release'])
      expect(ids.indexOf('start-engine')).toBeGreaterThan(ids.indexOf('stop-engine'))
    }
    const whole = rollBackSteps('system', NOTHING).map(({ id }) => id)
    for (const part of ROLL_BACK_COMPONENTS) expect(whole).toEqual(expect.arrayContaining([`start-${part}`, `verify-${part}`]))
    for (const part of ['api', 'models', 'telegram'] as const)
      expect(rollBackSteps(part, NOTHING).map(({ id }) => id)).toEqual([`start-${part}`, `verify-${part}`])
  })
})

describe('the way back', () => {
  let server: Server
  let answer = { status: 200, body: '{"status":"ok"}' }
  let check: NonNullable<RollBackSettings['api']['check']>

  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(answer.status).end(answer.body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    check = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`, status: 200, contains: '"ok"', withinMs: 0 }
  })
  afterAll(() => server.close())

  it('goes all steps, shows the positions, and says what a program said', async () => {
    const { results, asked, statuses } = await run({ engine: { start, check } })
    expect(new Set(Object.values(statuses))).toEqual(new Set(['done']))
    expect(asked).toContain('positions')
    expect(results.find(({ id }) => id === 'positions')?.output).toEqual(['bybit BTC LONG 1'])
    expect(results.find(({ id }) => id === 'start-engine')?.output).toEqual(['up'])
    expect(existsSync(started)).toBe(true)
  })

  it.each<[string, Partial<RunningVersion3>]>([
    ['halt', { halt: async () => ({ isConfirmed: false, remaining: ['o1'] }) }],
    ['confirm', { ordersLeft: async () => ['o1'] }],
    ['confirm', { ordersLeft: async () => undefined }],
    ['release', { release: async () => ({ isReleased: false, words: 'still sends' }) }],
    ['halt', { halt: () => Promise.reject(new Error('nobody answers')) }],
  ])('where %s fails, version 2 is not started', async (id, broken) => {
    rmSync(started, { force: true })
    const { statuses } = await run({ engine: { start, check } }, { version3: { ...fine, ...broken } })
    expect(statuses).toMatchObject({ [id]: 'failed', 'start-engine': 'not_run', 'check-engine': 'not_run' })
    expect(existsSync(started)).toBe(false)
  })

  it('a person can end it at any step', async () => {
    rmSync(started, { force: true })
    const { statuses } = await run({ engine: { start, check } }, { goOn: async ({ id }) => id !== 'positions' })
    expect(statuses).toMatchObject({ halt: 'done', confirm: 'done', positions: 'not_run', release: 'not_run', 'start-engine': 'not_run' })
    expect(existsSync(started)).toBe(false)
  })

  it.each([
    [500, '{"status":"ok"}'],
    [200, '{"status":"down"}'],
    [302, '"ok"'],
  ])('version 2 that answers HTTP %d %s does not work', async (status, body) => {
    answer = { status, body }
    const { results, statuses } = await run({ engine: { start, check } })
    answer = { status: 200, body: '{"status":"ok"}' }
    expect(statuses).toMatchObject({ 'start-engine': 'done', 'check-engine': 'failed' })
    expect(results.at(-1)?.words).toContain(`HTTP ${status}`)
  })

  it.each([
    ['leaves with 3', node('console.error("why"); process.exit(3)'), 'it left with 3'],
    ['hangs', node('setInterval(() => {}, 1000)', 300), 'did not end within 300 ms'],
    ['is not there', { argv: ['/no/such/program'] as const, deadlineMs: 1_000 }, 'cannot be started'],
  ])('a program that %s has failed', async (_, stop, words) => {
    rmSync(started, { force: true })
    const { results, statuses } = await run({ engine: { start, stop } })
    expect(statuses).toMatchObject({ 'stop-engine': 'failed', 'start-engine': 'not_run' })
    expect(results.find(({ id }) => id === 'stop-engine')?.words).toContain(words)
    expect(existsSync(started)).toBe(false)
  })

  it('arguments go through no shell, and our environment is not passed on', async () => {
    const told = node('console.log(process.argv[1], process.env.H4_SECRET)')
    const odd = '$(touch x); `id` && "quoted"'
    process.env['H4_SECRET'] = 'hunter2'
    const { results } = await run({ engine: { start: { ...told, argv: [...told.argv, odd] } } })
    delete process.env['H4_SECRET']
    expect(results.find(({ id }) => id === 'start-engine')?.output).toEqual([`${odd} undefined`])
  })
})
