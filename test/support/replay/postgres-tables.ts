import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { ServerAddress } from './data-folder.ts'

export type TextRow = Readonly<Record<string, string | null>>

const CONNECT_DEADLINE_MS = 10_000
const POLL_MS = 50

/** Plain SQL with every value as the text Postgres gives: no driver touches a digit. */
export class PostgresTables implements AsyncDisposable {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  static async open(address: ServerAddress): Promise<PostgresTables> {
    const asText = { getTypeParser: () => (value: unknown) => value }
    const client = new Client({ ...address, connectionTimeoutMillis: CONNECT_DEADLINE_MS, types: asText })
    client.on('error', () => undefined)
    await client.connect()
    return new PostgresTables(client)
  }

  async rows(sql: string): Promise<readonly TextRow[]> {
    return (await this.#client.query<TextRow>(sql)).rows
  }

  async number(sql: string): Promise<number> {
    const [row] = await this.rows(sql)
    return Number(Object.values(row ?? {})[0])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }
}

export interface Drain {
  readonly address: () => Promise<ServerAddress>
  /** The journal's newest sequence. */
  readonly head: () => number
  /** Why it will never be; undefined while there is hope. */
  readonly lost: () => Promise<string | undefined>
  readonly deadlineMs: number
}

/** Waits until Postgres holds the journal; each try uses a connection of its own, since servers come and go here. */
export async function waitUntilDrained({ address, head, lost, deadlineMs }: Drain): Promise<void> {
  const deadline = performance.now() + deadlineMs
  let last = 'never reached'
  while (performance.now() < deadline) {
    try {
      await using tables = await PostgresTables.open(await address())
      for (;;) {
        const cursor = await tables.number('SELECT seq FROM replica_cursor')
        if (cursor === head()) return
        last = `at ${cursor} of ${head()}`
        if (performance.now() > deadline || (await lost()) !== undefined) break
        await sleep(POLL_MS)
      }
    } catch (error) {
      last = String(error)
      await sleep(POLL_MS)
    }
    const reason = await lost()
    if (reason !== undefined) throw new Error(`Postgres will not catch up (${last}): ${reason}`)
  }
  throw new Error(`Postgres did not catch up within ${deadlineMs} ms: ${last}`)
}

/** What a replay came to, without the places in the journal: those shift when a restart adds facts of its own. */
export type Outcome = Readonly<Record<(typeof OUTCOME_TABLES)[number], readonly TextRow[]>>

const OUTCOME_TABLES = ['trades', 'orders', 'positions', 'balances', 'signals', 'candles', 'alerts'] as const
const PLACES: ReadonlySet<string> = new Set(['seq', 'updated_seq'])

export async function readOutcome(tables: PostgresTables): Promise<Outcome> {
  const outcome: Partial<Record<(typeof OUTCOME_TABLES)[number], readonly TextRow[]>> = {}
  for (const table of OUTCOME_TABLES) {
    const rows = await tables.rows(`SELECT * FROM ${table} ORDER BY seq`)
    outcome[table] = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !PLACES.has(name))))
  }
  return outcome as Outcome
}

/** The first rows in which two outcomes differ, in words; empty when they are the same. */
export function differences(expected: Outcome, found: Outcome): readonly string[] {
  return OUTCOME_TABLES.flatMap((table) => {
    const [a, b] = [expected[table], found[table]]
    const at = Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index).find(
      (index) => JSON.stringify(a[index]) !== JSON.stringify(b[index]),
    )
    if (at === undefined) return []
    return [
      `${table}: ${a.length} rows expected, ${b.length} found; row ${at}: ${JSON.stringify(a[at])} expected, ${JSON.stringify(b[at])} found`,
    ]
  })
}
