import { useEffect, useState } from 'react'
import type { Timeframe } from '#domain/candle.ts'
import { timeframeMs } from '#domain/candle.ts'
import type { CandleView } from '#contract/views.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { onCandles } from '#renderer/state/feed.ts'
import { useConnection } from '#renderer/state/stores.ts'

const DAY_MS = 86_400_000
const CANDLES_MAX = 1_440

/** Closed candles of the last day or as much of it as there is, oldest first. */
export function useDayCandles(symbol: string, timeframe: Timeframe): readonly CandleView[] {
  const { api } = useClient()
  const turns = useConnection((state) => state.turns)
  const [candles, setCandles] = useState<readonly CandleView[]>([])
  useEffect(() => {
    let wanted = true
    const limit = Math.min(CANDLES_MAX, Math.ceil(DAY_MS / timeframeMs(timeframe)))
    api.markets.candles({ symbol, timeframe, limit }).then(
      ({ items }) => wanted && setCandles(items),
      // Without candles the row shows its price and no change; the chart says why.
      () => undefined,
    )
    const stop = onCandles((events) => {
      const closed = events
        .filter((event) => event.closed && event.symbol === symbol && event.timeframe === timeframe)
        .map((event) => event.candle)
      if (closed.length === 0) return
      setCandles((now) => {
        const last = now.at(-1)?.open_time ?? 0
        const fresh = closed.filter((candle) => candle.open_time > last)
        return fresh.length === 0 ? now : [...now, ...fresh].slice(-limit)
      })
    })
    return () => {
      wanted = false
      stop()
    }
  }, [api, symbol, timeframe, turns])
  return candles
}
