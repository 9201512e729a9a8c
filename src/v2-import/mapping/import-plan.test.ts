import { describe, expect, it } from 'vitest'
import { planOf } from './import-plan.ts'

function reasonOf(name: string, options: Parameters<typeof planOf>[0]): string {
  return planOf(options).decisions.find((decision) => decision.name === name)?.reason ?? ''
}

describe('plan of an import', () => {
  it('decides what the rows do not say, and says why', () => {
    const settings = { exchange: 'Bybit', trading: { leverage: 5 }, postgres: { host: 'localhost' } }
    const plan = planOf({ timeZone: 'Europe/Moscow', settings })
    expect(plan).toMatchObject({ timeZone: 'Europe/Moscow', ambiguousTime: 'earlier', exchange: 'bybit', marketKind: 'perpetual' })
    expect(plan.decisions.map(({ name, value }) => [name, value])).toEqual([
      ['time-zone', 'Europe/Moscow'],
      ['ambiguous-time', 'earlier'],
      ['exchange', 'bybit'],
      ['market-kind', 'perpetual'],
    ])
    expect(planOf({ settings: { exchange: 'OKX' } }).exchange).toBe('okx')
    expect(reasonOf('market-kind', { settings })).toContain('trading.leverage')
    expect(reasonOf('market-kind', { settings: { hedge_mode: true } })).toContain('hedge_mode')
    expect(reasonOf('market-kind', {})).toContain('do not say otherwise')
    expect(reasonOf('time-zone', {})).toContain('not asked for')
    expect(structuredClone(plan)).toEqual(plan)
  })

  it('takes what was asked for before what the settings say', () => {
    const plan = planOf({ exchange: 'okx', marketKind: 'spot', ambiguousTime: 'park', settings: { exchange: 'bybit', leverage: 5 } })
    expect(plan).toMatchObject({ exchange: 'okx', marketKind: 'spot', ambiguousTime: 'park' })
  })

  it('survives settings of any shape', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    for (const settings of [
      null,
      5,
      'text',
      [],
      loop,
      { exchange: 7 },
      { exchange: 'no such thing!' },
      Array.from({ length: 20_000 }, () => 1),
    ])
      expect(planOf({ settings }).exchange).toBe('bybit')
  })

  it.each([
    { timeZone: 'Mars/Olympus' },
    { exchange: 'DROP TABLE' },
    { marketKind: 'option' as never },
    { ambiguousTime: 'both' as never },
  ])('refuses %j', (options) => {
    expect(() => planOf(options)).toThrow('Nothing was read')
  })
})
