/* oxlint-disable jsx-a11y/prefer-tag-over-role -- a canvas and roving buttons, not an image file and radio inputs */
import type { ReactNode } from 'react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ChevronsRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { InstrumentView } from '#contract/views.ts'
import type { Timeframe } from '#domain/candle.ts'
import { TIMEFRAMES } from '#domain/candle.ts'
import { useNumbers } from '#renderer/format/use-numbers.tsx'
import { useCatalogue } from '#renderer/state/catalogue.ts'
import { useSelectedInstrument, useSelectedTimeframe } from '#renderer/state/selection.ts'
import { set, useSettings } from '#renderer/state/settings.ts'
import { prices, usePrice, useSystem } from '#renderer/state/stores.ts'
import { IconButton } from '#renderer/ui/controls.tsx'
import { Num, Ticking } from '#renderer/ui/num.tsx'
import { Empty, Guard, Skeleton, StaleMark } from '#renderer/ui/panel.tsx'
import { CandlePlot } from './candle-plot.ts'
import { Legend } from './legend.tsx'
import type { ChartColors } from './theme.ts'
import { readColors } from './theme.ts'
import { useCandles } from './use-candles.ts'
import { useChartLines, useChartMarks } from './use-chart-lines.ts'

/** Colours follow the theme; the document has it before this runs. */
function useChartColors(): ChartColors {
  const theme = useSettings((settings) => `${settings.theme}${settings.palette}`)
  const mode = useSystem((state) => state.value?.mode ?? 'paper')
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const follow = (): void => setSystemDark(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return useMemo(() => readColors(theme === '' || systemDark === undefined ? 'paper' : mode), [theme, mode, systemDark])
}

function usePlot(colors: ChartColors): { readonly plot: CandlePlot | undefined; readonly element: (node: HTMLDivElement | null) => void } {
  const [plot, setPlot] = useState<CandlePlot | undefined>(undefined)
  const first = useRef(colors)
  const element = useCallback((node: HTMLDivElement | null) => {
    if (node === null) return undefined
    const made = new CandlePlot(node, first.current)
    setPlot(made)
    return () => {
      setPlot(undefined)
      made.remove()
    }
  }, [])
  useEffect(() => plot?.setColors(colors), [plot, colors])
  return { plot, element }
}

function ChartHead({
  instrument,
  timeframe,
  onNewest,
}: {
  readonly instrument: InstrumentView | undefined
  readonly timeframe: Timeframe
  readonly onNewest: () => void
}): ReactNode {
  const { t } = useTranslation()
  const price = usePrice(instrument?.symbol)
  const phase = prices.use((state) => state.phase)
  const digits = useNumbers().of(instrument?.symbol ?? '')
  return (
    <header className="panel-head chart-head">
      <h2 className="chart-symbol">{instrument?.symbol ?? t('chart.title')}</h2>
      {price !== undefined && (
        <span className="chart-last">
          <Ticking value={price.last}>
            <Num value={price.last} digits={digits.price} unit={digits.quote} />
          </Ticking>
        </span>
      )}
      <StaleMark phase={phase} />
      <span className="grow" />
      <div className="timeframes" role="radiogroup" aria-label={t('chart.timeframe')}>
        {TIMEFRAMES.map((one) => (
          <button key={one} type="button" role="radio" aria-checked={one === timeframe} onClick={() => set({ timeframe: one })}>
            {one}
          </button>
        ))}
      </div>
      <IconButton label={t('chart.fit')} onClick={onNewest}>
        <ChevronsRight />
      </IconButton>
    </header>
  )
}

export function ChartPanel(): ReactNode {
  const { t } = useTranslation()
  const numbers = useNumbers()
  const language = useSettings((settings) => settings.language)
  const mode = useSystem((state) => state.value?.mode)
  const instrument = useSelectedInstrument()
  const symbol = instrument?.symbol
  const timeframe = useSelectedTimeframe(symbol)
  const colors = useChartColors()
  const { plot, element } = usePlot(colors)
  const digits = numbers.of(symbol ?? '')
  const candles = useCandles(plot, symbol, timeframe)
  useChartLines(plot, symbol)
  useChartMarks(plot, { symbol, timeframe, colors, count: candles.count })
  useEffect(() => plot?.setPrecision(digits.price, language), [plot, digits.price, language])
  useEffect(() => plot?.setWatermark(mode === 'demo' || mode === 'paper' ? t(`mode.${mode}`) : undefined), [plot, mode, t, colors])
  const write = useCallback(
    (value: number, kind: 'price' | 'volume' | 'percent') =>
      numbers.decimal(value.toFixed(kind === 'price' ? digits.price : 2), { signed: kind === 'percent' }),
    [numbers, digits.price],
  )
  const waiting = useCatalogue((state) => state.instrumentsPhase.kind === 'loading')
  const last = candles.last === undefined ? '–' : write(candles.last.close, 'price')
  return (
    <section className="panel chart" aria-label={t('chart.title')}>
      <ChartHead instrument={instrument} timeframe={timeframe} onNewest={() => plot?.toNewest()} />
      <Guard>
        <div className="chart-body">
          <div
            ref={element}
            className="chart-canvas"
            data-testid="chart"
            data-bars={candles.count}
            role="img"
            aria-label={t('chart.described', { symbol: symbol ?? '', timeframe, last })}
          />
          {candles.count > 0 && <Legend plot={plot} last={candles.last} write={write} />}
          {candles.count === 0 && (
            <div className="chart-cover">
              {symbol === undefined && !waiting ? (
                <Empty text={t('ticket.no_symbol')} />
              ) : candles.phase.kind === 'error' ? (
                <Empty text={t('chart.failed', { message: candles.phase.message })} />
              ) : candles.phase.kind === 'loading' ? (
                <Skeleton rows={5} />
              ) : (
                <Empty text={t('chart.empty', { symbol: symbol ?? '', timeframe })} />
              )}
            </div>
          )}
        </div>
      </Guard>
    </section>
  )
}
