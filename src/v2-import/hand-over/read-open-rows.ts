import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import type { V2Order, V2Position, V2Side } from './sides.ts'

/** Open rows of version 2 that are looked at; nobody hands over more by hand. */
const ROWS_MAX = 5_000

/** What the imported rows say is open. Throws what Postgres throws. */
export async function readOpenRows(connection: PgConnection): Promise<V2Side> {
  const client = await connectClient(connection, 'bot-trading hand-over')
  try {
    const positions = await client.query<V2Position>(
      `SELECT table_key || ' ' || row_key AS row, exchange, symbol, direction, quantity::text AS quantity, part, state,
              entry_price::text AS "entryPrice", stop_loss::text AS "stopLoss", take_profit::text AS "takeProfit"
         FROM imported.positions WHERE state IN ('OPEN', 'PARTIAL') ORDER BY system, table_key, row_key LIMIT $1`,
      [ROWS_MAX + 1],
    )
    // Orders made of trades stand for the trades' fills; what is open are the rows of the orders table.
    const orders = await client.query<V2Order>(
      `SELECT table_key || ' ' || row_key AS row, exchange, order_id AS "orderId", symbol,
              concat_ws(' ', order_type, side, quantity, symbol, 'at ' || price, 'from ' || trigger_price, '(' || status || ')') AS words
         FROM imported.orders WHERE part = 'row' AND status IN ('ACCEPTED', 'SUBMITTED', 'PARTIALLY_FILLED')
        ORDER BY system, table_key, row_key LIMIT $1`,
      [ROWS_MAX + 1],
    )
    return {
      positions: positions.rows.slice(0, ROWS_MAX),
      orders: orders.rows.slice(0, ROWS_MAX),
      isCut: positions.rows.length > ROWS_MAX || orders.rows.length > ROWS_MAX,
    }
  } finally {
    closeQuietly(client)
  }
}
