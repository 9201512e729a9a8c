/**
 * Bounds of every reader. A length that comes from a file is compared with one of these before memory is taken for it.
 * Together they keep one open table below about 256 MiB: one row as bytes, as text and as cells (16 + 32 + 32 MiB), a
 * batch, the window of a decompressor (zstd: 128 MiB at most) and the table of contents.
 */
const KIB = 1_024
const MIB = 1_024 * KIB

/** Read from disk at once. */
export const CHUNK_BYTES = 64 * KIB
/** Given to a decompressor at once: what may be lost of the rows before a damaged spot. */
export const COMPRESSED_SLICE_BYTES = 16 * KIB
export const BATCH_ROWS_MAX = 1_000
export const BATCH_BYTES_MAX = MIB
/** Longest row as it stands in the source; a longer one is passed over and reported as damaged. */
export const ROW_BYTES_MAX = 16 * MIB
/** Longest statement of a SQL file that is not a row (CREATE TABLE, the head of an INSERT); of a longer one only the kind is known. */
export const STATEMENT_BYTES_MAX = 256 * KIB
/** What is kept of a damaged row. */
export const DAMAGED_BYTES_MAX = 64 * KIB
/** As in Postgres. */
export const COLUMNS_MAX = 1_664
export const TABLES_MAX = 10_000
/** As in Postgres, where a name has 63 bytes; four times that for other tools. */
export const NAME_BYTES_MAX = 252
export const FINDINGS_MAX = 1_000

export const ARCHIVE_ENTRIES_MAX = 1_000_000
/** All strings of a table of contents together, and so also one of them. */
export const ARCHIVE_CONTENTS_BYTES_MAX = 64 * MIB
export const ARCHIVE_CHUNK_BYTES_MAX = 16 * MIB
/** What of the table of contents is kept in memory: names, columns, CREATE TABLE. */
export const ARCHIVE_KEPT_BYTES_MAX = 16 * MIB

/** DEFLATE cannot exceed 1,032:1; more is a bomb or damage. */
export const EXPANSION_RATIO_MAX = 1_100
/** Below this size the ratio says nothing. */
export const EXPANSION_FREE_BYTES = 32 * MIB
/** All data of one table, decompressed. */
export const TABLE_BYTES_MAX = 1_024 * 1_024 * MIB

/** Places in a SQL file where rows of one table stand; nearer ones are taken together above this. */
export const SQL_RANGES_MAX = 1_000

export const CSV_FILES_MAX = 1_000
