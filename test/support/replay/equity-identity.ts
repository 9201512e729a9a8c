import type { PostgresTables } from './postgres-tables.ts'

/**
 * The account valued in three ways that share nothing but the trades and the last close: by its cash flows, by its results,
 * and as the workstation last marked it. One query, NUMERIC throughout.
 */
const VALUATION = `
  WITH account AS (SELECT start FROM balances WHERE opening),
  flows AS (
    SELECT coalesce(sum(price * quantity) FILTER (WHERE side = 'SELL'), 0) AS sells,
           coalesce(sum(price * quantity) FILTER (WHERE side = 'BUY'), 0) AS buys,
           coalesce(sum(CASE side WHEN 'BUY' THEN quantity ELSE -quantity END), 0) AS held,
           coalesce(sum(realized_pnl), 0) AS realized, coalesce(sum(fee), 0) AS fees
    FROM trades
  ),
  last_close AS (SELECT close FROM candles ORDER BY open_time_ms DESC LIMIT 1),
  cost AS (SELECT coalesce(sum(entry_cost), 0) AS open_cost, coalesce(sum(quantity), 0) AS quantity FROM positions),
  marked AS (SELECT * FROM balances ORDER BY seq DESC LIMIT 1)
  SELECT account.start + sells - buys + held * close - flows.fees AS by_cash,
         account.start + flows.realized + (cost.quantity * close - open_cost) - flows.fees AS by_result,
         marked.equity AS marked,
         account.start + sells - buys + held * close - flows.fees = marked.equity
           AND account.start + flows.realized + (cost.quantity * close - open_cost) - flows.fees = marked.equity
           AND cost.quantity = held AND flows.realized = marked.realized AND flows.fees = marked.fees
           AND cost.quantity * close - open_cost = marked.unrealized AS holds
  FROM account, flows, last_close, cost, marked`

/** Each mark against the trades and the close before it, by running sums: how many marks there are, and how many are wrong. */
const EVERY_MARK = `
  WITH line AS (
    SELECT seq, CASE side WHEN 'SELL' THEN price * quantity ELSE -price * quantity END - fee AS flow,
           CASE side WHEN 'BUY' THEN quantity ELSE -quantity END AS moved, NULL::numeric AS close, NULL::numeric AS equity FROM trades
    UNION ALL SELECT seq, 0, 0, close, NULL FROM candles
    UNION ALL SELECT seq, 0, 0, NULL, equity FROM balances WHERE NOT opening
  ),
  running AS (
    SELECT seq, equity, sum(flow) OVER w AS cash, sum(moved) OVER w AS held, max(seq) FILTER (WHERE close IS NOT NULL) OVER w AS close_seq
    FROM line WINDOW w AS (ORDER BY seq)
  )
  SELECT count(*) AS marks,
         count(*) FILTER (WHERE running.equity <> (SELECT start FROM balances WHERE opening) + cash + held * candles.close) AS wrong
  FROM running LEFT JOIN candles ON candles.seq = running.close_seq
  WHERE running.equity IS NOT NULL`

export interface Valuation {
  readonly by_cash: string
  readonly by_result: string
  readonly marked: string
  readonly holds: string
}

export async function valueByTrades(tables: PostgresTables): Promise<Valuation> {
  const [row] = await tables.rows(VALUATION)
  return row as unknown as Valuation
}

export async function countMarks(tables: PostgresTables): Promise<{ readonly marks: number; readonly wrong: number }> {
  const [row] = await tables.rows(EVERY_MARK)
  return { marks: Number(row?.['marks']), wrong: Number(row?.['wrong']) }
}
