import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startGateway } from '#gateway/gateway.ts'
import { startWorkstation } from '#orchestrator/workstation.ts'
import { silentLogger } from '#platform/log/logger.ts'
import { TOKEN } from '../support/gateway.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'bot-trading-restart-'))
const saved = join(dataDir, 'read-model.bin')
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>

/** One life of a whole workstation without Postgres; what it logged at its start about the read model comes along. */
async function live<T>(act: (ask: Ask) => Promise<T>): Promise<{ readonly result: T; readonly rebuilt: unknown }> {
  let rebuilt: unknown
  const info = (fields: unknown): void => {
    if (typeof fields === 'object' && fields !== null && 'rebuilt' in fields) rebuilt = fields.rebuilt
  }
  const logger = { ...silentLogger, info }
  const workstation = await startWorkstation({
    dataDir,
    workersDir: new URL('../../src/workers/', import.meta.url),
    migrationsDir: join(import.meta.dirname, '../../migrations'),
    version: '3.0.0',
    postgres: 'none',
    env: {},
    logger,
  })
  const gateway = await startGateway({ workstation, host: '127.0.0.1', port: 0, token: TOKEN, logger, version: '3.0.0' })
  try {
    const result = await act(async (method, path, body) => {
      const response = await fetch(`${gateway.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return (await response.json()) as Record<string, unknown>
    })
    return { result, rebuilt }
  } finally {
    await gateway.close()
    await workstation.stop()
  }
}

/** What of the books does not move with the market. */
async function books(ask: Ask): Promise<unknown> {
  const orders = (await ask('GET', '/orders?trader_id=manual&limit=100'))['items'] as Record<string, unknown>[]
  const audit = (await ask('GET', '/audit?limit=100'))['items'] as Record<string, unknown>[]
  return {
    orders: orders.map(({ id, type, price, trigger_price, execution, seq, created_at }) => ({
      id,
      type,
      price,
      trigger_price,
      execution,
      seq,
      created_at,
    })),
    audit: audit.filter(({ actor }) => actor === 'rest'),
    trades: ((await ask('GET', '/trades?trader_id=manual'))['items'] as { id: string }[]).map(({ id }) => id),
  }
}

describe('a restart', () => {
  it('goes on with the saved read model, and with the whole journal when that is damaged or gone', async () => {
    const symbol = 'BTC/USDT'
    const first = await live(async (ask) => {
      await expect
        .poll(async () => (await ask('POST', '/orders', { symbol, side: 'BUY', type: 'MARKET', quantity: '0.01' }))['outcome'], {
          timeout: 30_000,
        })
        .toBe('ACCEPTED')
      await expect
        .poll(async () => ((await ask('GET', '/trades?trader_id=manual'))['items'] as unknown[]).length, { timeout: 30_000 })
        .toBeGreaterThan(0)
      const [price] = (await ask('GET', '/markets/BTC-USDT/candles?limit=1'))['items'] as { close: string }[]
      const limit = (Number(price?.close) * 0.97).toFixed(2)
      await ask('POST', '/orders', { symbol, side: 'BUY', type: 'LIMIT', quantity: '0.01', price: limit })
      await ask('POST', '/orders', {
        symbol,
        side: 'SELL',
        type: 'STOP_MARKET',
        quantity: '0.001',
        trigger_price: limit,
        reduce_only: true,
      })
      return books(ask)
    })
    expect(first.rebuilt).toBe('there is no journal yet')
    expect(existsSync(saved)).toBe(true)

    const second = await live(books)
    expect(second).toEqual({ rebuilt: null, result: first.result })

    writeFileSync(saved, 'not a read model')
    const third = await live(books)
    expect(third.rebuilt).toContain('cannot be read')
    expect(third.result).toEqual(first.result)

    rmSync(saved)
    expect(await live(books)).toEqual({ rebuilt: 'there is none yet', result: first.result })
  }, 120_000)
})
