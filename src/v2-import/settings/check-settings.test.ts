import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importedSettingsText, readImportedSettings } from '#platform/config/imported-settings.ts'
import { applySettings } from './apply-settings.ts'
import { type CheckedSettings, checkSettings } from './check-settings.ts'
import { planSettings } from './plan-settings.ts'
import { readSettings } from './read-settings.ts'

const FILES = {
  '.env': 'export LOG_LEVEL=debug\nMULTI="a\nb"\nNOTE=\n# nothing\n',
  'config.yaml':
    'max_position_size: 1500\nodd:\n  - {a: 1, b: [1, 2]}\n  - {}\nempty: []\nmixed: [1, null]\n"a.b c": x\nwhen: 2024-01-01\n',
  'ml_config.json': '{"lookback": 96, "more": {"deep": [{"x": null}]}}',
  'strategies.json': '[{"strategy_name": "one", "pairs": ["BTCUSDT", "ETHUSDT"]}]',
}
let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'bot-trading-check-'))
  for (const folder of ['v2', 'data']) mkdirSync(join(place, folder))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(place, 'v2', name), text)
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

async function applied(): Promise<CheckedSettings> {
  const [v2Folder, dataDir] = [join(place, 'v2'), join(place, 'data')]
  const read = await readSettings(v2Folder)
  const { entries } = await applySettings(planSettings(read, { marketKind: 'perpetual' }), { runId: 'r', dataDir, vault: undefined })
  return { v2Folder, read, entries, dataDir, configPath: join(dataDir, 'config.yaml'), vault: undefined }
}

describe('the check of settings', () => {
  it('passes when every key has its outcome and every mapped one stands where it went', async () => {
    expect(await checkSettings(await applied())).toMatchObject({
      status: 'passed',
      expected: '16 keys',
      found: '16 keys: 6 mapped, 6 parked, 5 ignored',
    })
  })

  it('fails when a key has no outcome, or an outcome no key', async () => {
    const subject = await applied()
    const lost = { ...subject, entries: subject.entries.filter(({ key }) => key !== 'config.yaml: max_position_size') }
    expect(await checkSettings(lost)).toMatchObject({
      status: 'failed',
      detail: 'config.yaml: 1 keys without an outcome, 0 outcomes without a key',
    })
    const made = { ...subject, entries: [...subject.entries, { ...subject.entries[0]!, key: '.env: MADE_UP' }] }
    expect(await checkSettings(made)).toMatchObject({ status: 'failed', detail: expect.stringContaining('.env: 0 keys without') as string })
  })

  it('fails when a value is not where it is said to be', async () => {
    const subject = await applied()
    const config = join(place, 'data/config.yaml')
    writeFileSync(config, 'risk: {max_position_notional: "1501"}\nlog: {level: debug}\n')
    const { version: _, ...settings } = (await readImportedSettings(subject.dataDir))!
    writeFileSync(join(place, 'data/v2-settings.json'), importedSettingsText({ ...settings, traders: [] }))
    expect(await checkSettings(subject)).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(
        /max_position_size is not at .*; strategies\.json: \[0\]\.strategy_name is not at trader one/,
      ) as string,
    })
    const stored = { ...subject.entries[0]!, outcome: 'mapped' as const, to: 'vault: bybit.main.key' }
    expect((await checkSettings({ ...subject, entries: [stored] })).status).toBe('failed')
  })
})
