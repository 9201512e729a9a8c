import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planSettings, type PlanSettingsOptions } from './plan-settings.ts'
import { readSettings } from './read-settings.ts'
import type { SettingsPlan } from './settings-plan.ts'

let v2: string
beforeEach(() => {
  v2 = mkdtempSync(join(tmpdir(), 'bot-trading-v2-'))
})
afterEach(() => rmSync(v2, { recursive: true, force: true }))

async function plan(files: Readonly<Record<string, string | Buffer>>, options: Partial<PlanSettingsOptions> = {}): Promise<SettingsPlan> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(v2, name)), { recursive: true })
    writeFileSync(join(v2, name), text)
  }
  return planSettings(await readSettings(v2), { marketKind: 'perpetual', ...options })
}

const fates = ({ entries }: SettingsPlan): Record<string, string> =>
  Object.fromEntries(entries.map(({ key, outcome, to }) => [key, to ?? outcome]))

describe('secrets', () => {
  it('are known by their name, their form, or because they stand elsewhere under a name that says so', async () => {
    const made = await plan({
      '.env':
        'FOO_PASSWORD=hunter2hunter2\nDATABASE_URL=postgres://u:pw@host/db\nNOTE=hunter2hunter2 is it\nMAX_TOKENS=4000\nADMIN_PIN=1234\n',
      'config.yaml':
        'exchanges: {gateio: {api_key: kkkk, apiSecret: ssss}}\nnested: {secrets: {deep: value}}\nurl: https://hook.example/x\n',
    })
    expect(made.entries.filter(({ secret }) => !secret).map(({ key }) => key)).toEqual(['.env: MAX_TOKENS', 'config.yaml: url'])
    expect(made.secrets.map(({ name }) => name)).toEqual(['gate.main.key', 'gate.main.secret'])
    expect(JSON.stringify(made)).not.toMatch(/hunter2|kkkk|ssss|u:pw|1234/)
  })

  it('that two files tell differently are parked both; told alike they are one', async () => {
    const alike = await plan({ '.env': 'BYBIT_API_KEY=one\n', 'config.yaml': 'bybit_api_key: one\n' })
    expect(alike.secrets.map(({ name, keys }) => [name, keys])).toEqual([
      ['bybit.main.key', ['.env: BYBIT_API_KEY', 'config.yaml: bybit_api_key']],
    ])
    const other = await plan({ 'config.yaml': 'bybit_api_key: two\n' })
    expect([fates(other), other.secrets]).toEqual([{ '.env: BYBIT_API_KEY': 'parked', 'config.yaml: bybit_api_key': 'parked' }, []])
  })

  it('of a test network go under an account of their own; references, placeholders and keys of nobody known are parked', async () => {
    const made = await plan({
      '.env':
        'BYBIT_API_KEY=one\nBINANCE_TESTNET_API_SECRET=two\nOKX_API_KEY=${OTHER}\nKUCOIN_API_KEY=your_api_key_here\nAPI_KEY=three\nCOINBASE_API_KEY=four\nHUOBI_SECRET=\n',
      'config.yaml': 'exchange: bybit\ntestnet: true\n',
    })
    expect(fates(made)).toEqual({
      '.env: BYBIT_API_KEY': 'vault: bybit.testnet.key',
      '.env: BINANCE_TESTNET_API_SECRET': 'vault: binance.testnet.secret',
      '.env: OKX_API_KEY': 'parked',
      '.env: KUCOIN_API_KEY': 'parked',
      '.env: API_KEY': 'parked',
      '.env: COINBASE_API_KEY': 'parked',
      '.env: HUOBI_SECRET': 'ignored',
      'config.yaml: exchange': 'parked',
      'config.yaml: testnet': 'ignored',
    })
  })
})

