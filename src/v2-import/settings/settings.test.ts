import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect, parseEnv } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '#platform/config/config.ts'
import { SecretVault } from '#platform/secrets/secret-vault.ts'
import { applySettings } from './apply-settings.ts'
import { planSettings } from './plan-settings.ts'
import { readSettings } from './read-settings.ts'
import { rollbackSettings } from './rollback-settings.ts'
import type { SettingsPlan } from './settings-plan.ts'

const PASSPHRASE = 'a passphrase long enough'
const INSTALLATIONS = ['clean', 'worn'].map((name) => resolve('../shared/data/v2-install', name))
const isThere = INSTALLATIONS.every((path) => statSync(path, { throwIfNoEntry: false }) !== undefined)
if (!isThere) process.stdout.write(`skipped: there is no ${INSTALLATIONS.join(' or ')}\n`)

const MINE = `# my own settings
risk: # limits I chose
    max_open_positions: 3   # not more

log: {level: "debug"}
`
let place: string
let v2: string
let dataDir: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'bot-trading-settings-'))
  ;[v2, dataDir] = [join(place, 'v2'), join(place, 'data')]
  mkdirSync(join(v2, 'config'), { recursive: true })
  mkdirSync(dataDir)
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

const openVault = (): Promise<SecretVault> => SecretVault.open(join(dataDir, 'secrets.json'), PASSPHRASE)

async function planOf(path: string): Promise<SettingsPlan> {
  return planSettings(await readSettings(path), { marketKind: 'perpetual' })
}

function fill(): void {
  writeFileSync(join(v2, '.env'), 'BYBIT_API_KEY=key-of-bybit-1\nBYBIT_API_SECRET="secret of bybit"\nOKX_API_KEY=key-of-okx\n')
  writeFileSync(join(v2, 'config.yaml'), 'max_position_size: 1500.10\nmax_positions: 7\nmax_daily_loss: 250\nsomething: {odd: [1, 2]}\n')
  writeFileSync(join(v2, 'strategies.json'), '[{"strategy_name": "ema_cross", "pairs": ["BTCUSDT"], "stop_loss_pct": 0.015}]')
  writeFileSync(join(v2, 'config', 'telegram.yaml'), 'allowed_chats: [1, -2]\n')
}

/** Every file below the data directory with its bytes. */
function contents(): Record<string, string> {
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names.map((name) => [name, statSync(join(dataDir, name)).isFile() ? readFileSync(join(dataDir, name), 'latin1') : 'folder']),
  )
}

