-- Every table here is folded from the journal by the replica; the journal is the record, this is its readable copy.
-- Money is NUMERIC without a limit, so no digit is ever lost. Time is `ts_ms` (UTC milliseconds, as in the journal) and
-- the same instant as `ts`. `seq` is the journal's sequence of the fact a row comes from.

CREATE TABLE installation (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  journal_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE replica_cursor (
  journal_id text PRIMARY KEY,
  seq bigint NOT NULL CHECK (seq >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
  seq bigint PRIMARY KEY CHECK (seq > 0),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  type text NOT NULL,
  payload jsonb NOT NULL
);
CREATE INDEX events_type_seq ON events (type, seq DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE instruments (
  exchange text NOT NULL,
  symbol text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('spot', 'perpetual')),
  base text NOT NULL,
  quote text NOT NULL,
  settle text NOT NULL,
  tick_size numeric NOT NULL,
  lot_size numeric NOT NULL,
  min_quantity numeric NOT NULL,
  min_notional numeric NOT NULL,
  maker_fee_bps numeric NOT NULL,
  taker_fee_bps numeric NOT NULL,
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  PRIMARY KEY (exchange, symbol)
);

CREATE TABLE traders (
  trader_id text PRIMARY KEY,
  strategy text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('strategy', 'manual')),
  state text NOT NULL CHECK (state IN ('created', 'initializing', 'ready', 'running', 'paused', 'stopping', 'stopped', 'error')),
  desired text NOT NULL CHECK (desired IN ('running', 'paused', 'stopped')),
  timeframe text NOT NULL,
  symbols text[] NOT NULL,
  order_notional numeric NOT NULL,
  params jsonb NOT NULL,
  reason text,
  removed boolean NOT NULL DEFAULT false,
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);

CREATE TABLE strategies (
  name text PRIMARY KEY,
  first_seq bigint NOT NULL REFERENCES events (seq),
  first_ts_ms bigint NOT NULL,
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);

-- One row a decision: a signal sent twice has two rows, the second with outcome DUPLICATE.
CREATE TABLE signals (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  signal_id text NOT NULL,
  trader_id text NOT NULL,
  strategy text NOT NULL,
  symbol text NOT NULL,
  action text NOT NULL CHECK (action IN ('BUY', 'SELL', 'CLOSE_LONG', 'CLOSE_SHORT')),
  quantity numeric,
  confidence double precision,
  stop_loss numeric,
  take_profit numeric,
  expires_at_ms bigint,
  note text,
  step_time_ms bigint,
  outcome text NOT NULL CHECK (outcome IN ('ACCEPTED', 'DENIED', 'DUPLICATE', 'EXPIRED')),
  reason text NOT NULL,
  value text,
  limit_value text,
  client_order_id text,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
CREATE INDEX signals_signal_id ON signals (signal_id);
CREATE INDEX signals_symbol_seq ON signals (symbol, seq DESC);
CREATE INDEX signals_trader_seq ON signals (trader_id, seq DESC);
CREATE INDEX signals_ts ON signals (ts DESC);

CREATE TABLE orders (
  client_order_id text PRIMARY KEY,
  exchange_order_id text,
  trader_id text NOT NULL,
  strategy text NOT NULL,
  signal_id text,
  exchange text NOT NULL,
  symbol text NOT NULL,
  side text NOT NULL CHECK (side IN ('BUY', 'SELL')),
  order_type text NOT NULL CHECK (order_type IN ('MARKET', 'LIMIT')),
  purpose text NOT NULL CHECK (purpose IN ('ENTRY', 'EXIT', 'STOP_LOSS', 'TAKE_PROFIT', 'FLATTEN')),
  quantity numeric NOT NULL CHECK (quantity > 0),
  price numeric,
  reference_price numeric NOT NULL,
  reduce_only boolean NOT NULL,
  stop_loss numeric,
  take_profit numeric,
  status text NOT NULL CHECK (status IN ('SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED')),
  reason text,
  filled_quantity numeric NOT NULL DEFAULT 0,
  filled_notional numeric NOT NULL DEFAULT 0,
  -- The fact that submitted it, and the last one that changed it.
  seq bigint NOT NULL UNIQUE REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  updated_seq bigint NOT NULL REFERENCES events (seq),
  updated_ts_ms bigint NOT NULL,
  updated_ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(updated_ts_ms / 1000.0)) STORED
);
CREATE INDEX orders_symbol_seq ON orders (symbol, seq DESC);
CREATE INDEX orders_trader_seq ON orders (trader_id, seq DESC);
CREATE INDEX orders_status_seq ON orders (status, seq DESC);
CREATE INDEX orders_ts ON orders (ts DESC);
CREATE INDEX orders_exchange_order_id ON orders (exchange, exchange_order_id);

-- Fills. The key is the exchange's: a fill that came twice cannot stand here twice.
CREATE TABLE trades (
  exchange text NOT NULL,
  symbol text NOT NULL,
  trade_id text NOT NULL,
  client_order_id text NOT NULL,
  exchange_order_id text,
  trader_id text NOT NULL,
  strategy text NOT NULL,
  side text NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price numeric NOT NULL,
  quantity numeric NOT NULL CHECK (quantity > 0),
  fee numeric NOT NULL,
  fee_currency text NOT NULL,
  liquidity text NOT NULL CHECK (liquidity IN ('MAKER', 'TAKER')),
  realized_pnl numeric NOT NULL,
  cash_after numeric NOT NULL,
  seq bigint NOT NULL UNIQUE REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  PRIMARY KEY (exchange, symbol, trade_id)
);
CREATE INDEX trades_symbol_seq ON trades (symbol, seq DESC);
CREATE INDEX trades_trader_seq ON trades (trader_id, seq DESC);
CREATE INDEX trades_client_order_id ON trades (client_order_id);
CREATE INDEX trades_ts ON trades (ts DESC);

-- What each trader holds now. `quantity` is signed; a closed position stays with quantity 0 and its realised result.
CREATE TABLE positions (
  trader_id text NOT NULL,
  symbol text NOT NULL,
  exchange text NOT NULL,
  quantity numeric NOT NULL,
  entry_cost numeric NOT NULL,
  realized_pnl numeric NOT NULL,
  fees numeric NOT NULL,
  opened_at_ms bigint NOT NULL,
  stop_loss numeric,
  take_profit numeric,
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  PRIMARY KEY (trader_id, symbol)
);
CREATE INDEX positions_open ON positions (symbol) WHERE quantity <> 0;

-- The account over time: one opening row, then one each time it was valued. equity = start + realized + unrealized - fees.
CREATE TABLE balances (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  exchange text NOT NULL,
  currency text NOT NULL,
  opening boolean NOT NULL,
  start numeric NOT NULL,
  realized numeric NOT NULL,
  unrealized numeric NOT NULL,
  fees numeric NOT NULL,
  equity numeric NOT NULL,
  exposure numeric NOT NULL,
  reserved numeric NOT NULL,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
CREATE INDEX balances_account_seq ON balances (exchange, currency, seq DESC);
CREATE INDEX balances_ts ON balances (ts DESC);

CREATE TABLE candles (
  symbol text NOT NULL,
  timeframe text NOT NULL,
  open_time_ms bigint NOT NULL,
  open_time timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(open_time_ms / 1000.0)) STORED,
  open numeric NOT NULL,
  high numeric NOT NULL,
  low numeric NOT NULL,
  close numeric NOT NULL,
  volume numeric NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (symbol, timeframe, open_time_ms)
);

CREATE TABLE alerts (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  code text NOT NULL,
  message text NOT NULL,
  trader_id text,
  symbol text,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
CREATE INDEX alerts_severity_seq ON alerts (severity, seq DESC);
CREATE INDEX alerts_ts ON alerts (ts DESC);

CREATE TABLE audit (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  actor text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  reason text,
  before text,
  after text,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
CREATE INDEX audit_ts ON audit (ts DESC);

-- Each setting of the limits; the newest row is in force.
CREATE TABLE risk_limits (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  set_by text NOT NULL,
  limits jsonb NOT NULL,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);

-- Each stop and each resumption; the newest row says which holds.
CREATE TABLE halts (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  action text NOT NULL CHECK (action IN ('HALTED', 'RESUMED')),
  done_by text NOT NULL,
  reason text NOT NULL,
  flatten boolean,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
