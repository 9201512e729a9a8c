-- Each run stands in partitions of its own: they are filled and indexed before anybody sees them, come by one short transaction and go with
-- their run. The key of a partitioned table has to hold the run, so that a row stands once over all runs is the importer's to see to: it
-- looks before its rows come, and one import at a time works here.

-- Where `public` was lost and these files run again, it is done already.
DO $$
DECLARE
  name text;
  run text;
BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = 'imported.rows'::regclass) = 'p' THEN RETURN; END IF;
  FOREACH name IN ARRAY ARRAY['rows', 'orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps', 'sessions'] LOOP
    EXECUTE format('ALTER TABLE imported.%I RENAME TO %I', name, name || '_before');
    EXECUTE format('CREATE TABLE imported.%I (LIKE imported.%I INCLUDING CONSTRAINTS) PARTITION BY LIST (run_id)', name, name || '_before');
    FOR run IN EXECUTE format('SELECT DISTINCT run_id FROM imported.%I', name || '_before') LOOP
      EXECUTE format('CREATE TABLE imported.%I PARTITION OF imported.%I FOR VALUES IN (%L)', name || '_' || run, name, run);
    END LOOP;
    EXECUTE format('INSERT INTO imported.%I SELECT * FROM imported.%I', name, name || '_before');
    EXECUTE format('DROP TABLE imported.%I', name || '_before');
  END LOOP;

  -- What differs most from row to row comes first: such keys are sorted by their first bytes.
  ALTER TABLE imported.rows ADD PRIMARY KEY (row_key, table_key, variant, system, run_id);
  FOREACH name IN ARRAY ARRAY['orders', 'fills', 'positions', 'signals', 'balances', 'protections', 'ladder_steps', 'sessions'] LOOP
    EXECUTE format('ALTER TABLE imported.%I ADD PRIMARY KEY (row_key, part, table_key, system, run_id)', name);
  END LOOP;
  CREATE INDEX rows_run ON imported.rows (table_key, number);
  CREATE INDEX rows_parked ON imported.rows (table_key, number) WHERE outcome = 'parked';
  CREATE INDEX orders_created ON imported.orders (created_ms);
  CREATE INDEX orders_order_id ON imported.orders (order_id);
  CREATE INDEX fills_ts ON imported.fills (ts_ms);
  CREATE INDEX positions_opened ON imported.positions (opened_ms);
  CREATE INDEX signals_created ON imported.signals (created_ms);
  CREATE INDEX balances_asset_ts ON imported.balances (asset, ts_ms);
END
$$;
