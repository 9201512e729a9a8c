import { useEffect, useRef, useState } from 'react'
import type { Timeframe } from '#domain/candle.ts'
import { useClient } from '#renderer/client/client-context.tsx'
import { toFailure } from '#renderer/client/failure.ts'
import { onCandles } from '#renderer/state/feed.ts'
import type { Phase } from '#renderer/state/rows.ts'
import { useConnection } from '#renderer/state/stores.ts'
import type { Bar } from './candle-data.ts'
import { mergeBars, toBar } from './candle-data.ts'
import type { CandlePlot } from './candle-plot.ts'

const FIRST_LOAD = 1_000
const OLDER_LOAD = 1_000
/** Bars left of the view at which older ones are asked for. */
const OLDER_WITHIN = 30

export interface CandleState {
  readonly phase: Phase
  readonly count: number
  readonly last: Bar | undefined
}

const LOADING: CandleState = { phase: { kind: 'loading' }, count: 0, last: undefined }

/** Fills the plot: history first, then what the stream brings, then older bars as a person scrolls back. */
export function useCandles(plot: CandlePlot | undefined, symbol: string | undefined, timeframe: Timeframe): CandleState {
  const { api } = useClient()
  const turns = useConnection((state) => state.turns)
  const shownKey = useRef('')
  const wantedKey = `${symbol ?? ''} ${timeframe}`
  const [state, setState] = useState<CandleState & { readonly key: string }>({ ...LOADING, key: '' })

  useEffect(() => {
    if (plot === undefined || symbol === undefined) return undefined
    let wanted = true
    let early: Bar[] | undefined = []
    let asking = true
    const show = (): void => setState({ key: wantedKey, phase: { kind: 'live' }, count: plot.bars().length, last: plot.bars().at(-1) })

    const stopEvents = onCandles((events) => {
      const bars = events.filter((event) => event.symbol === symbol && event.timeframe === timeframe).map((event) => toBar(event.candle))
      if (bars.length === 0) return
      if (early === undefined) {
        plot.update(bars)
        show()
      } else early.push(...bars)
    })
    const older = async (): Promise<void> => {
      const oldest = plot.bars()[0]
      if (asking || oldest === undefined) return
      asking = true
      try {
        const { items } = await api.markets.candles({ symbol, timeframe, limit: OLDER_LOAD, before: oldest.time * 1_000 })
        if (!wanted || items.length === 0) return
        plot.prepend(items.map(toBar))
        asking = items.length < OLDER_LOAD
      } catch {
        // Scrolling back again asks again; nothing that is shown is wrong.
        asking = false
      }
    }
    const first = async (): Promise<void> => {
      try {
        const { items } = await api.markets.candles({ symbol, timeframe, limit: FIRST_LOAD })
        if (!wanted) return
        plot.setBars(mergeBars(kept ? plot.bars() : [], items.map(toBar)), kept)
        plot.update(early ?? [])
        early = undefined
        asking = items.length < FIRST_LOAD
        show()
      } catch (error) {
        if (wanted && !kept)
          setState({ key: wantedKey, phase: { kind: 'error', message: toFailure(error).message }, count: 0, last: undefined })
      }
    }
    const kept = shownKey.current === wantedKey && plot.bars().length > 0
    shownKey.current = wantedKey
    if (!kept) plot.setBars([], false)
    void first()
    const stopOlder = plot.onNeedOlder(() => void older(), OLDER_WITHIN)
    return () => {
      wanted = false
      stopEvents()
      stopOlder()
    }
    // `turns` is here on purpose: after a lost line the candles in between are asked for again.
  }, [api, plot, symbol, timeframe, wantedKey, turns])
  return state.key === wantedKey ? state : LOADING
}
