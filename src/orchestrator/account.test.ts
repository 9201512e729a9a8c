import { describe, expect, it } from 'vitest'
import { configSchema } from '#platform/config/config.ts'
import { accountOf } from './account.ts'

const live = { kind: 'live', venue: 'bybit', symbols: ['BTC/USDT:USDT'], base_url: 'http://127.0.0.1:4000' } as const
const keys = { EXCHANGE_API_KEY: 'key', EXCHANGE_API_SECRET: 'secret' }

describe('accountOf', () => {
  it('is the demo unless something else is asked for', () => {
    expect(accountOf({ config: configSchema.parse({}), env: {} })).toMatchObject({ kind: 'paper', mode: 'demo', purpose: 'demo' })
  })

  it('keeps invented and real money, venues and accounts in journals of their own', () => {
    const purposeOf = (exchange: object) => accountOf({ config: configSchema.parse({ exchange }), env: keys }).purpose
    const { base_url: _, ...real } = live
    const purposes = [purposeOf(live), purposeOf(real), purposeOf({ ...live, account: 'second' })]
    expect(new Set([...purposes, 'demo']).size).toBe(4)
  })

  it('takes keys from the environment, else from the store of secrets, and from nowhere else', () => {
    const config = configSchema.parse({ exchange: live })
    expect(accountOf({ config, env: keys })).toMatchObject({
      kind: 'live',
      mode: 'live',
      start: { credentials: { apiKey: 'key', secret: 'secret' } },
    })
    expect(() => accountOf({ config, env: { EXCHANGE_API_KEY: 'key' } })).toThrow(/EXCHANGE_API_SECRET is not set/)
    const storedKeys = { apiKey: 'stored key', secret: 'stored secret' }
    expect(accountOf({ config, env: {}, storedKeys })).toMatchObject({ start: { credentials: storedKeys } })
    expect(accountOf({ config, env: keys, storedKeys })).toMatchObject({ start: { credentials: { apiKey: 'key', secret: 'secret' } } })
    expect(() => accountOf({ config, env: { EXCHANGE_API_KEY: 'key' }, storedKeys })).toThrow(/EXCHANGE_API_SECRET is not set/)
    expect(() => configSchema.parse({ exchange: { ...live, api_key: 'key' } })).toThrow()
  })

  it('never trades live in a replay', () => {
    const replay = { files: ['BTC_USDT_1m.csv'], speed: 'max' } as const
    expect(accountOf({ config: configSchema.parse({ exchange: live }), env: keys, replay })).toMatchObject({
      kind: 'paper',
      lockStep: true,
    })
  })

  it.each([
    [{ ...live, venue: 'binance' }],
    [{ ...live, symbols: [] }],
    [{ ...live, symbols: ['BTC/USDT'] }],
    [{ ...live, timeframes: ['7m'] }],
    [{ ...live, poll: 5 }],
    [{ kind: 'paper', venue: 'bybit' }],
    [{ kind: 'live' }],
  ])('refuses a wrong configuration: %o', (exchange) => {
    expect(configSchema.safeParse({ exchange }).success).toBe(false)
  })
})
