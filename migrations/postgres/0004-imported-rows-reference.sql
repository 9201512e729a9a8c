-- A run and its rows are written in one transaction and taken away in one, so the reference guarded nothing; but it was looked up once
-- a row, which was the longest part of an import of a million rows.
ALTER TABLE imported.rows DROP CONSTRAINT IF EXISTS rows_run_id_fkey;