describe.skipIf(!isThere)('the settings of a real installation', () => {
  it.each(INSTALLATIONS)('%s: every key of every file has its entry, and nothing else has', async (path) => {
    const { entries } = await planOf(path)
    const covered = new Set(entries.map(({ key }) => key.replace(/(\b(?:pairs|allowed_chats))\[\d+\]$/, '$1')))
    const paths = (value: unknown, at: string): string[] => {
      if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'object'))
        return value.flatMap((each, index) => paths(each, `${at}[${index}]`))
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [at]
      return Object.entries(value).flatMap(([key, each]) => paths(each, at === '' ? key : `${at}.${key}`))
    }
    const expected = ['config.yaml', 'config/telegram.yaml', 'strategies.json', 'ml_config.json'].flatMap((file) =>
      paths(parse(readFileSync(join(path, file), 'utf8')), '').map((key) => `${file}: ${key}`),
    )
    const names = Object.keys(parseEnv(readFileSync(join(path, '.env'), 'utf8'))).map((name) => `.env: ${name}`)
    expect([...covered].sort()).toEqual([...expected, ...names].sort())
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
  })

  it('gives the traders, limits, chats and names of secrets that stand in it', async () => {
    const plan = await planOf(INSTALLATIONS[1] ?? '')
    expect(plan.config).toEqual([{ path: ['risk', 'max_position_notional'], value: '1500' }])
    expect(plan.traders).toEqual([
      {
        id: 'ema_cross',
        strategy: 'v2-ema-cross',
        symbols: ['BTC/USDT:USDT', 'ETH/USDT:USDT'],
        timeframe: '15m',
        params: { stopLossFraction: 0.015 },
        order_notional: '1200',
        desired: 'stopped',
        reason: expect.stringContaining('v2-ema-cross') as string,
      },
      {
        id: 'migrated_strategy',
        strategy: 'v2-migrated-strategy',
        symbols: ['SOL/USDT:USDT'],
        timeframe: '5m',
        params: { stopLossFraction: 0.02 },
        order_notional: '1000',
        desired: 'stopped',
        reason: expect.stringContaining('did not say which strategy') as string,
      },
    ])
    expect(plan.telegram).toEqual({ allowed_chats: ['123456789', '-1001234567890'], notify_chat: '123456789', notifications: true })
    expect(plan.model).toEqual({ features: 240, predictions: 20, lookback: 96 })
    expect(plan.secrets.map(({ name }) => name).sort()).toEqual(
      [
        'anthropic.main.key',
        'bybit.main.key',
        'bybit.main.secret',
        'okx.main.key',
        'okx.main.passphrase',
        'okx.main.secret',
        'telegram.bot.token',
      ].sort(),
    )
    const outcome = (key: string): string | undefined => plan.entries.find((entry) => entry.key === key)?.outcome
    expect(
      [
        '.env: PGPASSWORD',
        '.env: BINANCE_API_KEY',
        'config.yaml: default_sl',
        'strategies.json: [2].stop_loss_pct',
        'strategies.json: [2].unknown_key',
      ].map(outcome),
    ).toEqual(['ignored', 'ignored', 'parked', 'parked', 'parked'])
    expect(plan.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('trader migrated_strategy has the migration plan'),
    ])
  })

  it('shows no secret anywhere but in the vault: plan, outcome, files, errors, prints', async () => {
    const path = INSTALLATIONS[1] ?? ''
    const secrets = [
      ...Object.entries(parseEnv(readFileSync(join(path, '.env'), 'utf8'))).flatMap(([name, value]) =>
        /KEY|SECRET|PASS/.test(name) && value ? [value] : [],
      ),
      '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw',
    ]
    expect(secrets.length).toBe(8)
    const shown: unknown[] = []
    const show = (value: unknown): void =>
      void shown.push(inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String(value))
    const read = await readSettings(path)
    const plan = planSettings(read, { marketKind: 'perpetual' })
    const vault = await openVault()
    const applied = await applySettings(plan, { dataDir, vault, runId: 'run-1', onStep: show })
    show(structuredClone(plan))
    for (const value of [read, plan, plan.secrets, ...plan.secrets.map(({ secret }) => secret.toString()), applied, vault]) show(value)
    show(await applySettings(plan, { dataDir, vault, runId: '../up' }).catch((error: unknown) => error))
    const written = Object.entries(contents()).map(([name, bytes]) => `${name}\n${bytes}`)
    const everything = Buffer.from([...shown, ...written].join('\n'))
    for (const secret of secrets)
      for (const encoding of ['utf8', 'base64', 'hex', 'base64url'] as const) {
        const text = Buffer.from(secret).toString(encoding)
        expect(everything.includes(encoding === 'utf8' ? text : text.slice(0, -4)), `${encoding} of ${secret}`).toBe(false)
      }
    expect(plan.secrets.map(({ name }) => vault.get(name) ?? '').sort()).toEqual(secrets.filter((secret) => secret !== 'v2-secret').sort())
  })
})

