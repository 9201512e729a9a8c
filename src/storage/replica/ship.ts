import { setImmediate as immediately } from 'node:timers/promises'
import type { Client } from 'pg'
import { AppError } from '#domain/errors.ts'
import type { JournalEntry } from '#domain/facts.ts'
import { failpoint } from '#platform/failpoint.ts'
import { project } from './projection.ts'
import { INSERT_EVENTS_SQL, INSERT_SQL, PATCH_SQL, SET_STOPS_SQL } from './statements.ts'
import { TABLE_NAMES } from './tables.ts'

/** `moved`: the cursor was not where we thought; nothing was written, go on from there. */
export type ShipResult =
  | { readonly type: 'shipped'; readonly seq: number; readonly unknownOrders: number }
  | { readonly type: 'moved'; readonly seq: number }

interface Statement {
  readonly sql: string
  /** JSON text, `$1` of the statement. */
  readonly rows: string
  /** How many rows must be met; absent where it may be fewer. */
  readonly count?: number
}

/** A batch of facts as the statements it means. */
export interface Parcel {
  readonly afterSeq: number
  readonly lastSeq: number
  readonly facts: string
  readonly statements: readonly Statement[]
}

export interface Shipment {
  readonly parcel: Parcel
  /** Called while the server is busy: what can be made ready for the next parcel. */
  readonly prepare: () => void
}

const NOT_FOR_POSTGRES = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * JSON that Postgres takes. Text there cannot hold U+0000 or half a surrogate pair, which an exchange's or a strategy's
 * words may contain: both become U+FFFD, else one odd word would stop the replica for ever.
 */
export function encode(value: unknown): string {
  const text = JSON.stringify(value)
  if (!NOT_FOR_POSTGRES.test(text)) return text
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '\uFFFD') : inner))
}

/** Turns facts that follow each other without a gap into statements. */
export function pack(entries: readonly JournalEntry[]): Parcel {
  const first = entries[0]
  const last = entries.at(-1)
  if (first === undefined || last === undefined) throw new Error('a parcel needs at least one fact')
  if (last.seq - first.seq !== entries.length - 1) throw new Error(`the journal gave ${entries.length} facts for ${first.seq}..${last.seq}`)
  return {
    afterSeq: first.seq - 1,
    lastSeq: last.seq,
    facts: encode(entries.map(({ fact }) => fact)),
    statements: statementsOf(entries),
  }
}

/** New rows of every table, then changes of old ones, then what is drawn from several tables. */
function statementsOf(entries: readonly JournalEntry[]): readonly Statement[] {
  const { rows, patches, stops } = project(entries)
  const statements: Statement[] = []
  for (const table of TABLE_NAMES) {
    const list = rows[table]
    if (list !== undefined) statements.push({ sql: INSERT_SQL[table], rows: encode(list) })
  }
  for (const table of TABLE_NAMES) {
    const [list, sql] = [patches[table], PATCH_SQL[table]]
    if (list === undefined) continue
    if (sql === undefined) throw new Error(`rows of ${table} are never changed`)
    // An order that was never submitted cannot change; a trader, plan or difference may be unknown here.
    statements.push({ sql, rows: encode(list), ...(table === 'orders' ? { count: list.length } : {}) })
  }
  if (stops.length > 0) statements.push({ sql: SET_STOPS_SQL, rows: encode(stops) })
  return statements
}

/**
 * Writes a parcel and moves the cursor in one transaction, so a parcel counts exactly once, even when the answer to
 * COMMIT is lost: whoever comes next reads the cursor. Throws what the driver throws; the connection is then done for.
 */
export async function ship(client: Client, journalId: string, { parcel, prepare }: Shipment): Promise<ShipResult> {
  await client.query('BEGIN')
  const seq = await lockCursor(client, journalId)
  if (seq !== parcel.afterSeq) {
    await client.query('ROLLBACK')
    return { type: 'moved', seq }
  }
  const events = client.query(INSERT_EVENTS_SQL, [parcel.facts, parcel.afterSeq])
  // The statement leaves in this turn of the loop; in the next one the server is at work and this thread is free.
  await Promise.all([events, immediately().then(prepare)])
  let unknownOrders = 0
  for (const { sql, rows, count } of parcel.statements) {
    const { rowCount } = await client.query(sql, [rows])
    if (count !== undefined) unknownOrders += count - (rowCount ?? 0)
  }
  await client.query('UPDATE replica_cursor SET seq = $2, updated_at = now() WHERE journal_id = $1', [journalId, parcel.lastSeq])
  const committed = client.query('COMMIT')
  failpoint('P8')
  await committed
  failpoint('P9')
  return { type: 'shipped', seq: parcel.lastSeq, unknownOrders }
}

async function lockCursor(client: Client, journalId: string): Promise<number> {
  const { rows } = await client.query<{ seq: number }>('SELECT seq FROM replica_cursor WHERE journal_id = $1 FOR UPDATE', [journalId])
  const row = rows[0]
  if (row === undefined) throw cursorLost()
  return row.seq
}

function cursorLost(): AppError {
  return new AppError(
    'POSTGRES_FOREIGN_DATABASE',
    'The database has lost its replica_cursor row. Nothing was written. Restore the row, or name an empty database: it is filled from the journal.',
  )
}

/**
 * Names the journal this database belongs to, at the first time, and reads the cursor.
 * Throws `POSTGRES_FOREIGN_DATABASE` when it belongs to another one.
 */
export async function claimDatabase(client: Client, journalId: string): Promise<number> {
  await client.query('BEGIN')
  const claimed = await client.query('INSERT INTO installation (journal_id) VALUES ($1) ON CONFLICT DO NOTHING', [journalId])
  if (claimed.rowCount === 1) await client.query('INSERT INTO replica_cursor (journal_id, seq) VALUES ($1, 0)', [journalId])
  const { rows } = await client.query<{ journal_id: string; seq: number | null }>(
    'SELECT i.journal_id, c.seq FROM installation i LEFT JOIN replica_cursor c USING (journal_id)',
  )
  await client.query('COMMIT')
  const row = rows[0]
  if (row !== undefined && row.journal_id !== journalId) {
    throw new AppError(
      'POSTGRES_FOREIGN_DATABASE',
      `The database belongs to another installation (journal ${row.journal_id}, ours is ${journalId}). Nothing was written. Name another database, or restore the journal it belongs to.`,
    )
  }
  if (row === undefined || row.seq === null) throw cursorLost()
  return row.seq
}

/** What Postgres holds at these sequences, in their order; undefined where it has nothing. */
export async function readEvents(client: Client, places: readonly number[]): Promise<readonly unknown[]> {
  const { rows } = await client.query<{ seq: number; payload: unknown }>('SELECT seq, payload FROM events WHERE seq = ANY ($1::bigint[])', [
    places,
  ])
  const payloads = new Map(rows.map(({ seq, payload }) => [seq, payload]))
  return places.map((seq) => payloads.get(seq))
}
