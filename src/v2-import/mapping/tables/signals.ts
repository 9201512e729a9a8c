import type { ImportedSignal } from '../imported-records.ts'
import { SIGNAL_ACTIONS } from '../spellings/word-spellings.ts'
import { tableRule } from '../table-rule.ts'

/** A score or a strength is no direction, and no confidence either: they stay what they are. */
export const SIGNALS = tableRule({
  table: 'signals',
  keys: [['id']],
  kind: 'signal',
  columns: {
    exchange: ['exchange'],
    symbol: ['symbol'],
    action: ['action', 'signal_type'],
    confidence: ['confidence'],
    score: ['score'],
    status: ['status'],
    strategy: ['model_name', 'strategy_name'],
    created: ['created_at'],
    processed: ['processed_at'],
  },
  needed: ['symbol', 'created'],
  carries: {
    exchange: (signal) => signal.exchange,
    symbol: (signal) => signal.symbol,
    action: (signal) => signal.action,
    confidence: (signal) => signal.confidence,
    score: (signal) => signal.score,
    status: (signal) => signal.status,
    strategy: (signal) => signal.strategy,
  },
  map(row, columns) {
    const action = row.word(columns.action, SIGNAL_ACTIONS)
    if (action === undefined || action === 'NONE') row.note('no-direction', columns.action, 'the signal names no direction')
    const signal: ImportedSignal = {
      kind: 'signal',
      signalId: `v2_signal_${row.name}`,
      exchange: row.exchange(columns.exchange),
      symbol: row.needSymbol(columns.symbol),
      action: action === 'NONE' ? undefined : action,
      confidence: row.confidence(columns.confidence),
      score: row.decimal(columns.score),
      status: row.text(columns.status),
      strategy: row.text(columns.strategy),
      createdMs: row.needTime(columns.created),
      processedMs: row.time(columns.processed),
      origin: row.origin,
      extras: row.extras,
    }
    return [signal]
  },
})
