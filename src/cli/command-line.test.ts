import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StatusView, StopReceipt } from '#contract/views.ts'
import { AppError } from '#domain/errors.ts'
import { commandLine, isSystemCommand } from './command-line.ts'
import { UsageError } from './exit.ts'
import { receiptText, statusText } from './report-text.ts'
import { findWorkstation } from './running-workstation.ts'

describe('the command line', () => {
  test('reads its options', () => {
    expect(commandLine(['--url', 'http://127.0.0.1:1', '--flatten', '--json', '--reason', 'a b', '--config', 'c.yaml'])).toEqual({
      url: 'http://127.0.0.1:1',
      token: undefined,
      dataDir: undefined,
      reason: 'a b',
      flatten: true,
      json: true,
    })
  })
  test('what it does not know is wrong usage, never ignored', () => {
    for (const args of [['--flaten'], ['all'], ['--reason'], ['--json=yes']])
      expect(() => commandLine(args), args.join(' ')).toThrow(UsageError)
    expect(isSystemCommand('stop')).toBe(true)
    expect(isSystemCommand('toString')).toBe(false)
  })
})

describe('where the workstation is', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cli-'))
  afterAll(() => rmSync(dataDir, { recursive: true }))

  test('nothing runs: says so and what to do', () => {
    expect(() => findWorkstation({ dataDir }, {})).toThrow(AppError)
    expect(() => findWorkstation({ dataDir, url: 'http://127.0.0.1:1' }, {})).toThrow('no API token')
  })
  test('as told, else as the running one has written; a token on the line wins over the environment over the file', () => {
    writeFileSync(join(dataDir, 'instance.json'), JSON.stringify({ pid: 1, url: 'http://127.0.0.1:8080/', version: '3' }))
    writeFileSync(join(dataDir, 'api-token'), 'from-the-file\n')
    expect(findWorkstation({ dataDir }, {})).toEqual({ url: 'http://127.0.0.1:8080', token: 'from-the-file' })
    expect(findWorkstation({ dataDir, url: 'http://h:9' }, { API_TOKEN: 'env' })).toEqual({ url: 'http://h:9', token: 'env' })
    expect(findWorkstation({ dataDir, token: 'line' }, { API_TOKEN: 'env' }).token).toBe('line')
  })
})

describe('what a person reads', () => {
  const receipt: StopReceipt = {
    halted_at: 0,
    by: 'cli',
    reason: 'r',
    canceled: 2,
    flattened: 1,
    remaining: [],
    confirmed: true,
    duration_ms: 12.4,
  }
  test('a receipt that is not clean says so before anything else can be read into it', () => {
    expect(receiptText(receipt)).toContain('nothing more in scope')
    const open = receiptText({ ...receipt, confirmed: false, remaining: [{ kind: 'order', id: 'X', detail: 'BTC/USDT' }] })
    expect(open).toContain('NOT CONFIRMED')
    expect(open).toContain('order X: BTC/USDT')
    expect(receiptText({ ...receipt, confirmed: false })).toContain('NOT CONFIRMED')
  })
  test('a status names the halt, and puts what is down before what runs', () => {
    const component = (name: string, state: 'running' | 'down') => ({
      name,
      state,
      since: 0,
      evidence: `${name} seen`,
      evidence_ts: 0,
      restarts: 0,
    })
    const status: StatusView = {
      state: 'halted',
      uptime_ms: 93_784_000,
      version: '3.0.0',
      mode: 'paper',
      components: [component('engine', 'running'), component('exchange', 'down')],
      traders: [{ id: 'demo', state: 'running' }],
      replay: { file: 'a.csv', processed: 1, total: 2, done: false },
      journal: { seq: 7, last_ts: 0 },
      replica: { seq: 5, lag_events: 2, state: 'behind', reason: 'no Postgres' },
      halted: { since: 0, by: 'tray', reason: 'why' },
      reconcile: { open: 0, blocking: 0, last_at: null, compared_at: null, entries_shut: null },
      last_gap: null,
      now: 0,
    }
    const text = statusText(status)
    expect(text).toContain('HALTED  mode paper, version 3.0.0, up 1 d 2 h')
    expect(text).toContain('halted 1970-01-01T00:00:00.000Z by tray: why')
    expect(text.indexOf('exchange seen')).toBeLessThan(text.indexOf('engine seen'))
    expect(text).toContain('2 behind (behind): no Postgres')
  })
})
