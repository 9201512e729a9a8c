-- Orders that wait for a price, that stand in groups, that are amended; what guards each position; what the books and the
-- exchange disagree in. As before: folded from the journal, `seq` is the fact a row comes from.

ALTER TABLE orders
  ADD COLUMN time_in_force text NOT NULL DEFAULT 'GTC' CHECK (time_in_force IN ('GTC', 'IOC', 'FOK')),
  ADD COLUMN post_only boolean NOT NULL DEFAULT false,
  ADD COLUMN trigger_price numeric,
  -- How far a trailing stop stays behind the best price (`trailing` is a reserved word).
  ADD COLUMN trail jsonb,
  ADD COLUMN high_water numeric,
  ADD COLUMN execution text NOT NULL DEFAULT 'NATIVE' CHECK (execution IN ('NATIVE', 'EMULATED')),
  ADD COLUMN triggered boolean NOT NULL DEFAULT false,
  ADD COLUMN oco_group text,
  ADD COLUMN ladder_level integer CHECK (ladder_level >= 0),
  ADD COLUMN replaces text,
  ADD COLUMN protection jsonb,
  -- What was asked for and is not answered yet. `quantity`, `price` and `trigger_price` are what the order is now.
  ADD COLUMN amending jsonb,
  ADD COLUMN amended_seq bigint REFERENCES events (seq);

ALTER TABLE orders DROP CONSTRAINT orders_order_type_check, ADD CONSTRAINT orders_order_type_check CHECK (order_type IN
  ('MARKET', 'LIMIT', 'STOP_MARKET', 'STOP_LIMIT', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT_LIMIT', 'TRAILING_STOP'));
ALTER TABLE orders DROP CONSTRAINT orders_status_check, ADD CONSTRAINT orders_status_check CHECK (status IN
  ('EMULATED', 'SUBMITTED', 'ACCEPTED', 'PARTIALLY_FILLED', 'PENDING_CANCEL', 'UNKNOWN', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED'));
CREATE INDEX orders_oco_group ON orders (oco_group) WHERE oco_group IS NOT NULL;

-- `stop_loss` and `take_profit` are the levels of the last fill; this is the stop that holds now, moved or not; null when flat.
ALTER TABLE positions ADD COLUMN stop_in_force numeric;
UPDATE positions SET stop_in_force = stop_loss WHERE quantity <> 0;

-- The plan that guards a position; `plan` null: nothing does, since the fact `seq`.
CREATE TABLE protection (
  trader_id text NOT NULL,
  symbol text NOT NULL,
  plan jsonb,
  set_by text,
  stop_in_force numeric,
  stop_cause text CHECK (stop_cause IN ('SET', 'TRAILING', 'BREAKEVEN', 'LOCK', 'CLOSING')),
  -- Best price seen since the stop began to follow.
  high_water numeric,
  -- A level was met and the position is being closed.
  closing text CHECK (closing IN ('STOP_LOSS', 'TAKE_PROFIT')),
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  PRIMARY KEY (trader_id, symbol)
);

-- One row a difference, as it stands now; a difference that comes back opens its row again, as found then.
CREATE TABLE differences (
  difference_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('ORDER_MISSING', 'ORDER_EXTERNAL', 'ORDER_CHANGED', 'POSITION', 'BALANCE')),
  exchange text NOT NULL,
  symbol text,
  currency text,
  client_order_id text,
  exchange_order_id text,
  ours text NOT NULL,
  theirs text NOT NULL,
  cause text NOT NULL,
  suggestion text NOT NULL CHECK (suggestion IN ('ADOPT', 'CLOSE', 'IGNORE', 'ASSIGN')),
  blocking boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'DECIDED', 'GONE')),
  decision text CHECK (decision IN ('ADOPT', 'CLOSE', 'IGNORE', 'ASSIGN', 'GONE')),
  decided_by text,
  reason text,
  trader_id text,
  found_seq bigint NOT NULL REFERENCES events (seq),
  found_ts_ms bigint NOT NULL,
  found_ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(found_ts_ms / 1000.0)) STORED,
  seq bigint NOT NULL REFERENCES events (seq),
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED,
  CHECK ((state = 'OPEN') = (decision IS NULL))
);
CREATE INDEX differences_open ON differences (exchange, kind) WHERE state = 'OPEN';
CREATE INDEX differences_seq ON differences (seq DESC);

-- Each comparison of the whole account with the exchange.
CREATE TABLE reconciliations (
  seq bigint PRIMARY KEY REFERENCES events (seq),
  exchange text NOT NULL,
  trigger text NOT NULL CHECK (trigger IN ('START', 'RECONNECT', 'WAKE', 'CLOCK', 'PERSON')),
  orders integer NOT NULL,
  positions integer NOT NULL,
  fills integer NOT NULL,
  recovered_fills integer NOT NULL,
  open_differences integer NOT NULL,
  ts_ms bigint NOT NULL,
  ts timestamptz NOT NULL GENERATED ALWAYS AS (to_timestamp(ts_ms / 1000.0)) STORED
);
CREATE INDEX reconciliations_ts ON reconciliations (ts DESC);
