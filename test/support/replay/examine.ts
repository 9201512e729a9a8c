import type { DataFolder, ServerAddress } from './data-folder.ts'
import { readCandleLines } from './candle-file.ts'
import { decimal, isSame } from './decimal.ts'
import { countMarks, valueByTrades, type Valuation } from './equity-identity.ts'
import { brokenLink, factsOf, readJournal, type JournalRow } from './journal-file.ts'
import { auditTrades } from './ledger.ts'
import { auditOrders, canonical, countFacts } from './order-lives.ts'
import { PostgresTables, readOutcome, type Outcome, type TextRow } from './postgres-tables.ts'

/** What a finished replay left behind, and everything that is wrong with it, in words. */
export interface Examined {
  readonly outcome: Outcome
  readonly problems: readonly string[]
  readonly valuation: Valuation
  readonly marks: number
  readonly journal: readonly JournalRow[]
  readonly facts: Readonly<Record<string, number>>
}

const PROBLEMS_SHOWN_MAX = 20
const CERTAIN_DIGITS = 15

/** Takes journal, Postgres and the candle file, and holds them against each other. */
export async function examine(folder: DataFolder, candles: string, address?: ServerAddress): Promise<Examined> {
  await using tables = await PostgresTables.open(address ?? (await folder.serverAddress()))
  const pages = readJournal(folder.journal)
  const journal = factsOf(pages)
  const outcome = await readOutcome(tables)
  const valuation = await valueByTrades(tables)
  const { marks, wrong } = await countMarks(tables)
  const instruments = await tables.rows('SELECT * FROM instruments')
  const [opening] = await tables.rows('SELECT start FROM balances WHERE opening')
  const broken = brokenLink(pages)
  const problems = [
    ...(broken === undefined ? [] : [`journal: ${broken}`]),
    ...compareEvents(journal, await tables.rows('SELECT seq, ts_ms, type, payload FROM events ORDER BY seq')),
    ...compareCandles(candles, outcome.candles),
    ...auditOrders(journal),
    ...auditTrades({ trades: outcome.trades, positions: outcome.positions, instruments, start: opening?.['start'] ?? '' }),
    ...(valuation.holds === 't' ? [] : [`equity: ${JSON.stringify(valuation)}`]),
    ...(wrong === 0 ? [] : [`${wrong} of ${marks} marks of the account do not follow from the trades before them`]),
  ]
  return { outcome, problems: problems.slice(0, PROBLEMS_SHOWN_MAX), valuation, marks, journal, facts: countFacts(journal) }
}

function compareEvents(journal: readonly JournalRow[], events: readonly TextRow[]): readonly string[] {
  const problems: string[] = []
  if (events.length !== journal.length) problems.push(`events: ${events.length} rows, the journal has ${journal.length}`)
  for (const [index, { seq, body }] of journal.entries()) {
    const event = events[index]
    const fact = JSON.parse(body) as { readonly ts: number; readonly type: string }
    const isSameFact =
      event !== undefined &&
      Number(event['seq']) === seq &&
      Number(event['ts_ms']) === fact.ts &&
      event['type'] === fact.type &&
      canonical(JSON.parse(event['payload'] ?? 'null')) === canonical(fact)
    if (isSameFact) continue
    problems.push(`events: at ${seq} the journal says ${body}, Postgres ${JSON.stringify(event)}`)
    if (problems.length > PROBLEMS_SHOWN_MAX) break
  }
  return problems
}

function compareCandles(path: string, rows: readonly TextRow[]): readonly string[] {
  const lines = readCandleLines(path)
  const problems = rows.length === lines.length ? [] : [`candles: ${rows.length} rows, the file has ${lines.length}`]
  const byTime = new Map(rows.map((row) => [row['open_time_ms'], row]))
  for (const line of lines) {
    const row = byTime.get(line.openTime)
    const isSameCandle =
      row !== undefined && (['open', 'high', 'low', 'close', 'volume'] as const).every((name) => isRead(line[name], row[name] ?? ''))
    if (!isSameCandle && problems.length < PROBLEMS_SHOWN_MAX)
      problems.push(`candles: the file has ${JSON.stringify(line)}, Postgres ${JSON.stringify(row)}`)
  }
  return problems
}

/** A number of more digits than a double can hold is the print of a double; it is read to the digits that are certain. */
function isRead(printed: string, found: string): boolean {
  if (printed.replace(/\D/g, '').length <= CERTAIN_DIGITS) return isSame(decimal(printed), decimal(found))
  return Number(found).toPrecision(CERTAIN_DIGITS) === Number(printed).toPrecision(CERTAIN_DIGITS)
}
