import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Client } from 'pg'
import { silentLogger } from '#platform/log/logger.ts'
import { closeQuietly, connectClient } from '#storage/postgres/connection.ts'
import { openDatabase } from '#storage/postgres/open-database.ts'
import { startTestPostgres } from '#test/support/postgres.ts'
import { noGoal, round, type BenchResult } from './support/result.ts'

const WARM_UP = 200
const SIGNALS = 2_000
const MIGRATIONS = join(import.meta.dirname, '../migrations/postgres')

/**
 * The loop of version 2 in this machine's terms: one signal, one order, one commit at a time, each waiting for Postgres.
 * Its statements are those its engine made a signal: save the signal, look for an open position and a pending order, save
 * the order, note the exchange's acknowledgement. No network to an exchange on either side, and no Python here: the
 * figure flatters version 2.
 */
export async function benchV2Style(): Promise<BenchResult[]> {
  await using postgres = await startTestPostgres()
  const connection = postgres.freshDatabase()
  closeQuietly(await openDatabase({ connection, migrationsDirectory: MIGRATIONS, applicationName: 'bench', logger: silentLogger }))
  const client = await connectClient(connection, 'bench')
  try {
    await client.query(V2_TABLES)
    for (let n = 0; n < WARM_UP; n += 1) await tradeOne(client, n)
    const began = performance.now()
    for (let n = 0; n < SIGNALS; n += 1) await tradeOne(client, WARM_UP + n)
    const perSecond = SIGNALS / ((performance.now() - began) / 1_000)
    return [
      noGoal({
        name: 'a synchronous loop as in version 2, Postgres, signals acknowledged',
        value: round(perSecond, 0),
        unit: 'signals/s',
        n: SIGNALS,
      }),
    ]
  } finally {
    closeQuietly(client)
  }
}

const V2_TABLES = `
CREATE TABLE v2_signals (id serial PRIMARY KEY, symbol text, side text, strength numeric, created_at timestamptz DEFAULT now());
CREATE TABLE v2_orders (id serial PRIMARY KEY, signal_id int, symbol text, side text, quantity numeric, status text, order_id text UNIQUE, created_at timestamptz DEFAULT now());
CREATE TABLE v2_positions (id serial PRIMARY KEY, symbol text, quantity numeric, status text);
CREATE INDEX ON v2_orders (symbol, status);
CREATE INDEX ON v2_positions (symbol, status);
`

async function tradeOne(client: Client, n: number): Promise<void> {
  const symbol = `A${n % 20}USDT`
  const { rows } = await client.query<{ id: number }>('INSERT INTO v2_signals (symbol, side, strength) VALUES ($1, $2, $3) RETURNING id', [
    symbol,
    'BUY',
    '0.8',
  ])
  await client.query("SELECT id FROM v2_positions WHERE symbol = $1 AND status = 'OPEN'", [symbol])
  await client.query("SELECT count(*) FROM v2_orders WHERE symbol = $1 AND status = 'PENDING'", [symbol])
  const orderId = `BOT_${randomBytes(4).toString('hex')}_${n}`
  await client.query(
    "INSERT INTO v2_orders (signal_id, symbol, side, quantity, status, order_id) VALUES ($1, $2, 'BUY', $3, 'PENDING', $4)",
    [rows[0]?.id, symbol, '0.1', orderId],
  )
  await client.query("UPDATE v2_orders SET status = 'OPEN' WHERE order_id = $1", [orderId])
}
