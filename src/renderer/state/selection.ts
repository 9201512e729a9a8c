import type { InstrumentView } from '#contract/views.ts'
import type { Timeframe } from '#domain/candle.ts'
import { useCatalogue, useInstruments } from './catalogue.ts'
import { set, useSettings } from './settings.ts'

const FALLBACK_TIMEFRAME: Timeframe = '1m'

/** The instrument the screen is about: the chosen one if it is listed, else what a trader trades, else the first. */
export function useSelectedInstrument(): InstrumentView | undefined {
  const chosen = useSettings((settings) => settings.symbol)
  const instruments = useInstruments()
  const traded = useCatalogue((state) => state.traders.find((trader) => trader.symbols.length > 0)?.symbols[0])
  return instruments.find((one) => one.symbol === chosen) ?? instruments.find((one) => one.symbol === traded) ?? instruments[0]
}

/** Candles of the length a person chose for the screen, else the one a trader works with on this symbol. */
export function useSelectedTimeframe(symbol: string | undefined): Timeframe {
  const chosen = useSettings((settings) => settings.timeframe)
  const traded = useCatalogue(
    (state) =>
      state.traders.find((trader) => trader.kind === 'strategy' && symbol !== undefined && trader.symbols.includes(symbol))?.timeframe,
  )
  return chosen ?? traded ?? FALLBACK_TIMEFRAME
}

export function selectSymbol(symbol: string): void {
  set({ symbol })
}
