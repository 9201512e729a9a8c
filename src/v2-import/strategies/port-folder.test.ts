import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PortedClass, portFolder } from './port-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bot-trading-strategies-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const decides = (name: string, body = 'return "buy"'): string => `class ${name}:\n    def analyze(self, data):\n        ${body}\n`

async function port(
  files: Readonly<Record<string, string>>,
  configs: readonly Record<string, unknown>[] = [],
): Promise<readonly PortedClass[]> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return portFolder(folder, Object.keys(files), { configs, market: 'perpetual' })
}

const names = (all: readonly PortedClass[]) => all.map(({ className, ported }) => [className, ported?.report.strategyName])

describe('the strategies of a folder', () => {
  it('are called after their entry of strategies.json, however file, class and entry are spelt, and take its settings', async () => {
    const configs = [
      { strategy_name: 'EMA Cross', interval: '1h', stop_loss_pct: 0.01 },
      { strategy_name: 'reversal', interval: '4h' },
    ]
    const made = await port(
      { 'ema_cross.py': decides('Any'), 'other.py': decides('ReversalStrategy'), 'third.py': decides('Third') },
      configs,
    )
    expect(names(made)).toEqual([
      ['Any', 'v2-ema-cross'],
      ['ReversalStrategy', 'v2-reversal'],
      ['Third', 'v2-third'],
    ])
    expect(made.map(({ ported }) => /timeframe: '(\w+)'/.exec(ported?.code ?? '')?.[1])).toEqual(['1h', '4h', '5m'])
  })

  it('have names of their own, though files and classes share one', async () => {
    const made = await port({ 'a/x.py': `${decides('X')}${decides('Y')}`, 'b/x.py': decides('Z') })
    expect(names(made)).toEqual([
      ['X', 'v2-x'],
      ['Y', 'v2-x-y'],
      ['Z', 'v2-x-2'],
    ])
  })

  it('stop no other when one is no strategy, is damaged or is not there', async () => {
    const made = await port({ 'help.py': 'def f():\n    return 1\n', 'bad.py': 'class (', 'good.py': decides('Good') })
    const missing = await portFolder(folder, ['gone.py', 'good.py'], { configs: [], market: 'perpetual' })
    expect([...made, ...missing].map(({ refusal }) => refusal === undefined)).toEqual([false, false, true, false, true])
    expect(made[0]?.refusal).toContain('holds no class')
  })

  it('are refused when a key stands in them, since their lines are kept; keys in their settings stay behind', async () => {
    const made = await port(
      { 'k.py': decides('K', 'x = ask("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")'), 'plain.py': decides('Plain') },
      [{ strategy_name: 'plain', api_secret: 'hunter2hunter2', note: 'sk-ant-0123456789' }],
    )
    expect(made[0]).toMatchObject({ ported: undefined, refusal: expect.stringContaining('looks like a key') as string })
    expect(JSON.stringify(made)).not.toMatch(/hunter2|sk-ant|AAHdq/)
  })
})
