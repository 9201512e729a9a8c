-- What version 2 held, beside the tables that are folded from the journal: those stay the replica's alone. Every row belongs to one run
-- and goes with it. Nothing here makes values of its own (no sequence, no default that depends on time), so a run that is rolled
-- back leaves no trace. Numbers have every digit of the source; times are UTC milliseconds; NULL is "version 2 does not say".

-- Where `public` was lost and is filled from the journal again, history is still there: hence IF NOT EXISTS.
CREATE SCHEMA IF NOT EXISTS imported;

CREATE TABLE IF NOT EXISTS imported.runs (
  run_id text PRIMARY KEY,
  system text NOT NULL,
  started_ms bigint NOT NULL,
  source jsonb NOT NULL,
  plan jsonb NOT NULL,
  counts jsonb NOT NULL
);

CREATE TABLE IF NOT EXISTS imported.tables (
  run_id text NOT NULL REFERENCES imported.runs (run_id),
  table_key text NOT NULL,
  number integer NOT NULL,
  columns jsonb NOT NULL,
  key_columns jsonb NOT NULL,
  source_rows bigint NOT NULL,
  PRIMARY KEY (run_id, table_key)
);

-- Every source row word for word: `line` as COPY would write it, `bytes` where it could not be split into cells.
-- `variant` is empty for the row that holds its key; for another row under the same key it tells which.
CREATE TABLE IF NOT EXISTS imported.rows (
  system text NOT NULL,
  table_key text NOT NULL,
  row_key text NOT NULL,
  variant text NOT NULL,
  run_id text NOT NULL REFERENCES imported.runs (run_id),
  number bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('mapped', 'kept', 'parked', 'skipped')),
  rule text,
  column_name text,
  reason text,
  line text,
  bytes bytea,
  PRIMARY KEY (system, table_key, row_key, variant)
);
CREATE INDEX IF NOT EXISTS rows_run ON imported.rows (run_id, table_key, number);
CREATE INDEX IF NOT EXISTS rows_parked ON imported.rows (run_id) WHERE outcome = 'parked';

CREATE TABLE IF NOT EXISTS imported.orders (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  order_id text NOT NULL, exchange text NOT NULL, symbol text NOT NULL, side text NOT NULL, order_type text, status text NOT NULL,
  purpose text, quantity numeric NOT NULL, filled_quantity numeric, price numeric, average_price numeric, trigger_price numeric,
  stop_loss numeric, take_profit numeric, reduce_only boolean, time_in_force text, strategy text,
  created_ms bigint NOT NULL, updated_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
CREATE INDEX IF NOT EXISTS orders_created ON imported.orders (created_ms);
CREATE INDEX IF NOT EXISTS orders_order_id ON imported.orders (order_id);

CREATE TABLE IF NOT EXISTS imported.fills (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  fill_id text NOT NULL, order_id text NOT NULL, exchange text NOT NULL, symbol text NOT NULL, side text NOT NULL,
  price numeric NOT NULL, quantity numeric NOT NULL, fee numeric, realized_pnl numeric, strategy text, ts_ms bigint NOT NULL,
  extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
CREATE INDEX IF NOT EXISTS fills_ts ON imported.fills (ts_ms);

CREATE TABLE IF NOT EXISTS imported.positions (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  position_id text NOT NULL, exchange text NOT NULL, symbol text NOT NULL, direction text NOT NULL, state text NOT NULL,
  quantity numeric NOT NULL, leverage numeric, entry_price numeric, exit_price numeric, stop_loss numeric, take_profit numeric,
  realized_pnl numeric, entry_order_id text, exit_order_id text, strategy text, confidence numeric, session_id text,
  opened_ms bigint, closed_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
CREATE INDEX IF NOT EXISTS positions_opened ON imported.positions (opened_ms);

CREATE TABLE IF NOT EXISTS imported.signals (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  signal_id text NOT NULL, exchange text, symbol text NOT NULL, action text, confidence numeric, score numeric, status text,
  strategy text, created_ms bigint NOT NULL, processed_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
CREATE INDEX IF NOT EXISTS signals_created ON imported.signals (created_ms);

CREATE TABLE IF NOT EXISTS imported.balances (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  exchange text NOT NULL, asset text NOT NULL, free numeric, locked numeric, total numeric, total_usd numeric, ts_ms bigint NOT NULL,
  extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
CREATE INDEX IF NOT EXISTS balances_asset_ts ON imported.balances (asset, ts_ms);

CREATE TABLE IF NOT EXISTS imported.protections (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  protection_id text NOT NULL, trade_id text, symbol text NOT NULL, side text NOT NULL, status text, stop_loss numeric,
  take_profit numeric, stop_order_id text, target_order_id text, created_ms bigint, updated_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);

CREATE TABLE IF NOT EXISTS imported.ladder_steps (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  step_id text NOT NULL, trade_id text, level integer NOT NULL, status text, quantity numeric, price numeric, order_id text,
  created_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);

CREATE TABLE IF NOT EXISTS imported.sessions (
  system text NOT NULL, table_key text NOT NULL, row_key text NOT NULL, part text NOT NULL, run_id text NOT NULL,
  session_id text NOT NULL, status text, total_pnl numeric, started_ms bigint, ended_ms bigint, extras jsonb NOT NULL,
  PRIMARY KEY (system, table_key, row_key, part)
);
