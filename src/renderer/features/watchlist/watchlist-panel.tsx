import type { ReactNode } from 'react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import { percentOf, signOf, subtractDecimal } from '#renderer/format/decimal.ts'
import { monthTime } from '#renderer/format/time.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue, useInstruments } from '#renderer/state/catalogue.ts'
import { selectSymbol, useSelectedInstrument, useSelectedTimeframe } from '#renderer/state/selection.ts'
import { prices, usePrice } from '#renderer/state/stores.ts'
import { Num, Pnl, Ticking } from '#renderer/ui/num.tsx'
import { Empty, Panel, Skeleton } from '#renderer/ui/panel.tsx'
import { SymbolName } from '#renderer/ui/symbol-name.tsx'
import { Sparkline } from './sparkline.tsx'
import { useDayCandles } from './use-day-candles.ts'

function WatchRow({ instrument, selected }: { readonly instrument: InstrumentView; readonly selected: boolean }): ReactNode {
  const { t } = useTranslation()
  const { symbol } = instrument
  const price = usePrice(symbol)
  const candles = useDayCandles(symbol, useSelectedTimeframe(symbol))
  const digits = useNumbers().of(symbol)
  const first = candles[0]
  const last = price?.last ?? candles.at(-1)?.close
  const change = first === undefined || last === undefined ? undefined : percentOf(subtractDecimal(last, first.open), first.open, 2)
  const line = useMemo(() => candles.map((candle) => Number(candle.close)), [candles])
  return (
    <li>
      <button
        type="button"
        className="watch-row"
        aria-pressed={selected}
        data-testid={`watch-${symbol}`}
        title={first === undefined ? undefined : t('watchlist.window', { time: monthTime(first.open_time) })}
        onClick={() => selectSymbol(symbol)}
      >
        <SymbolName symbol={symbol} />
        <Sparkline values={line} sign={signOf(change)} />
        <Ticking value={last}>
          <Num value={last} digits={digits.price} />
        </Ticking>
        <Pnl value={change} suffix=" %" />
      </button>
    </li>
  )
}

export function WatchlistPanel(): ReactNode {
  const { t } = useTranslation()
  const instruments = useInstruments()
  const loading = useCatalogue((state) => state.instrumentsPhase.kind === 'loading')
  const selected = useSelectedInstrument()
  const phase = prices.use((state) => state.phase)
  return (
    <Panel title={t('watchlist.title')} phase={phase} className="watchlist">
      {instruments.length === 0 ? (
        loading ? (
          <Skeleton rows={3} />
        ) : (
          <Empty text={t('watchlist.empty')} />
        )
      ) : (
        <ul className="watch-rows">
          {instruments.map((instrument) => (
            <WatchRow
              key={`${instrument.exchange}:${instrument.symbol}`}
              instrument={instrument}
              selected={instrument.symbol === selected?.symbol}
            />
          ))}
        </ul>
      )}
    </Panel>
  )
}
