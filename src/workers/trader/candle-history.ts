import { timeframeMs } from '#domain/candle.ts'
import type { CandleBar, Timeframe } from '#domain/candle.ts'
import type { InstrumentSymbol } from '#domain/ids.ts'
import { HISTORY_BARS } from '#strategies/strategy.ts'
import { sleep } from './deadline.ts'

/** Where closed candles are kept over restarts. Oldest first, at most `limit`, open time at most `untilOpenTime`. */
export interface CandleHistoryReader {
  lastBars(symbol: InstrumentSymbol, timeframe: Timeframe, untilOpenTime: number, limit: number): readonly CandleBar[]
}

export interface CandleHistoryOptions {
  readonly reader?: CandleHistoryReader | undefined
  readonly symbol: InstrumentSymbol
  readonly timeframe: Timeframe
  /** How long the cache may lag behind the engine before the trader goes on without it. */
  readonly waitMs: number
  readonly elapsed: () => number
  readonly warn: (message: string) => void
}

export interface NextBar {
  readonly bar: CandleBar
  readonly previousOpenTime?: number | undefined
}

const POLL_MS = 20

/** The last `HISTORY_BARS` closed candles of one instrument, as each new one comes. */
export interface CandleHistory {
  /** Takes the new bar and gives the window that ends with it. After a gap it is read again from the cache. */
  next(step: NextBar): Promise<readonly CandleBar[]>
}

export function createCandleHistory(options: CandleHistoryOptions): CandleHistory {
  const { symbol, timeframe, reader } = options
  /** What is held here is never handed out: frozen lists are slow to copy, and a strategy must not change this one. */
  let bars: CandleBar[] = []
  /** The window begins after a hole: the cache did not have the candles before it in time. Each step tries again. */
  let incomplete = false

  /** The bars before the new one, or undefined when the cache does not reach up to `needed`. */
  const read = (bar: CandleBar, needed: number | undefined): CandleBar[] | undefined => {
    // Newer bars may lie there (an earlier run, a replay from the middle): only what is before the new one counts.
    const all = reader?.lastBars(symbol, timeframe, bar.openTime - 1, HISTORY_BARS - 1) ?? []
    const before = all.filter(({ openTime }) => openTime < bar.openTime)
    return needed === undefined || (before.at(-1)?.openTime ?? Number.NEGATIVE_INFINITY) >= needed ? before : undefined
  }

  const reload = async ({ bar, previousOpenTime }: NextBar): Promise<CandleBar[]> => {
    const held = (bars.at(-1)?.openTime ?? Number.POSITIVE_INFINITY) < bar.openTime ? bars : []
    const reach = held.at(-1)?.openTime
    const heldWillDo = reach !== undefined && reach === (previousOpenTime ?? reach)
    const began = options.elapsed()
    for (;;) {
      const before = read(bar, previousOpenTime ?? reach)
      if (before !== undefined) {
        incomplete = false
        return before
      }
      if (heldWillDo) return held
      if (reader === undefined || options.elapsed() - began >= options.waitMs) break
      await sleep(POLL_MS)
    }
    incomplete = true
    options.warn(
      `${symbol} ${timeframe}: the candle cache does not reach ${previousOpenTime}. History begins anew with ${bar.openTime}: no signal comes before the warm-up, unless the cache catches up`,
    )
    return []
  }

  return {
    async next(step) {
      if (incomplete || !follows(bars.at(-1), step, timeframe)) bars = await reload(step)
      bars.push(Object.freeze({ ...step.bar }))
      if (bars.length > HISTORY_BARS) bars.shift()
      return Object.freeze(bars.slice())
    },
  }
}

/** Whether the bar comes right after the newest one held, in time and in what the engine has sent. */
function follows(newest: CandleBar | undefined, { bar, previousOpenTime }: NextBar, timeframe: Timeframe): boolean {
  if (newest === undefined || bar.openTime - newest.openTime !== timeframeMs(timeframe)) return false
  return previousOpenTime === undefined || previousOpenTime === newest.openTime
}
