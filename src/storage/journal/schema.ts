/** Version of the journal's tables. A newer file than this code is refused, never touched. */
export const JOURNAL_VERSION = 2

export const JOURNAL_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  seq   INTEGER PRIMARY KEY,
  ts    INTEGER NOT NULL,
  body  TEXT NOT NULL,
  hash  BLOB NOT NULL,
  facts INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE IF NOT EXISTS snapshots (
  seq  INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
`

/** From version 1, where each row held one fact: its rows are pages of one and keep their hashes. */
export const JOURNAL_STEPS: readonly { readonly from: number; readonly sql: string }[] = [
  { from: 1, sql: 'ALTER TABLE journal ADD COLUMN facts INTEGER NOT NULL DEFAULT 1' },
]
