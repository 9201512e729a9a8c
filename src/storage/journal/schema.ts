/** Version of the journal's tables. A newer file than this code is refused, never touched. */
export const JOURNAL_VERSION = 1

export const JOURNAL_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  seq  INTEGER PRIMARY KEY,
  ts   INTEGER NOT NULL,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS snapshots (
  seq  INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
`