describe('plain settings', () => {
  it('are taken only where they can mean one thing', async () => {
    const made = await plan({
      'config.yaml':
        'max_position_size: 0.5\nmax_daily_loss: 5\nmax_positions: 2.5\nmax_open_positions: 4\nlogging: {level: WARNING}\nexchange: ${EXCHANGE}\n"odd.key": [1, [2]]\nempty: {}\n',
    })
    expect(fates(made)).toEqual({
      'config.yaml: max_position_size': 'parked',
      'config.yaml: max_daily_loss': 'parked',
      'config.yaml: max_positions': 'parked',
      'config.yaml: max_open_positions': 'config.yaml: risk.max_open_positions',
      'config.yaml: logging.level': 'config.yaml: log.level',
      'config.yaml: exchange': 'parked',
      'config.yaml: "odd.key"[0]': 'parked',
      'config.yaml: "odd.key"[1]': 'parked',
      'config.yaml: empty': 'ignored',
    })
    expect(made.config).toEqual([
      { path: ['risk', 'max_open_positions'], value: 4 },
      { path: ['log', 'level'], value: 'warn' },
    ])
  })

  it('that claim one place with two values are parked both, and a key that stands twice as well', async () => {
    const made = await plan({
      'config.yaml': 'max_positions: 3\nmax_open_positions: 4\nmax_daily_loss: 200\nmax_daily_loss: 300\n',
      '.env': 'A=1\nA=2\nB=1\nB=1\n',
    })
    expect(made.config).toEqual([])
    expect(made.entries.map(({ key, outcome }) => `${key} ${outcome}`)).toContain('config.yaml: max_daily_loss parked')
    expect(made.entries.filter(({ reason }) => reason.includes('several times')).map(({ key }) => key)).toEqual([
      '.env: A',
      '.env: A',
      'config.yaml: max_daily_loss',
      'config.yaml: max_daily_loss',
    ])
  })

  it("of version 2's database are ignored, unless its server is asked for; its database is never taken", async () => {
    const files = { '.env': 'PGHOST=db.example\nPGPORT=5432\nPGUSER=postgres\nPGPASSWORD=pw\nPGDATABASE=bot_trading_v2\n' }
    expect(new Set(Object.values(fates(await plan(files))))).toEqual(new Set(['ignored']))
    const external = await plan(files, { database: 'external' })
    expect(external.config.map(({ path, value }) => [path[1], value])).toEqual([
      ['host', 'db.example'],
      ['port', 5432],
      ['user', 'postgres'],
      ['mode', 'external'],
    ])
    expect(external.secrets.map(({ name }) => name)).toEqual(['database.password'])
  })

  it('keeps digits as they were written, and reads YAML as version 2 did', async () => {
    const made = await plan({
      'config.yaml': 'base: &b {max_positions: 9}\nmax_position_size: 1234567890.123456789\nrest: {<<: *b, on: yes}\n',
    })
    expect(made.config).toEqual([{ path: ['risk', 'max_position_notional'], value: '1234567890.123456789' }])
    expect(made.entries.map(({ key, value }) => [key, value])).toContainEqual(['config.yaml: rest.on', 'true'])
    expect(made.entries.map(({ key }) => key)).toContain('config.yaml: rest.max_positions')
  })
})

describe('strategies', () => {
  const one = async (strategy: unknown): Promise<SettingsPlan> => await plan({ 'strategies.json': JSON.stringify([strategy]) })

  it.each([
    ['a stop that may be a percentage', { pairs: ['BTCUSDT'], stop_loss_pct: 2 }],
    ['a stop without a value', { pairs: ['BTCUSDT'], stop_loss_pct: null }],
    ['no pair', { pairs: [] }],
    ['a pair nobody can read', { pairs: ['BTCUSDT', 'what'] }],
    ['an interval there is not', { pairs: ['BTCUSDT'], interval: '7m' }],
    ['a size that may be a share', { pairs: ['BTCUSDT'], max_position_size: 0.5 }],
    ['21 pairs', { pairs: Array.from({ length: 21 }, (_, index) => `A${index}USDT`) }],
  ])('with %s make no trader, and every key says so', async (_name, strategy) => {
    const made = await one({ strategy_name: 'x', ...strategy })
    expect(made.traders).toEqual([])
    expect(new Set(made.entries.map(({ outcome }) => outcome))).toEqual(new Set(['parked']))
  })

  it('of one name make traders of two, and one that every workstation has is not taken', async () => {
    const names = ['demo', 'A B', 'a b'].map((name) => ({ strategy_name: name, pairs: ['BTCUSDT', 'BTC/USDT'], interval: '1h' }))
    const { traders } = await plan({ 'strategies.json': JSON.stringify({ strategies: names }) })
    expect(traders.map(({ id, strategy, symbols }) => [id, strategy, symbols])).toEqual([
      ['demo-2', 'v2-demo', ['BTC/USDT:USDT']],
      ['a-b', 'v2-a-b', ['BTC/USDT:USDT']],
      ['a-b-2', 'v2-a-b', ['BTC/USDT:USDT']],
    ])
  })
})

describe('damaged files', () => {
  it('give one finding each that quotes nothing of them, and the others are read', async () => {
    const made = await plan({
      'config.yaml': 'token: hidden-words\nb: [hidden-words\n',
      'strategies.json': '{"a": hidden-words}',
      'ml_config.json': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      'config/telegram.yaml': `a: ${'['.repeat(500)}${']'.repeat(500)}`,
      '.env': '\uFEFFLOG_LEVEL=debug\nhidden-words\nMULTI="a\nb"\n',
    })
    expect(made.findings.map(({ file }) => file).sort()).toEqual([
      '.env',
      'config.yaml',
      'config/telegram.yaml',
      'ml_config.json',
      'strategies.json',
    ])
    expect(JSON.stringify(made)).not.toContain('hidden-words')
    expect(made.entries.filter(({ outcome }) => outcome === 'parked').map(({ key }) => key)).toEqual([
      'config.yaml',
      'strategies.json',
      'config/telegram.yaml',
      'ml_config.json',
      '.env: MULTI',
    ])
    expect(made.config).toEqual([{ path: ['log', 'level'], value: 'debug' }])
  })

  it('cannot take the machine: aliases that multiply, files that are too big, folders', async () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}{}]`),
    ].join('\n')
    const began = performance.now()
    const made = await plan({ 'config.yaml': bomb, '.env': 'A='.padEnd(2_000_000, 'x'), 'strategies.json/x': '' })
    expect(made.findings.map(({ file }) => file).sort()).toEqual(['.env', 'config.yaml', 'strategies.json'])
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('of which there is none give an empty plan', async () => {
    expect(await plan({})).toEqual({
      entries: [],
      findings: [],
      config: [],
      traders: [],
      telegram: undefined,
      model: undefined,
      secrets: [],
    })
  })
})
