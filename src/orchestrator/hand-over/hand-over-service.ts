import { AppError } from '#domain/errors.ts'
import type { Clock } from '#platform/clock.ts'
import type { V2Claim } from '#platform/lease/v2-claim.ts'
import { closeQuietly, connectClient, type PgConnection } from '#storage/postgres/connection.ts'
import { readOpenRows } from '#v2-import/hand-over/read-open-rows.ts'
import { type SeenLines, type ThreeWayTable, threeWayTable } from '#v2-import/hand-over/three-way-table.ts'
import type { AccountGuard } from '../core/account-guard.ts'
import type { ReadModel } from '../read-model/read-model.ts'
import type { ReachableDatabase } from '../replica/replica-service.ts'
import { exchangeSide, ourSide } from './account-sides.ts'
import { HAND_OVER_ACTION, type HandOverControl } from './hand-over-control.ts'

const DECISIONS_MAX = 20_000
const MEMORY_MAX = 1_000

export interface HandOverOptions {
  readonly readModel: ReadModel
  readonly exchange: string
  readonly guard: Pick<AccountGuard, 'shadow' | 'v2Claim' | 'leaveToV2' | 'takeFromV2'>
  readonly database: () => ReachableDatabase
  readonly clock: Clock
}

interface DecisionRow {
  readonly target: string
  readonly after: string | null
  readonly actor: string
  readonly reason: string | null
  readonly ts: number
}

export class HandOverService implements HandOverControl {
  readonly #options: HandOverOptions

  constructor(options: HandOverOptions) {
    this.#options = options
  }

  async table(): Promise<ThreeWayTable> {
    const { readModel, exchange } = this.#options
    const connection = this.#connection()
    const [v2, older] = await Promise.all([readOpenRows(connection), readDecisions(connection)])
    // What is newest is in memory, and perhaps not yet in Postgres.
    const newest = readModel.audit({ limit: MEMORY_MAX }).items.filter(({ action }) => action === HAND_OVER_ACTION)
    const seen = seenLines([...older, ...newest.toReversed()])
    return threeWayTable(v2, exchangeSide(readModel, exchange), ourSide(readModel), seen)
  }

  v2Claim(): V2Claim | null {
    return this.#options.guard.v2Claim ?? null
  }

  shadow(): string | null {
    return this.#options.guard.shadow ?? null
  }

  async setV2Trading(trading: boolean, by: string, reason: string): Promise<void> {
    const { guard, clock } = this.#options
    if (trading) await guard.leaveToV2({ since: clock.now(), by, reason })
    else guard.takeFromV2()
  }

  #connection(): PgConnection {
    const database = this.#options.database()
    if (database.state === 'ready') return database.connection
    throw new AppError(
      'POSTGRES_UNREACHABLE',
      `What version 2 has open stands in the database, and that is ${database.state}: ${database.detail}. Nothing was decided. Try again when the status shows it running.`,
    )
  }
}

/** Oldest first. */
async function readDecisions(connection: PgConnection): Promise<readonly DecisionRow[]> {
  const client = await connectClient(connection, 'bot-trading hand-over')
  try {
    const { rows } = await client.query<DecisionRow>(
      `SELECT target, after, actor, reason, ts_ms::float8 AS ts FROM audit WHERE action = $1 ORDER BY seq DESC LIMIT $2`,
      [HAND_OVER_ACTION, DECISIONS_MAX],
    )
    return rows.toReversed()
  } finally {
    closeQuietly(client)
  }
}

/** The last decision of each line. `after` is the decision and what the line said: see `decidedWords`. */
function seenLines(rows: readonly DecisionRow[]): SeenLines {
  return new Map(
    rows.map(({ target, after, actor, reason, ts }) => {
      const [decision = '', fingerprint = ''] = (after ?? '').split(' ')
      return [target, { decision, fingerprint, by: actor, reason, at: ts }]
    }),
  )
}
