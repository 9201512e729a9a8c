import type { ImportedSession } from '../imported-records.ts'
import { tableRule } from '../table-rule.ts'

/** A run of version 2; its counts and its configuration stay in the extras. */
export const SESSIONS = tableRule({
  table: 'trading_sessions',
  keys: [['id'], ['session_id']],
  kind: 'session',
  columns: {
    session: ['session_id'],
    status: ['status'],
    totalPnl: ['total_pnl'],
    started: ['started_at'],
    ended: ['ended_at'],
  },
  needed: ['session'],
  carries: {
    session: (session) => session.sessionId,
    status: (session) => session.status,
    totalPnl: (session) => session.totalPnl,
  },
  map(row, columns) {
    const session: ImportedSession = {
      kind: 'session',
      sessionId: row.needText(columns.session),
      status: row.text(columns.status),
      totalPnl: row.decimal(columns.totalPnl),
      startedMs: row.time(columns.started),
      endedMs: row.time(columns.ended),
      origin: row.origin,
      extras: row.extras,
    }
    return [session]
  },
})