describe('applying', () => {
  it('adds to the file of a person without losing a line of it, and the workstation takes the result', async () => {
    fill()
    writeFileSync(join(dataDir, 'config.yaml'), MINE, { mode: 0o640 })
    const applied = await applySettings(await planOf(v2), { dataDir, vault: undefined, runId: 'r' })
    const text = readFileSync(join(dataDir, 'config.yaml'), 'utf8')
    for (const words of ['# my own settings', '# limits I chose', 'max_open_positions: 3', '# not more']) expect(text).toContain(words)
    const config = readConfig(join(dataDir, 'config.yaml'), true)
    expect([config.risk.max_position_notional, config.risk.max_daily_loss, config.risk.max_open_positions, config.log.level]).toEqual([
      '1500.10',
      '250',
      3,
      'debug',
    ])
    const entry = (key: string): unknown => applied.entries.find((each) => each.key === key)
    expect(entry('config.yaml: max_positions')).toMatchObject({
      outcome: 'parked',
      reason: expect.stringContaining('It was kept') as string,
    })
    expect(entry('.env: BYBIT_API_KEY')).toMatchObject({
      outcome: 'parked',
      reason: expect.stringContaining('BOT_TRADING_PASSPHRASE') as string,
      secret: true,
    })
    if (process.platform !== 'win32') expect(statSync(join(dataDir, 'config.yaml')).mode & 0o777).toBe(0o640)
  })

  it('leaves a file alone in which nothing is to be added, and one that is not valid', async () => {
    writeFileSync(join(dataDir, 'config.yaml'), MINE)
    await applySettings(await planOf(v2), { dataDir, vault: undefined, runId: 'r' })
    expect(contents()['config.yaml']).toBe(MINE)
    fill()
    for (const text of ['risk: [', 'rsik: {}\n', '- a\n']) {
      writeFileSync(join(dataDir, 'config.yaml'), text)
      const before = contents()
      await expect(applySettings(await planOf(v2), { dataDir, vault: undefined, runId: 'other' })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
      })
      expect(contents()).toEqual(before)
    }
  })

  it('changes nothing the second time, stores the secrets when the passphrase comes later, and is undone byte by byte', async () => {
    fill()
    writeFileSync(join(dataDir, 'config.yaml'), MINE)
    const vault = await openVault()
    await vault.put('mine', 'my own secret')
    await vault.put('okx.main.key', 'another key, stored before')
    const before = contents()
    const plan = await planOf(v2)
    await applySettings(plan, { dataDir, vault: undefined, runId: 'r' })
    const applied = await applySettings(plan, { dataDir, vault, runId: 'r' })
    expect(applied.secrets).toEqual(['bybit.main.key', 'bybit.main.secret'])
    expect(applied.entries.find(({ key }) => key === '.env: OKX_API_KEY')?.outcome).toBe('parked')
    expect([vault.get('bybit.main.secret'), vault.get('okx.main.key')]).toEqual(['secret of bybit', 'another key, stored before'])
    const after = contents()
    expect(await applySettings(plan, { dataDir, vault, runId: 'r' })).toEqual(applied)
    expect(contents()).toEqual(after)
    await expect(rollbackSettings('r', { dataDir, vault: undefined })).rejects.toMatchObject({ code: 'REFUSED' })
    const back = await rollbackSettings('r', { dataDir, vault })
    expect([back.kept, back.secretsRemoved]).toEqual([[], ['bybit.main.key', 'bybit.main.secret']])
    expect(contents()).toEqual(before)
    await expect(rollbackSettings('r', { dataDir, vault })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('keeps what a person changed after it, with the old file beside', async () => {
    fill()
    writeFileSync(join(dataDir, 'config.yaml'), MINE)
    const vault = await openVault()
    await applySettings(await planOf(v2), { dataDir, vault, runId: 'r' })
    writeFileSync(join(dataDir, 'config.yaml'), 'log: {level: warn}\n')
    await vault.put('bybit.main.key', 'a newer key')
    const { kept, secretsRemoved } = await rollbackSettings('r', { dataDir, vault })
    expect(kept.map(({ what }) => what)).toEqual([join(dataDir, 'config.yaml'), 'secret bybit.main.key'])
    expect(readFileSync(kept[0]?.copy ?? '', 'utf8')).toBe(MINE)
    expect([readFileSync(join(dataDir, 'config.yaml'), 'utf8'), vault.get('bybit.main.key')]).toEqual([
      'log: {level: warn}\n',
      'a newer key',
    ])
    expect([secretsRemoved, vault.names()]).toEqual([['bybit.main.secret', 'okx.main.key'], ['bybit.main.key']])
  })

  it('is completed, or undone, after an end between any two steps', { timeout: 60_000 }, async () => {
    fill()
    writeFileSync(join(dataDir, 'config.yaml'), MINE)
    const vault = await openVault()
    const before = contents()
    const plan = await planOf(v2)
    const whole: string[] = []
    await applySettings(plan, { dataDir, vault, runId: 'r', onStep: (step) => whole.push(step) })
    const after = contents()
    const undo: string[] = []
    await rollbackSettings('r', { dataDir, vault, onStep: (step) => undo.push(step) })
    expect([whole.length, undo.length]).toEqual([13, 4])
    const endAt =
      (last: string) =>
      (step: string): void => {
        if (step === last) throw new Error('ended here')
      }
    const plain = (files: Record<string, string>): Record<string, string> => ({ ...files, 'secrets.json': '' })
    for (const last of whole) {
      await expect(applySettings(plan, { dataDir, vault, runId: 'r', onStep: endAt(last) })).rejects.toThrow('ended here')
      await applySettings(plan, { dataDir, vault, runId: 'r' })
      expect(plain(contents()), `completed after ${last}`).toEqual(plain(after))
      expect(plan.secrets.map(({ name, secret }) => vault.get(name) === secret.reveal())).toEqual([true, true, true])
      await rollbackSettings('r', { dataDir, vault })
      expect(contents(), `undone after ${last}`).toEqual(before)
      await expect(applySettings(plan, { dataDir, vault, runId: 'r', onStep: endAt(last) })).rejects.toThrow('ended here')
      await rollbackSettings('r', { dataDir, vault })
      expect(contents(), `undone right after ${last}`).toEqual(before)
    }
    for (const last of undo) {
      await applySettings(plan, { dataDir, vault, runId: 'r' })
      await expect(rollbackSettings('r', { dataDir, vault, onStep: endAt(last) })).rejects.toThrow('ended here')
      await rollbackSettings('r', { dataDir, vault })
      expect(contents(), `undone after ${last}`).toEqual(before)
    }
  })

  it.skipIf(process.platform === 'win32')('changes the file a link leads to, and the link stays', async () => {
    fill()
    writeFileSync(join(place, 'elsewhere.yaml'), MINE)
    symlinkSync(join(place, 'elsewhere.yaml'), join(dataDir, 'config.yaml'))
    await applySettings(await planOf(v2), { dataDir, vault: undefined, runId: 'r' })
    expect(readFileSync(join(place, 'elsewhere.yaml'), 'utf8')).toContain('1500.10')
    await rollbackSettings('r', { dataDir, vault: undefined })
    expect(readFileSync(join(place, 'elsewhere.yaml'), 'utf8')).toBe(MINE)
  })
})
