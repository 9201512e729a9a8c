import type { CandleHistoryReader } from './candle-history.ts'
import { wordsOf } from './load-strategy.ts'

export interface ClosableReader extends CandleHistoryReader {
  close(): void
}

/**
 * Opens the cache when it is first asked, since its writer may not have made the file yet. A cache that cannot be read is
 * as good as an empty one: it is said once, opened anew at the next question, and never ends the trader.
 */
export function createLazyReader(open: () => ClosableReader, warn: (message: string) => void): ClosableReader {
  let reader: ClosableReader | undefined
  let warned = false

  const close = (): void => {
    const closing = reader
    reader = undefined
    try {
      closing?.close()
    } catch {
      // It is given up anyway.
    }
  }

  return {
    close,
    lastBars(...question) {
      try {
        reader ??= open()
        const bars = reader.lastBars(...question)
        warned = false
        return bars
      } catch (error) {
        close()
        if (!warned) warn(`the candle cache cannot be read (${wordsOf(error)}): candles come from the engine only, until it can`)
        warned = true
        return []
      }
    },
  }
}
